"""Requests and answers of one connection, calls and segments together: who waited for whom, and for how long.

Sequence numbers are relative to the connection's first, so each exchange's are known in advance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netlab.experiments.tcp.nagle_scene import BODY, HEAD, REPLY
from netlab.experiments.wire.trace import Segment, Trace

_IP = 20  # bytes of an IPv4 header without options
_REQUEST = len(HEAD) + len(BODY)
Times = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WriteCase:
    """A connection: `segments` from its first write to its last read, handshake and end left out.

    `calls` are those of each exchange: first write, then its returns, last the answer's.
    """

    name: str
    segments: tuple[Segment, ...]
    latencies_s: list[float]
    calls: tuple[Times, ...] = ()
    received: tuple[tuple[tuple[int, int], ...], ...] = ()
    delayed_s: float = 0.04

    def data(self, sender: str) -> list[Segment]:
        """Segments of `sender` that carry data."""
        return [each for each in self.segments if each.sender == sender and each.size]

    def overhead(self) -> float | None:
        """Bytes of IP and TCP headers, in both directions, for each byte of data."""
        size = sum(each.size for each in self.segments if not each.again)
        headers = sum(_IP + 4 * (each.tcp.data_offset or 5) for each in self.segments)
        return headers / size if size else None

    def _acknowledged(self, number: int) -> tuple[Segment, Segment] | None:
        """Of exchange `number`: the segment that begins it, and the first ACK of its first write."""
        begin = 1 + number * _REQUEST
        head = next((each for each in self.data("client") if each.sequence == begin), None)
        ack = next(
            (
                each
                for each in self.segments
                if each.sender == "server" and (each.acknowledgment or 0) >= begin + len(HEAD)
            ),
            None,
        )
        return None if head is None or ack is None else (head, ack)

    def held(self) -> int:
        """In how many exchanges the second write was sent only after the first was acknowledged."""
        count = 0
        for number in range(len(self.calls)):
            pair = self._acknowledged(number)
            body = next(
                (each for each in self.data("client") if each.sequence == 1 + number * _REQUEST + len(HEAD)), None
            )
            if pair and body and pair[1].arrived_s is not None:
                count += body.sent_s >= pair[1].arrived_s
        return count

    def waits(self) -> list[float]:
        """How long the ACK of each first write took, from its arrival on."""
        pairs = (self._acknowledged(number) for number in range(len(self.calls)))
        return [ack.sent_s - head.arrived_s for head, ack in filter(None, pairs) if head.arrived_s is not None]

    def delayed(self) -> list[int]:
        """The numbers of the exchanges, from 0, in which that was half of the kernel's delay or more."""
        return [number for number, wait in enumerate(self.waits()) if wait >= self.delayed_s / 2]


def case_of(name: str, told: Mapping[str, Any], seen: Trace) -> WriteCase:
    """A case of requests."""
    calls = tuple(tuple(times) for times in told["exchanges"])
    latencies = [(times[-1] - times[0]) / 1e9 for times in calls]
    received = tuple(tuple((at_ns, size) for at_ns, size in each) for each in told["received"])
    segments = _between(seen, told["port"], calls[0][0], calls[-1][-1])
    return WriteCase(name, segments, latencies, calls, received, max(told["ato_s"], 0.01))


def keystrokes_of(name: str, told: Mapping[str, Any], seen: Trace) -> WriteCase:
    """A case of keystrokes: the latency of each byte is from its write(2) to the read(2) that had it."""
    latencies = [(read - written) / 1e9 for written, read in zip(told["written"], told["read"], strict=True)]
    return WriteCase(name, _between(seen, told["port"], told["written"][0], told["read"][-1]), latencies)


def _between(seen: Trace, port: int, first_ns: int, last_ns: int) -> tuple[Segment, ...]:
    begin_s, end_s = (first_ns - seen.start_ns) / 1e9, (last_ns - seen.start_ns) / 1e9
    return tuple(
        each
        for each in seen.segments
        if port in (each.tcp.source_port, each.tcp.destination_port) and begin_s <= each.sent_s <= end_s
    )


def stalled(seen: Trace, case: WriteCase) -> tuple[Trace, list[tuple[float, str]]]:
    """One exchange by itself, of middling latency, as a timeline; and what is to be said of it."""
    order = sorted(range(len(case.calls)), key=lambda number: case.latencies_s[number])
    number = order[len(order) // 2]
    calls, received = case.calls[number], case.received[number]
    start_ns, end_ns = calls[0], calls[-1]
    offset_s = (start_ns - seen.start_ns) / 1e9
    segments = [
        replace(each, sent_s=each.sent_s - offset_s, arrived_s=each.arrived_s and each.arrived_s - offset_s)
        for each in case.segments
        if start_ns <= each.sent_s * 1e9 + seen.start_ns <= end_ns
    ]
    part = replace(
        seen, result={**seen.result, "events": _events(calls, received)}, start_ns=start_ns, segments=tuple(segments)
    )
    return part, _claims(segments, calls, number)


def _events(calls: Times, received: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    first, second, third, answered = calls
    body, head = f"send({len(BODY)} B)", f"send({len(HEAD)} B)"
    events = [
        (first, "client", "call", head, ""),
        (second, "client", "return", head, ""),
        (second, "client", "call", body, ""),
        (third, "client", "return", body, ""),
        (third, "client", "call", "recv()", ""),
        *((at_ns, "server", "return", "recv()", f"{size} B") for at_ns, size in received),
        (received[-1][0], "server", "call", f"send({len(REPLY)} B)", ""),
        (answered, "client", "return", "recv()", f"{len(REPLY)} B"),
    ]
    return [dict(zip(("at_ns", "host", "kind", "what", "detail"), each, strict=True)) for each in events]


def _claims(segments: Sequence[Segment], calls: Times, number: int) -> list[tuple[float, str]]:
    """Where one side begins to wait for the other."""
    begin = 1 + number * _REQUEST
    head = next((each for each in segments if each.sender == "client" and each.sequence == begin and each.size), None)
    found = [((calls[2] - calls[0]) / 1e9, "RFC 896: a small segment is not acknowledged yet, so the next one waits.")]
    if head is not None and head.arrived_s is not None:
        found.append((head.arrived_s, "RFC 1122: the ACK may wait for data to travel with."))
    return found
