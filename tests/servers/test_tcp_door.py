"""The door by itself: what accept(2) can fail with, and what it does then. The listening socket is a fake."""

from __future__ import annotations

import errno
import os
import resource
import socket
import struct
from collections.abc import Iterator

import pytest
from tcp_peer import limit_that_leaves, open_descriptors

from netlab.child.shared_counters import Row, SharedCounters
from netlab.servers.acceptor import LOST_BEFORE_ACCEPTED, SHUT_DOWN, Acceptor
from netlab.servers.counters import Count
from netlab.servers.limits import Limits


class FakeListener(socket.socket):
    """Answers each accept(2) with the next thing on its list: an error number, or a connection."""

    def __init__(self, *answers: int | str) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.answers = list(answers)
        self.asked = 0

    def _accept(self) -> tuple[int, object]:
        self.asked += 1
        answer = self.answers.pop(0)
        if answer == "connection":
            return os.open(os.devnull, os.O_RDONLY), None
        assert isinstance(answer, int)
        raise OSError(answer, os.strerror(answer))


@pytest.fixture
def row() -> Iterator[Row]:
    shared_counters = SharedCounters.create("door", 2, len(Count))
    with shared_counters.row(0) as cells:
        yield cells
    shared_counters.close()


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the door would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("netlab.servers.acceptor.time.sleep", slept.append)
    return slept


def counted(row: Row) -> dict[Count, int]:
    return {count: row[count] for count in Count if row[count]}


def door_of(listener: FakeListener, row: Row, blocking: bool = True, **limits: float) -> Acceptor:
    return Acceptor(listener, Limits(**limits), row, blocking_connections=blocking)  # type: ignore[arg-type]


def test_a_connection_is_counted_and_handed_on(row: Row) -> None:
    with FakeListener("connection", "connection") as listener:
        door = door_of(listener, row, blocking=False)
        for already_open in ((), (1, 2, 3)):
            fd = door.admit(already_open)
            assert fd is not None and not os.get_blocking(fd)
            os.close(fd)
        door.close()
    assert counted(row) == {Count.ACCEPTED: 2, Count.PEAK_OPEN: 4}


@pytest.mark.parametrize("number", sorted(LOST_BEFORE_ACCEPTED), ids=lambda number: errno.errorcode[number])
def test_a_connection_that_is_lost_before_it_is_accepted_is_counted_and_nothing_else(
    number: int, row: Row, sleeps: list[float]
) -> None:
    with FakeListener(number, "connection") as listener:
        door = door_of(listener, row)
        assert door.admit(()) is None
        assert counted(row) == {Count.ABORTED: 1}
        fd = door.admit(())
        assert fd is not None
        os.close(fd)
        door.close()
    assert sleeps == []


def test_econnaborted_is_among_them() -> None:
    assert errno.ECONNABORTED in LOST_BEFORE_ACCEPTED


@pytest.mark.parametrize("number", [errno.EAGAIN, *sorted(SHUT_DOWN)], ids=lambda number: errno.errorcode[number])
def test_nobody_there_or_the_door_shut_is_no_event(number: int, row: Row, sleeps: list[float]) -> None:
    with FakeListener(number) as listener:
        door = door_of(listener, row)
        assert door.admit(()) is None
        door.close()
    assert counted(row) == {}
    assert sleeps == []


@pytest.mark.parametrize("number", [errno.ENOBUFS, errno.ENOMEM], ids=lambda number: errno.errorcode[number])
def test_when_the_kernel_has_no_memory_it_waits_a_moment(number: int, row: Row, sleeps: list[float]) -> None:
    with FakeListener(number) as listener:
        door = door_of(listener, row)
        assert door.admit(()) is None
        door.close()
    assert len(sleeps) == 1 and 0 < sleeps[0] <= 0.1
    assert counted(row) == {}


def test_an_error_that_nobody_expects_is_not_hidden(row: Row) -> None:
    with FakeListener(errno.ENOTSOCK) as listener:
        door = door_of(listener, row)
        with pytest.raises(OSError, match="non-socket"):
            door.admit(())
        door.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE], ids=lambda number: errno.errorcode[number])
def test_without_descriptors_it_accepts_with_its_reserve_and_sheds(number: int, row: Row, sleeps: list[float]) -> None:
    with FakeListener(number, "connection", number, "connection") as listener:
        door = door_of(listener, row)
        before = open_descriptors()
        with full_table():
            assert door.admit(()) is None
            assert door.admit(()) is None
        assert open_descriptors() == before  # the reserve is back, the connection is closed
        assert counted(row) == {Count.SHED: 2, Count.OUT_OF_DESCRIPTORS: 2}
        assert listener.asked == 4
        door.close()
    assert sleeps == []


def test_if_there_are_descriptors_again_by_then_the_connection_is_served(row: Row) -> None:
    """A blocking accept(2) may have waited on the reserve for hours."""
    with FakeListener(errno.EMFILE, "connection") as listener:
        door = door_of(listener, row)
        before = len(open_descriptors())
        fd = door.admit(())
        assert fd is not None
        os.close(fd)
        assert len(open_descriptors()) == before  # and there is a reserve again
        door.close()
    assert counted(row) == {Count.ACCEPTED: 1, Count.PEAK_OPEN: 1}


def test_if_the_client_has_gone_meanwhile_the_reserve_is_taken_back(row: Row, sleeps: list[float]) -> None:
    with FakeListener(errno.EMFILE, errno.EAGAIN) as listener:
        door = door_of(listener, row)
        before = open_descriptors()
        assert door.admit(()) is None
        assert open_descriptors() == before
        door.close()
    assert counted(row) == {}
    assert sleeps == []


def test_if_somebody_else_takes_the_descriptor_it_waits_a_moment_instead_of_spinning(
    row: Row, sleeps: list[float]
) -> None:
    with FakeListener(*[errno.EMFILE] * 6) as listener:
        door = door_of(listener, row)
        for _ in range(3):
            assert door.admit(()) is None
        door.close()
    assert len(sleeps) == 3 and all(0 < seconds <= 0.1 for seconds in sleeps)
    assert counted(row) == {}


def test_all_that_wait_are_shed_when_asked_for(row: Row) -> None:
    with FakeListener("connection", "connection", "connection", errno.EAGAIN) as listener:
        door = door_of(listener, row, blocking=False)
        before = open_descriptors()
        with full_table():
            door.shed_waiting()
        assert open_descriptors() == before
        assert listener.answers == []
        door.close()
    assert counted(row) == {Count.SHED: 3, Count.OUT_OF_DESCRIPTORS: 3}


def test_one_more_than_max_connections_is_closed(row: Row) -> None:
    with FakeListener("connection", "connection") as listener:
        door = door_of(listener, row, max_connections=2)
        before = open_descriptors()
        assert door.admit((1, 2)) is None
        assert open_descriptors() == before
        fd = door.admit((1,))
        assert fd is not None
        os.close(fd)
        door.close()
    assert counted(row) == {Count.ACCEPTED: 1, Count.PEAK_OPEN: 2, Count.SHED: 1}


def test_how_many_are_open_is_asked_when_a_connection_has_come_not_before(row: Row) -> None:
    """accept(2) may block for hours; the places may have become free meanwhile."""
    places = [1, 2]

    class Slow(FakeListener):
        def _accept(self) -> tuple[int, object]:
            places.clear()
            return super()._accept()

    with Slow("connection") as listener:
        door = door_of(listener, row, max_connections=2)
        fd = door.admit(places)
        assert fd is not None
        os.close(fd)
        door.close()


def test_an_admitted_connection_that_is_refused_counts_as_shed_only(row: Row) -> None:
    with FakeListener("connection") as listener:
        door = door_of(listener, row)
        before = open_descriptors()
        fd = door.admit(())
        assert fd is not None
        door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
        assert open_descriptors() == before
        door.close()
    assert row[Count.ACCEPTED] == 0
    assert row[Count.SHED] == row[Count.OUT_OF_WORKERS] == 1


def test_a_closed_door_has_no_descriptor_left(row: Row) -> None:
    before = open_descriptors()
    door = door_of(FakeListener(), row)
    door.close()
    assert open_descriptors() == before


def test_an_idle_limit_becomes_the_time_limit_of_the_socket(row: Row) -> None:
    ours, theirs = socket.socketpair()

    class Pair(FakeListener):
        def _accept(self) -> tuple[int, object]:
            return theirs.detach(), None

    with ours, Pair() as listener:
        door = door_of(listener, row, idle_timeout_s=2.5)
        fd = door.admit(())
        assert fd is not None and os.get_blocking(fd)
        with socket.socket(fileno=os.dup(fd)) as accepted:
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                seconds, microseconds = struct.unpack("@ll", accepted.getsockopt(socket.SOL_SOCKET, option, 16))
                assert seconds + microseconds / 1e6 == pytest.approx(2.5, abs=0.02)  # the kernel counts in ticks
        os.close(fd)
        door.close()


class full_table:  # noqa: N801 - reads as a statement
    """While it lasts, this process cannot open one descriptor more."""

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit_that_leaves(os.getpid(), 0), self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)
