"""Every property of a trial, from figures that are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_trials import ONE_CPU_EACH, counts, load, outcome, trial, udp_load

from netlab.experiments.servers import trial as trials
from netlab.experiments.servers.trial import Trial, _time_of_second_look, connections_failed
from netlab.linux.process import TreeMemory
from netlab.load.outcome import CORRUPT, LOST_WITH_IT, UNANSWERED
from netlab.servers.modes import find
from netlab.servers.placement import Placement
from netlab.servers.supervisor import ServerLook


def with_cpu(server: float, load_busy: float, **changes: Any) -> Trial:
    """A trial whose server used `server` of a CPU, and whose load `load_busy` of one."""
    zero = counts()
    looks = {"before": ServerLook(zero, 1.0, 0), "after": ServerLook(zero, 1.0 + 10 * server, 10_000_000_000)}
    return trial(load=load(busy_share=load_busy), **looks, **changes)


def test_the_rate_is_that_of_the_window() -> None:
    assert trial().window_s == 2.0
    assert trial().rate == 500.0
    assert trial(load=load(window_ns=0)).rate is None
    assert trial(load=load(window_messages=0)).rate == 0


def test_the_servers_cpu_is_that_between_the_looks() -> None:
    assert trial().server_cpu_s == 1.0
    assert trial().server_busy == 0.25
    assert trial(after=trial().before).server_busy is None  # no time between them


def test_messages_of_tcp_are_bytes_and_of_udp_datagrams() -> None:
    assert trial().server_messages == 2000
    assert trial("udp").server_messages == 1600
    assert trial().cpu_per_message_s == 1 / 2000
    assert trial("udp").cpu_per_message_s == 1 / 1600
    assert trial().wakeups_per_message == 0.5
    assert trial("udp").wakeups_per_message == 1000 / 1600
    assert trial(after=trial().before).wakeups_per_message is None


def test_cpu_that_the_clock_did_not_see_is_unknown_and_not_0() -> None:
    still = trial(after=replace(trial().after, cpu_s=trial().before.cpu_s))
    assert (still.server_cpu_s, still.server_messages, still.cpu_per_message_s) == (0, 2000, None)


def test_memory_is_shared_out_over_busy_and_idle_connections() -> None:
    assert trial().memory_per_connection == 100_000
    assert trial(load=load(idle=4)).memory_per_connection == 50_000
    assert trial(load=load(connected=0)).memory_per_connection is None
    assert trial(plan={"per_connection": 1}).memory_per_connection is None  # none of them was there to be seen
    hidden = TreeMemory(1, 1, 9_000_000, None, None)
    assert trial(held=hidden).memory_per_connection is None
    assert trial(at_rest=hidden).memory_per_connection is None


def test_fairness_is_over_the_connections_of_the_window() -> None:
    assert trial().fairness == 1
    assert trial(load=load(per_connection=[1000, 0, 0, 0])).fairness == 0.25
    assert trial(load=load(per_connection=[])).fairness is None


def test_errors_are_of_three_kinds() -> None:
    errors = {UNANSWERED: 3, CORRUPT: 2, LOST_WITH_IT: 7, "ECONNRESET": 4, "ETIMEDOUT": 1}
    failed = trial(load=load(errors=errors))
    assert (failed.unanswered, failed.corrupt, failed.other_errors) == (3, 2, 5)
    assert (trial().unanswered, trial().corrupt, trial().other_errors) == (0, 0, 0)
    assert connections_failed(errors) == 5 and connections_failed({}) == 0


def test_connections_that_the_server_ended_for_a_reason_are_no_errors() -> None:
    errors = {"closed by the server": 9}
    assert trial(load=load(errors=errors), outcome=outcome(SHED=4, IDLED_OUT=3)).other_errors == 2


def test_others_are_busy_with_what_is_neither_the_servers_nor_the_loads() -> None:
    assert trial().others_busy == (3.0 - 1.0 - 0.25 * 4) / 4
    assert trial(plan={"workers": 3}).others_busy == 0  # never less: the load is taken for its busiest worker
    assert trial(plan={"workers": 2}, machine_busy_s=5.0).others_busy == (5.0 - 1.0 - 2 * 0.25 * 4) / 4
    assert trial(machine_busy_s=None).others_busy is None


@pytest.mark.parametrize(
    ("server", "load_busy", "expected"),
    [
        (0.5, 0.95, "load"),
        (0.5, 0.9, "load"),
        (0.5, 0.89, None),
        (0.95, 0.5, "server"),
        (0.9, 0.5, "server"),
        (0.89, 0.5, None),
        (0.97, 0.95, "server"),
        (0.95, 0.97, "load"),
        (0.95, 0.95, "server"),  # it is the server that everybody asks about
    ],
)
def test_the_limit_is_who_had_no_cpu_time_left(server: float, load_busy: float, expected: str | None) -> None:
    assert with_cpu(server, load_busy).bottleneck() == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"placement": Placement((), ())},
        {"placement": Placement((0, 1), (1,))},
        {"placement": Placement((0,), (0,))},
        {"placement": Placement((0,), (1, 2))},
        {"plan": {"rate": 100.0}},
    ],
    ids=["free", "two CPUs", "the same CPU", "two load CPUs", "open loop"],
)
def test_who_the_limit_was_cannot_always_be_said(changes: dict[str, Any]) -> None:
    assert with_cpu(0.99, 0.5, **changes).bottleneck() is None
    assert with_cpu(0.5, 0.99, **changes).bottleneck() is None


def test_without_time_between_the_looks_no_limit_is_named() -> None:
    assert trial(after=trial().before, load=load(busy_share=0.99)).bottleneck() is None


def test_one_cpu_each_and_not_the_same() -> None:
    assert ONE_CPU_EACH.single_cpu()
    for placement in (Placement((0, 1), (2,)), Placement((0,), (1, 2)), Placement((0,), (0,)), Placement((), ())):
        assert not placement.single_cpu()


def test_the_second_look_is_before_the_end_by_twice_what_a_look_takes() -> None:
    assert _time_of_second_look(5_000, 1.0, 10_000_000) == 5_000 + 978_000_000
    assert _time_of_second_look(5_000, 1.0, 0) == 5_000 + 998_000_000
    assert _time_of_second_look(5_000, 1.0, 400_000_000) == 5_000 + 500_000_000  # but not in the first half


class Counting:
    """A server whose counters grow by `steps` each time it is asked for them, from `start` on."""

    def __init__(self, mode: str, start: dict[str, int] | None = None, **steps: int) -> None:
        self.mode = find("tcp", mode)
        self.pid = 0
        self.asked = 0
        self._start = start or {}
        self._steps = steps

    def counts(self) -> dict[Any, int]:
        """The counters, one step further."""
        self.asked += 1
        return counts(**self._start, **{name: step * self.asked for name, step in self._steps.items()})


@pytest.mark.parametrize(
    ("mode", "steps", "asked"),
    [
        ("epoll", {"ACCEPTED": 1}, 5),
        ("epoll", {"ACCEPTED": 1, "SHED": 4}, 1),
        ("prefork", {}, 0),
        ("thread-pool", {}, 0),
        ("iterative", {}, 0),
    ],
)
def test_the_memory_waits_for_all_connections_where_the_mode_takes_all(
    mode: str, steps: dict[str, int], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Counting(mode, **steps)
    monkeypatch.setattr(trials.time, "sleep", lambda _: None)
    trials.wait_until_taken(server, 5)  # type: ignore[arg-type]
    assert server.asked == asked


def test_a_connection_that_is_accepted_and_has_no_thread_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Counting("thread", ACCEPTED=5)
    threads = iter([5, 10, 16])  # the first of the server itself is one of them
    monkeypatch.setattr(trials.process, "threads", lambda _: next(threads))
    monkeypatch.setattr(trials.time, "sleep", lambda _: None)
    trials.wait_until_taken(server, 5)  # type: ignore[arg-type]
    assert server.asked == 3


def test_what_never_comes_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(0, 100_000_000_000, 1_000_000_000))
    monkeypatch.setattr(trials, "monotonic_ns", lambda: next(moments))
    monkeypatch.setattr(trials.time, "sleep", lambda _: None)
    never, unreaped = Counting("epoll"), Counting("fork", ACCEPTED=1)
    trials.wait_until_taken(never, 5)  # type: ignore[arg-type]
    trials.wait_until_reaped(unreaped, 0)  # type: ignore[arg-type]
    assert never.asked == unreaped.asked == 9  # once a second, for less than MEMORY_SETTLES_S


@pytest.mark.parametrize(
    ("mode", "idle", "asked"),
    [("fork", 0, 5), ("fork", 3, 2), ("epoll", 0, 0)],
    ids=["all", "idle ones stay", "nothing to reap"],
)
def test_children_that_have_ended_are_waited_for(
    mode: str, idle: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Counting(mode, {"ACCEPTED": 5}, REAPED=1)
    monkeypatch.setattr(trials.time, "sleep", lambda _: None)
    trials.wait_until_reaped(server, idle)  # type: ignore[arg-type]
    assert server.asked == asked


def test_a_udp_load_that_lost_nothing_has_no_errors() -> None:
    assert trial("udp", load=udp_load()).other_errors == 0
