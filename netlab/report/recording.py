"""What was on the wire in a run, kept in its record for whoever draws the run again: hosts, links, frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BOUND_BYTES = 1 << 20  # of frames in one record


@dataclass(frozen=True, slots=True)
class RecordedHost:
    """A host and its addresses, those of IP first."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedLink:
    """A cable between two hosts."""

    name: str
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame from `sender` to `receiver` on a link: sent and arrived in seconds from time 0 (null: never), and what
    befell it. `number` is the packet's in the tables: on several links it is the same packet. `size` is the frame's
    whole length, `data` the bytes of it that were captured."""

    number: int
    link: str
    sender: str
    receiver: str
    sent: float
    arrived: float | None
    fate: str
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """Hosts in the order in which they are drawn, links, and frames in the order in which they were sent.

    `zero` says what time 0 is, `epoch_s` when that was (seconds since 1970), `end` when the last thing was seen. Of the
    frames' bytes `bound_bytes` are kept; `cut_frames` later frames with `cut_bytes` in all are not.
    """

    zero: str
    epoch_s: float
    end: float
    hosts: tuple[RecordedHost, ...]
    links: tuple[RecordedLink, ...]
    frames: tuple[RecordedFrame, ...]
    bound_bytes: int = BOUND_BYTES
    cut_frames: int = 0
    cut_bytes: int = 0


def recording(
    zero: str,
    epoch_s: float,
    end: float,
    hosts: Iterable[RecordedHost],
    links: Iterable[RecordedLink],
    frames: Iterable[RecordedFrame],
    *,
    bound_bytes: int = BOUND_BYTES,
) -> Recording:
    """A recording of as many of the first frames as the bound allows."""
    kept: list[RecordedFrame] = []
    room, cut_frames, cut_bytes = bound_bytes, 0, 0
    for frame in sorted(frames, key=lambda frame: frame.sent):
        if cut_frames or len(frame.data) > room:
            cut_frames += 1
            cut_bytes += len(frame.data)
        else:
            kept.append(frame)
            room -= len(frame.data)
    return Recording(zero, epoch_s, end, tuple(hosts), tuple(links), tuple(kept), bound_bytes, cut_frames, cut_bytes)
