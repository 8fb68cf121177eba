"""One lost segment, from its loss to its delivery: who knew what when (RFC 2018, RFC 6675, RFC 8985).

Sequence numbers count from the first byte of the data as 1. A SACK block [left, right) is a range that has come beyond
the cumulative acknowledgment; what lies between the two is what the sender learns to be missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlab.experiments.wire.trace import Segment, Trace
from netlab.packets.tcp import SACK, sack_blocks
from netlab.report.quantity import Column, Table, Value

TABLE = "one lost segment, step by step"
_SHOWN = 3  # reports of the receiver before the segment is sent again
_COLUMNS = (Column("after", "s"), Column("host", ""), Column("segment", ""), Column("what it tells", ""))


def story(seen: Trace) -> Table | None:
    """The first loss that the receiver reported and that was made good; None where there was none."""
    data = [each for each in seen.segments if each.sender == "client" and each.size]
    for lost in data:
        if lost.fate != "dropped":
            continue
        again = next((each for each in data if each.sent_s > lost.sent_s and _covers(each, lost)), None)
        reports = _reports(seen, lost)
        if again is None or again.arrived_s is None or not reports:
            continue
        told = [each for each in reports if (each.arrived_s or 0.0) <= again.sent_s]
        done = next((each for each in _acks(seen) if (each.acknowledgment or 0) > lost.sequence), None)
        if told and done:
            return Table(TABLE, _COLUMNS, tuple(_rows(lost, told, again, done)))
    return None


def _rows(lost: Segment, told: Sequence[Segment], again: Segment, done: Segment) -> list[tuple[Value, ...]]:
    start_s, origin = lost.sent_s, (lost.tcp.sequence - lost.sequence) % 2**32
    rows: list[tuple[Value, ...]] = [(0.0, "client", f"bytes {_bytes(lost)}", "lost on the wire; nobody knows yet")]
    for number, each in enumerate(told[:_SHOWN], start=1):
        have = ", ".join(f"{left}–{right - 1}" for left, right in _blocks(each, origin))
        rows.append(
            (
                each.sent_s - start_s,
                "server",
                f"ACK {each.acknowledgment}",
                f"report {number}: next I need {each.acknowledgment}, but I have {have}",
            )
        )
    if len(told) > _SHOWN:
        more = len(told) - _SHOWN
        rows.append((told[_SHOWN].sent_s - start_s, "server", "ACKs", f"{more} more of them"))
    rows.append((again.sent_s - start_s, "client", f"bytes {_bytes(again)}", "sent again"))
    rows.append((done.sent_s - start_s, "server", f"ACK {done.acknowledgment}", "the gap is closed"))
    return rows


def _reports(seen: Trace, lost: Segment) -> list[Segment]:
    """ACKs that ask for the lost segment and have SACK blocks."""
    return [
        each
        for each in _acks(seen)
        if each.acknowledgment == lost.sequence and each.arrived_s is not None and _blocks(each, 0)
    ]


def _acks(seen: Trace) -> list[Segment]:
    return [each for each in seen.segments if each.sender == "server" and not each.tcp.syn]


def _covers(later: Segment, lost: Segment) -> bool:
    return later.sequence <= lost.sequence < later.sequence + later.size


def _blocks(each: Segment, origin: int) -> list[tuple[int, int]]:
    """Its SACK blocks, counted from `origin`."""
    return [
        ((left - origin) % 2**32, (right - origin) % 2**32)
        for option in each.tcp.options
        if option.kind == SACK
        for left, right in sack_blocks(option.data)
    ]


def _bytes(each: Segment) -> str:
    return f"{each.sequence}–{each.sequence + each.size - 1}"
