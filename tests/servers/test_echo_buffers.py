"""What an echo is, where write(2) takes only a part of what it is given: every byte goes back, once and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.servers import echo
from netlab.servers.counters import Count
from netlab.servers.echo import EMPTY, GONE, READ, WRITE, EchoBuffers, converse

FD = 7
pieces = st.lists(st.binary(min_size=1, max_size=12), max_size=8)
sizes = st.lists(st.integers(0, 13), min_size=1, max_size=20)  # what write(2) takes in turn; 0: EAGAIN


class Connection:
    """read(2) gives these pieces, then the end; write(2) takes so many bytes at a time, over and over."""

    def __init__(self, pieces: list[bytes], takes: list[int]) -> None:
        self._pieces, self._takes = list(pieces), takes
        self._turn = 0
        self.taken = b""

    def read(self, fd: int, most: int) -> bytes:
        """read(2)"""
        return self._pieces.pop(0) if self._pieces else b""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """write(2)"""
        take = self._takes[self._turn % len(self._takes)] if self._turn < 500 else len(data)
        self._turn += 1
        if take == 0:
            raise BlockingIOError
        self.taken += bytes(data[:take])
        return min(take, len(data))


def on(connection: Connection, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(echo, "read", connection.read)
    patch.setattr(echo, "write", connection.write)


@given(pieces, sizes)
def test_a_loop_sends_back_every_byte_once(pieces: list[bytes], takes: list[int]) -> None:
    connection, buffers = Connection(pieces, takes), EchoBuffers({})
    whole = b"".join(pieces)
    waiting_for = READ
    with pytest.MonkeyPatch.context() as patch:
        on(connection, patch)
        for _ in range(2000):
            for fd, change in buffers.echo([(FD, None)]):
                assert fd == FD and change in (READ, WRITE, GONE)
                waiting_for = change
            assert (waiting_for == WRITE) == (FD in buffers.held)
            if waiting_for == GONE:
                break
    assert waiting_for == GONE and connection.taken == whole
    assert (buffers.bytes_in, buffers.bytes_out, buffers.resets) == (len(whole), len(whole), 0)
    assert buffers.chunks == len(pieces)


@given(pieces, sizes.map(lambda takes: [max(take, 1) for take in takes]))
def test_who_may_block_sends_back_every_byte_once(pieces: list[bytes], takes: list[int]) -> None:
    connection, row = Connection(pieces, takes), [0] * len(Count)
    with pytest.MonkeyPatch.context() as patch:
        on(connection, patch)
        assert converse(FD, row) is None  # type: ignore[arg-type]
    whole = b"".join(pieces)
    assert connection.taken == whole
    assert (row[Count.BYTES_IN], row[Count.BYTES_OUT], row[Count.CHUNKS]) == (len(whole), len(whole), len(pieces))


def test_what_else_a_descriptor_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(fd: int, most: int) -> bytes:
        raise BlockingIOError

    def reset(fd: int, *_: object) -> bytes:
        raise ConnectionResetError

    buffers = EchoBuffers({3: 99})
    monkeypatch.setattr(echo, "read", nothing)
    assert buffers.echo([(3, None), (FD, None)]) == [(3, 99), (FD, EMPTY)]
    monkeypatch.setattr(echo, "read", reset)
    assert buffers.echo([(FD, None)]) == [(FD, GONE)] and buffers.resets == 1
    buffers.held[FD] = memoryview(b"rest")
    monkeypatch.setattr(echo, "write", reset)
    assert buffers.echo([(FD, None)]) == [(FD, GONE)] and buffers.resets == 2
    assert buffers.wakeups == 3
