"""When a load begins, is measured and gives up; and what the meter counts into the window."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from netlab.child.shared_counters import SharedCounters
from netlab.load import meter, window
from netlab.load.meter import LOOK_EVERY_NS, Meter
from netlab.load.outcome import LoadOutcome
from netlab.load.window import Tally, Timetable

SECOND = 1_000_000_000


class Time:
    """A clock that moves when somebody sleeps, and the CPU time of the process, a quarter of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 7 * SECOND
        self.slept: list[float] = []
        for module, name in ((window, "monotonic_ns"), (meter, "clock")):
            monkeypatch.setattr(module, name, lambda: self.now_ns)
        monkeypatch.setattr(window.time, "sleep", self.sleep)
        monkeypatch.setattr(meter.time, "process_time_ns", lambda: self.now_ns // 4)

    def sleep(self, seconds: float) -> None:
        """time.sleep"""
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


@pytest.fixture
def time_(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of the load."""
    return Time(monkeypatch)


@pytest.fixture
def counters() -> Iterator[SharedCounters]:
    """Counters of a load; SIGTERM is as before afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    made = SharedCounters.create("test", 3, len(Tally))
    yield made
    signal.signal(signal.SIGTERM, before)
    os.close(made.fd)


def timetable(counters: SharedCounters, go_at_ns: int = 10 * SECOND, **changes: float | None) -> Timetable:
    """A timetable whose parent has already named the moment."""
    times = {"warmup_s": 0.5, "duration_s": 2.0, "drain_s": 1.5, **changes}
    made = Timetable(counters, counters.row(2), **times)  # type: ignore[arg-type]
    counters.row(SharedCounters.OWN)[Tally.GO_AT_NS] = go_at_ns
    return made


def test_warm_up_window_and_drain_follow_each_other(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters)
    table.wait_for_go()
    assert time_.now_ns == table.begin_ns == 10 * SECOND
    assert table.measure_ns == 10 * SECOND + SECOND // 2
    assert table.end_ns == table.measure_ns + 2 * SECOND
    assert table.give_up_ns() == table.end_ns + 3 * SECOND // 2


def test_a_moment_that_has_passed_is_now(counters: SharedCounters, time_: Time) -> None:
    time_.now_ns = 11 * SECOND
    timetable(counters).wait_for_go()
    assert time_.slept == [0.0]


def test_a_load_of_so_many_messages_has_no_end_in_time(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters, duration_s=None)
    table.wait_for_go()
    assert table.end_ns > 100 * 365 * 86400 * SECOND


def test_the_parent_is_waited_for(counters: SharedCounters, time_: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    table = timetable(counters, go_at_ns=0)

    def sleep(seconds: float) -> None:
        time_.sleep(seconds)
        if len(time_.slept) == 3:
            counters.row(SharedCounters.OWN)[Tally.GO_AT_NS] = 10 * SECOND

    monkeypatch.setattr(window.time, "sleep", sleep)
    table.wait_for_go()
    assert len(time_.slept) == 4 and table.begin_ns == time_.now_ns == 10 * SECOND


def test_sigterm_ends_the_window_and_leaves_the_drain_time(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters)
    table.wait_for_go()
    time_.now_ns = 11 * SECOND
    signal.raise_signal(signal.SIGTERM)
    assert table.interrupted and table.end_ns == 11 * SECOND
    time_.now_ns = 12 * SECOND
    signal.raise_signal(signal.SIGTERM)
    assert table.end_ns == 11 * SECOND  # a second one does not give it more time
    assert table.give_up_ns() == 11 * SECOND + 3 * SECOND // 2


def test_sigterm_before_the_beginning_is_an_end_that_has_passed(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters, go_at_ns=0)
    signal.raise_signal(signal.SIGTERM)
    table.wait_for_go()
    assert table.interrupted and 0 < table.end_ns < time_.now_ns


class Engine:
    """An engine with two connections, 4 and 9, that asks its meter as they all do."""

    def __init__(self, table: Timetable) -> None:
        table.wait_for_go()
        self.out = LoadOutcome()
        self.turns = [0] * 10
        self.meter = Meter(table, self.out, self.turns, (4, 9))

    def send(self, *fds: int) -> None:
        """A message on each of these."""
        for fd in fds:
            self.turns[fd] += 1
            self.out.latency_ns.append(fd)
            self.out.kernel_ns.append(fd)

    def look(self) -> bool:
        """With what has been done so far."""
        return self.meter.look(sum(self.turns))


def test_the_window_counts_what_came_between_its_ends(counters: SharedCounters, time_: Time) -> None:
    engine = Engine(timetable(counters))
    engine.send(4, 4, 9)
    time_.now_ns = 10 * SECOND + SECOND // 4
    assert engine.look() and list(engine.out.latency_ns) == [4, 4, 9]  # warming up
    time_.now_ns = 10 * SECOND + SECOND // 2
    assert engine.look() and list(engine.out.latency_ns) == list(engine.out.kernel_ns) == []
    engine.send(4, 9, 9, 9)
    time_.now_ns = 12 * SECOND
    assert engine.look() and not engine.meter.over
    time_.now_ns = 12 * SECOND + 3 * SECOND // 4
    assert engine.look() and engine.meter.over
    engine.send(9)
    engine.meter.finish(8)
    out = engine.out
    assert (out.warmup_messages, out.window_messages, out.messages) == (3, 4, 8)
    assert out.window_ns == 9 * SECOND // 4  # how long it really was
    assert out.busy_ns == out.window_ns // 4
    assert out.per_connection == [1, 3]
    assert list(out.latency_ns) == [4, 9, 9, 9, 9]  # also of what was under way when it ended


def test_echoes_are_waited_for_until_the_drain_time_is_over(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters)
    engine = Engine(table)
    time_.now_ns = table.measure_ns
    engine.look()
    time_.now_ns = table.end_ns
    assert engine.look() and engine.meter.over
    time_.now_ns = table.give_up_ns() - 1
    assert engine.look()
    time_.now_ns = table.give_up_ns()
    assert not engine.look()


def test_the_next_look_is_at_the_next_event_and_never_far_away(counters: SharedCounters, time_: Time) -> None:
    table = timetable(counters, warmup_s=0.25, duration_s=0.25, drain_s=0.25)
    engine = Engine(table)
    looks = []
    while engine.meter.next_ns < table.give_up_ns():
        time_.now_ns = engine.meter.next_ns
        looks.append((time_.now_ns - table.begin_ns) // 1_000_000)
        engine.look()
    assert looks == [100, 200, 250, 350, 450, 500, 600, 700]
    assert engine.meter.next_ns == table.give_up_ns() and LOOK_EVERY_NS == 100_000_000


def test_without_warming_up_the_window_is_open_from_the_first_message(counters: SharedCounters, time_: Time) -> None:
    engine = Engine(timetable(counters, warmup_s=0.0))
    engine.send(4)
    time_.now_ns += SECOND
    engine.meter.finish(1)
    assert (engine.out.warmup_messages, engine.out.window_messages, engine.out.window_ns) == (0, 1, SECOND)
    assert list(engine.out.latency_ns) == [4]


def test_an_engine_that_ends_while_it_warms_up_has_measured_nothing(counters: SharedCounters, time_: Time) -> None:
    engine = Engine(timetable(counters))
    engine.send(4)
    engine.meter.finish(1)
    out = engine.out
    assert (out.warmup_messages, out.window_messages, out.window_ns, out.messages) == (1, 0, 0, 1)
    assert engine.meter.over and list(out.latency_ns) == []


def test_sigterm_while_it_warms_up_is_the_end(counters: SharedCounters, time_: Time) -> None:
    engine = Engine(timetable(counters))
    engine.send(4)
    time_.now_ns = 10 * SECOND + SECOND // 10
    signal.raise_signal(signal.SIGTERM)
    assert engine.look() and engine.meter.over
    assert engine.out.window_messages == 0
