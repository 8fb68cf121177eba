"""write(2) may take less than it was given, and says how much: then the rest goes out, each byte once and in order."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from select import EPOLLIN, EPOLLOUT
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.clock import monotonic_ns
from netlab.load import churn, closed_loop, stream
from netlab.load.churn import Slot
from netlab.load.closed_loop import ClosedLoop
from netlab.load.outcome import LoadOutcome
from netlab.load.payload import VARIETY
from netlab.load.stream import Stream

SIZE = 10
RING = tuple(bytes(range(16 * number, 16 * number + SIZE)) for number in range(VARIETY))
sizes = st.lists(st.integers(0, SIZE + 2), min_size=1, max_size=30)  # what write(2) takes in turn; 0: EAGAIN


class Narrow:
    """A socket's buffer that takes so many bytes at a time, over and over."""

    def __init__(self, takes: list[int]) -> None:
        self._takes = takes
        self._turn = 0
        self.taken = b""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """write(2)"""
        take = self._takes[self._turn % len(self._takes)] if self._turn < 200 else len(data)
        self._turn += 1
        if take == 0:
            raise BlockingIOError
        self.taken += bytes(data[:take])
        return min(take, len(data))


@pytest.fixture
def pair() -> Iterator[tuple[int, socket.socket]]:
    """A non-blocking descriptor and the other end."""
    mine, other = socket.socketpair()
    mine.setblocking(False)
    with other:
        yield mine.detach(), other


@given(sizes, st.integers(1, 12))
def test_a_stream_of_messages_goes_out_byte_by_byte(takes: list[int], messages: int) -> None:
    buffer, one = Narrow(takes), Stream(-1, RING, SIZE, timestamps=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "write", buffer.write)
        for _ in range(messages):
            one.send(0)
        for _ in range(300):
            if one.flush():
                break
    assert not one.waiting_to_send
    assert buffer.taken == b"".join(RING[number % VARIETY] for number in range(messages))


@given(sizes)
def test_a_message_of_the_churning_client_goes_out_byte_by_byte(takes: list[int]) -> None:
    buffer, engine = Narrow(takes), object.__new__(churn.Churn)
    slot: Any = object.__new__(Slot)
    slot.fd, slot.connecting, slot.unsent = -1, False, memoryview(RING[3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(churn, "write", buffer.write)
        while slot.unsent:
            try:
                engine._go_on(slot)
            except BlockingIOError:
                pass
    assert buffer.taken == RING[3]


class Window:
    """A timetable that is open now, and for longer than a test takes."""

    interrupted = False

    def __init__(self) -> None:
        self.begin_ns = self.measure_ns = monotonic_ns()
        self.end_ns = self.begin_ns + 60_000_000_000
        self.row = [0] * 4

    def give_up_ns(self) -> int:
        """When to stop waiting for echoes."""
        return self.end_ns


@pytest.mark.parametrize("takes", [[3], [1, SIZE], [SIZE - 1, 0, 2], [0, SIZE], [SIZE]])
def test_the_closed_loop_sends_each_byte_once(
    takes: list[int], pair: tuple[int, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    fd, other = pair
    came = bytearray()

    def echo() -> None:
        while data := other.recv(100):
            came.extend(data)
            other.sendall(data)

    buffer = Narrow(takes)

    def write(to: int, data: bytes | memoryview) -> int:
        taken = buffer.write(to, data)
        assert os.write(to, data[:taken]) == taken
        return taken

    monkeypatch.setattr(closed_loop, "write", write)
    echoing = threading.Thread(target=echo)
    echoing.start()
    out, messages = LoadOutcome(), 2 * VARIETY
    window: Any = Window()
    ClosedLoop([fd], [RING], SIZE, messages, window, out).run()
    echoing.join(5)
    assert bytes(came) == b"".join(RING) * 2 == buffer.taken
    assert (out.messages, out.errors) == (messages, {})


def test_a_rest_goes_on_where_it_stopped(pair: tuple[int, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    fd, _ = pair
    buffer = Narrow([3, 2, 4, 1])
    monkeypatch.setattr(closed_loop, "write", buffer.write)
    window: Any = Window()
    loop = ClosedLoop([fd], [RING], SIZE, None, window, LoadOutcome())
    loop.poller.register(fd, EPOLLIN)
    loop._start(fd)
    left = []
    while fd in loop.unsent:
        left.append(len(loop.unsent[fd]))
        loop._write_rest(fd, EPOLLOUT)
    assert left == [7, 5, 1] and buffer.taken == RING[0]
    os.close(fd)
