"""One lost segment, from its loss to its delivery: who knew what when (RFC 2018, RFC 6675, RFC 8985).

Sequence numbers count from the first byte of the data as 1. A SACK block [left, right) is a range that has come beyond
the cumulative acknowledgment; what lies between the two is what the sender learns to be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlab.experiments.tcp.retransmit_rows import LossStepRow
from netlab.experiments.wire.trace import Segment, Trace
from netlab.packets.tcp import SACK, sack_blocks

_SHOWN = 3  # reports of the receiver before the segment is sent again


def steps(trace: Trace) -> list[LossStepRow]:
    """The first loss that the receiver reported and that was made good; none where there was no such loss."""
    data = [each for each in trace.segments if each.sender == "client" and each.size]
    acks = [each for each in trace.segments if each.sender == "server" and not each.tcp.syn]
    for lost in (each for each in data if each.fate == "dropped"):
        again = next((each for each in data if each.sent_s > lost.sent_s and _covers(each, lost)), None)
        done = next((each for each in acks if (each.acknowledgment or 0) > lost.sequence), None)
        if again is None or again.arrived_s is None or done is None:
            continue
        asking = (each for each in acks if each.acknowledgment == lost.sequence and _blocks(each, 0))
        reports = [each for each in asking if each.arrived_s is not None and each.arrived_s <= again.sent_s]
        if reports:
            return list(_steps(lost, reports, again, done))
    return []


def _steps(lost: Segment, reports: Sequence[Segment], again: Segment, done: Segment) -> Iterator[LossStepRow]:
    start_s, origin = lost.sent_s, (lost.tcp.sequence - lost.sequence) % 2**32
    yield LossStepRow(0.0, "client", f"bytes {_bytes(lost)}", "lost on the wire; nobody knows yet")
    for number, each in enumerate(reports[:_SHOWN], start=1):
        have = ", ".join(f"{left}–{right - 1}" for left, right in _blocks(each, origin))
        says = f"report {number}: next I need {each.acknowledgment}, but I have {have}"
        yield LossStepRow(each.sent_s - start_s, "server", f"ACK {each.acknowledgment}", says)
    if len(reports) > _SHOWN:
        more = f"{len(reports) - _SHOWN} more of them"
        yield LossStepRow(reports[_SHOWN].sent_s - start_s, "server", "ACKs", more)
    yield LossStepRow(again.sent_s - start_s, "client", f"bytes {_bytes(again)}", "sent again")
    yield LossStepRow(done.sent_s - start_s, "server", f"ACK {done.acknowledgment}", "the gap is closed")


def _covers(later: Segment, lost: Segment) -> bool:
    return later.sequence <= lost.sequence < later.sequence + later.size


def _blocks(each: Segment, origin: int) -> list[tuple[int, int]]:
    """Its SACK blocks, counted from `origin`."""
    blocks = [block for option in each.tcp.options if option.kind == SACK for block in sack_blocks(option.data)]
    return [((left - origin) % 2**32, (right - origin) % 2**32) for left, right in blocks]


def _bytes(each: Segment) -> str:
    return f"{each.sequence}–{each.sequence + each.size - 1}"
