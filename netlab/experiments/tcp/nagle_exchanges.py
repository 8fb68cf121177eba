"""Requests and answers of one connection, calls and segments together: who waited for whom, and for how long.

Sequence numbers are relative to the connection's first, so each exchange's are known in advance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netlab.experiments.tcp.nagle_scene import BODY, HEAD, REPLY, REQUEST, Keystrokes, Received, Requests
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.timeline import CALL, RETURN, Event

_IP = 20  # bytes of an IPv4 header without options
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
    received: tuple[Received, ...] = ()
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
        begin = 1 + number * REQUEST
        acks = (each for each in self.segments if each.sender == "server")
        ack = next((each for each in acks if (each.acknowledgment or 0) >= begin + len(HEAD)), None)
        head = self._beginning(begin)
        return None if head is None or ack is None else (head, ack)

    def _beginning(self, sequence: int) -> Segment | None:
        """The client's data that begins there."""
        return next((each for each in self.data("client") if each.sequence == sequence), None)

    def held(self) -> int:
        """In how many exchanges the second write was sent only after the first was acknowledged."""
        count = 0
        for number in range(len(self.calls)):
            pair, body = self._acknowledged(number), self._beginning(1 + number * REQUEST + len(HEAD))
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


def case_of(name: str, found: Requests, trace: Trace) -> WriteCase:
    """A case of requests."""
    latencies = [(times[-1] - times[0]) / 1e9 for times in found.calls]
    segments = _between(trace, found.port, found.calls[0][0], found.calls[-1][-1])
    return WriteCase(name, segments, latencies, found.calls, found.received, max(found.ato_s, 0.01))


def keystrokes_of(name: str, found: Keystrokes, trace: Trace) -> WriteCase:
    """A case of keystrokes: the latency of each byte is from its write(2) to the read(2) that had it."""
    latencies = [(read - written) / 1e9 for written, read in zip(found.written, found.read, strict=True)]
    return WriteCase(name, _between(trace, found.port, found.written[0], found.read[-1]), latencies)


def _between(trace: Trace, port: int, first_ns: int, last_ns: int) -> tuple[Segment, ...]:
    begin_s, end_s = trace.seconds(first_ns), trace.seconds(last_ns)
    own = (each for each in trace.segments if port in (each.tcp.source_port, each.tcp.destination_port))
    return tuple(each for each in own if begin_s <= each.sent_s <= end_s)


def stalled(trace: Trace, case: WriteCase) -> tuple[Trace, list[tuple[float, str]]]:
    """One exchange by itself, of middling latency, as a timeline; and what is to be said of it."""
    order = sorted(zip(case.latencies_s, range(len(case.calls)), strict=True))
    _, number = order[len(order) // 2]
    calls = case.calls[number]
    begin_s, end_s = trace.seconds(calls[0]), trace.seconds(calls[-1])
    segments = tuple(_later(each, -begin_s) for each in case.segments if begin_s <= each.sent_s <= end_s)
    observation = replace(trace.observation, events=tuple(_events(calls, case.received[number])))
    part = replace(trace, observation=observation, start_ns=calls[0], segments=segments)
    claims = [(part.seconds(calls[2]), "RFC 896: a small segment is not acknowledged yet, so the next one waits.")]
    first = (each for each in segments if each.sender == "client" and each.sequence == 1 + number * REQUEST)
    head = next((each for each in first if each.size), None)
    if head is not None and head.arrived_s is not None:
        claims.append((head.arrived_s, "RFC 1122: the ACK may wait for data to travel with."))
    return part, claims


def _later(each: Segment, by_s: float) -> Segment:
    arrived_s = None if each.arrived_s is None else each.arrived_s + by_s
    return replace(each, sent_s=each.sent_s + by_s, arrived_s=arrived_s)


def _events(calls: Times, received: Received) -> Iterator[Event]:
    first, second, third, answered = calls
    for begun, ended, size, number in ((first, second, len(HEAD), 1), (second, third, len(BODY), 2)):
        yield Event(begun, "client", CALL, f"send({size} B)", call=number)
        yield Event(ended, "client", RETURN, f"send({size} B)", call=number)
    yield Event(third, "client", CALL, "recv()", call=3)
    for at_ns, size in received:
        yield Event(at_ns, "server", RETURN, "recv()", f"{size} B")
    yield Event(received[-1][0], "server", CALL, f"send({len(REPLY)} B)")
    yield Event(answered, "client", RETURN, "recv()", f"{len(REPLY)} B", call=3)
