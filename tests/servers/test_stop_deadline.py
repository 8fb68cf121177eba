"""How long a stopped server may drain, by a clock that the test moves."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from netlab.servers.stopping import Stop

SECOND = 1_000_000_000


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_ns = 50 * SECOND

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Iterator[Hand]:
    """The clock; SIGTERM, SIGALRM and the interval timer are as before afterwards."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGALRM)]
    yield Hand()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before:
        signal.signal(number, handler)


def stopped(stop: Stop) -> Stop:
    """After a SIGTERM."""
    signal.raise_signal(signal.SIGTERM)
    return stop


def test_the_drain_time_is_what_was_asked_for_from_the_signal_on(clock: Hand) -> None:
    stop = Stop(1.5, clock=clock)
    stop.arm()
    assert not stop.requested and stop.remaining_s() == 0
    clock.now_ns += 10 * SECOND
    stopped(stop)
    assert stop.requested and stop.asked()
    assert stop.remaining_s() == 1.5
    clock.now_ns += SECOND
    assert stop.remaining_s() == 0.5
    clock.now_ns += SECOND // 2
    assert stop.remaining_s() == 0
    clock.now_ns += SECOND
    assert stop.remaining_s() == 0


def test_a_second_signal_gives_no_more_time_and_does_nothing_again(clock: Hand) -> None:
    done: list[str] = []
    stop = Stop(1.5, clock=clock)
    stop.arm(lambda: done.append("shut"))
    stopped(stop)
    clock.now_ns += SECOND
    stopped(stop)
    assert stop.remaining_s() == 0.5
    assert done == ["shut"]
    assert os.eventfd_read(stop.alarm_fd) == 1


def test_connections_are_forced_closed_when_the_drain_time_is_over_and_once(clock: Hand) -> None:
    done: list[str] = []
    stop = Stop(30.0, clock=clock)
    stop.arm(force_close=lambda: done.append("force"))
    signal.raise_signal(signal.SIGALRM)
    stopped(stop)
    assert 29 < signal.getitimer(signal.ITIMER_REAL)[0] <= 30
    clock.now_ns += 29 * SECOND
    signal.raise_signal(signal.SIGALRM)
    assert done == []
    clock.now_ns += SECOND
    signal.raise_signal(signal.SIGALRM)
    signal.raise_signal(signal.SIGALRM)
    assert done == ["force"]


def test_without_a_drain_time_the_alarm_comes_at_once(clock: Hand) -> None:
    stop = Stop(0.0, clock=clock)
    stop.arm(force_close=lambda: None)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    stopped(stop)
    assert 0 <= signal.getitimer(signal.ITIMER_REAL)[0] <= 0.001


def test_the_heartbeat_knocks_again_and_again(clock: Hand) -> None:
    Stop(1.0, heartbeat_s=40.0, clock=clock).arm()
    now, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 39 < now <= 40 and interval == 40


def test_a_child_has_a_stop_of_its_own(clock: Hand) -> None:
    done: list[str] = []
    stop = Stop(1.0, clock=clock)
    stop.arm(lambda: done.append("master"), force_close=lambda: done.append("force"))
    alarm_fd = stop.alarm_fd
    stopped(stop)
    assert os.eventfd_read(alarm_fd) == 1
    stop.become_child(lambda: done.append("child"))
    assert not stop.requested
    clock.now_ns += 10 * SECOND
    stopped(stop)
    assert done == ["master", "child"] and stop.remaining_s() == 1.0
    with pytest.raises(BlockingIOError):
        os.eventfd_read(alarm_fd)
    clock.now_ns += 10 * SECOND
    signal.raise_signal(signal.SIGALRM)
    assert done == ["master", "child"]
