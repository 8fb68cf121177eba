"""The record that a wire keeps: what came, when, and what became of it; and how it gets from process to process.

Rows of fixed length (struct), each followed by the frame: JSON would need ten times as long for a long transfer. In
the wire's process a row is a tuple and not a FrameRecord, because one is made for every frame.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

# sender, fate, bytes of the frame kept, its size, number, frames waiting (-1: there is no queue), sent, arrived (-1)
_ROW = struct.Struct("<BBHIIiqq")
FATES = ("delivered", "dropped", "queue full", "corrupted", "duplicated", "held back", "not taken")


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """A frame on the wire: from the host called `sender` at `sent_ns`, at the other end at `arrived_ns` (None: never).

    Times are CLOCK_MONOTONIC. `fate`: one of FATES; "not taken": the interface would not have it. `frame` may be cut;
    `size` is its whole length. `waiting`: how many were in the queue when it came, where there is a rate.
    """

    sender: str
    sent_ns: int
    arrived_ns: int | None
    fate: str
    frame: bytes
    number: int
    size: int
    waiting: int | None = None


Row = tuple[str, int, str, bytes, int, int, int | None]  # sender, sent, fate, frame, number, size, waiting


def packed(rows: Sequence[Row], arrived_ns: Sequence[int | None], senders: Sequence[str]) -> bytes:
    """The rows, and when the frame of each arrived."""
    who, what = {name: number for number, name in enumerate(senders)}, {word: n for n, word in enumerate(FATES)}
    parts: list[bytes] = []
    for (sender, sent_ns, fate, frame, number, size, waiting), at_ns in zip(rows, arrived_ns, strict=True):
        arrived = -1 if at_ns is None else at_ns
        waits = -1 if waiting is None else waiting
        parts.append(_ROW.pack(who[sender], what[fate], len(frame), size, number, waits, sent_ns, arrived))
        parts.append(frame)
    return b"".join(parts)


def unpacked(data: bytes, senders: Sequence[str]) -> list[FrameRecord]:
    """The same frames."""
    found: list[FrameRecord] = []
    at = 0
    while at < len(data):
        row: tuple[int, int, int, int, int, int, int, int] = _ROW.unpack_from(data, at)
        who, what, kept, size, number, waits, sent_ns, arrived = row
        at += _ROW.size
        frame, arrived_ns = data[at : at + kept], None if arrived < 0 else arrived
        waiting = None if waits < 0 else waits
        found.append(FrameRecord(senders[who], sent_ns, arrived_ns, FATES[what], frame, number, size, waiting))
        at += kept
    return found
