"""The open loops count latency from when a message was *due*, also where they themselves were late to send it.

A clock that stands still makes it exact: the loop wakes up late, sends all that is due, and has every echo at once.
What differs between the messages then is only when each was due.
"""

from __future__ import annotations

import socket
from array import array
from collections.abc import Iterator
from typing import Any

import pytest

from netlab.load import meter, open_loop, streams, udp_numbered, udp_open_loop
from netlab.load.open_loop import MOST_UNDER_WAY, TOO_MANY, OpenLoop
from netlab.load.outcome import LoadOutcome
from netlab.load.payload import VARIETY
from netlab.load.stream import Stream
from netlab.load.udp_client import ECHOED, SENT, UdpClient
from netlab.load.udp_open_loop import UdpOpenLoop

MS = 1_000_000
BEGIN, END = 5_000 * MS, 6_000 * MS
SIZE = 16
RING = tuple(bytes([number]) * SIZE for number in range(VARIETY))
LATE_BY = 45 * MS  # with a message every 10 ms from the beginning on: five are due
EXPECTED = [45 * MS, 35 * MS, 25 * MS, 15 * MS, 5 * MS]


class Window:
    """A timetable without warm-up, whose moments have been named."""

    begin_ns = measure_ns = BEGIN
    end_ns = END
    interrupted = False

    def __init__(self) -> None:
        self.row = [0] * 4

    def give_up_ns(self) -> int:
        """When to stop waiting for echoes."""
        return END + 100 * MS


class Clock:
    """The time of all modules of an engine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = BEGIN
        for module in (meter, open_loop, streams, udp_numbered, udp_open_loop):
            monkeypatch.setattr(module, "clock", lambda: self.now_ns)


@pytest.fixture
def time_(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the load."""
    return Clock(monkeypatch)


@pytest.fixture
def tcp() -> Iterator[tuple[int, socket.socket]]:
    """A non-blocking descriptor, which the engine closes, and the other end."""
    mine, other = socket.socketpair()
    mine.setblocking(False)
    with other:
        yield mine.detach(), other


@pytest.fixture
def udp() -> Iterator[tuple[int, socket.socket]]:
    """The same for datagrams."""
    mine, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for each in (mine, other):
        each.bind(("127.0.0.1", 0))
    mine.connect(other.getsockname())
    other.connect(mine.getsockname())
    mine.setblocking(False)
    with other:
        yield mine.detach(), other


def test_latency_over_tcp_counts_from_when_a_message_was_due(time_: Clock, tcp: tuple[int, socket.socket]) -> None:
    fd, other = tcp

    class Echoed(OpenLoop):
        def turn_around(self, timeout_s: float) -> None:
            """All echoes are there; after that it is late in the day."""
            other.sendall(other.recv(1000))
            super().turn_around(timeout_s)
            time_.now_ns = END

    out = LoadOutcome()
    window: Any = Window()
    loop = Echoed([fd], [RING], SIZE, window, out, timestamps=False)
    loop.interval_ns = 10.0 * MS
    time_.now_ns = BEGIN + LATE_BY
    loop.run()
    assert list(out.latency_ns) == EXPECTED
    assert (out.late_sends, out.messages, out.errors) == (5, 5, {})


def test_latency_over_udp_counts_from_when_a_datagram_was_due(time_: Clock, udp: tuple[int, socket.socket]) -> None:
    fd, other = udp

    class Echoed(UdpOpenLoop):
        def turn_around(self, timeout_s: float) -> bool:
            """All echoes are there; after that it is late in the day."""
            for _ in EXPECTED:
                other.send(other.recv(1000))
            going_on = super().turn_around(timeout_s)
            time_.now_ns = END + 100 * MS
            return going_on and self.meter.look(self.done)

    out = LoadOutcome()
    window: Any = Window()
    loop = Echoed([UdpClient(fd, 0, RING, SIZE)], SIZE, window, out, timestamps=False)
    loop.interval_ns = 10.0 * MS
    time_.now_ns = BEGIN + LATE_BY
    loop.run()
    assert list(out.latency_ns) == EXPECTED
    assert (out.late_sends, loop.fates[SENT], loop.fates[ECHOED], out.errors) == (5, 5, 5, {})


def test_the_kernels_stamp_counts_from_when_it_was_due_as_well(
    time_: Clock, tcp: tuple[int, socket.socket], udp: tuple[int, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    realtime = 1_000 * MS  # what CLOCK_REALTIME says more than ours
    stamp = BEGIN + LATE_BY - 2 * MS + realtime
    monkeypatch.setattr(Stream, "_read", lambda self: (RING[0], stamp))
    latencies, kernel = array("Q"), array("Q")
    stream = Stream(tcp[0], RING, SIZE, timestamps=False)
    stream.send(BEGIN)
    assert stream.receive(BEGIN + LATE_BY, latencies, kernel, realtime) == 1
    assert (list(latencies), list(kernel)) == ([LATE_BY], [LATE_BY - 2 * MS])
    stream.close()

    out, window = LoadOutcome(), Window()
    client = UdpClient(udp[0], 0, RING, SIZE)
    loop = UdpOpenLoop([client], SIZE, window, out, timestamps=False)  # type: ignore[arg-type]
    loop._realtime_offset_ns = realtime
    monkeypatch.setattr(loop, "_receive", lambda fd: (client.message(1), stamp))
    time_.now_ns = BEGIN + LATE_BY
    loop.send(client, BEGIN + 40 * MS, BEGIN)
    loop.received(client)
    assert (list(out.latency_ns), list(out.kernel_ns)) == ([LATE_BY], [LATE_BY - 2 * MS])
    loop.finish()


def test_a_message_that_is_due_on_a_full_connection_is_counted_and_not_sent(
    time_: Clock, tcp: tuple[int, socket.socket]
) -> None:
    out = LoadOutcome()
    window: Any = Window()
    loop = OpenLoop([tcp[0]], [RING], SIZE, window, out, timestamps=False)
    (stream,) = loop.streams.values()
    stream.in_flight.extend([BEGIN] * (MOST_UNDER_WAY - 1))
    loop._send_due(tcp[0], BEGIN, BEGIN + MS)
    loop._send_due(tcp[0], BEGIN, BEGIN + MS)
    assert (out.errors, stream.sent, out.late_sends) == ({TOO_MANY: 1}, 1, 0)  # exactly 1 ms is not late yet
    loop.finish()
