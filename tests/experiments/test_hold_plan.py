"""How connections are spread over processes: within every limit, and aloud where a limit leaves fewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netlab.experiments.limits import hold_plan
from netlab.experiments.limits.hold_plan import MOST_PROCESSES, PER_PROCESS, plan_of
from netlab.linux import machine


@pytest.fixture
def allowing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A machine that allows so many descriptors a process, on two CPUs, and has no other limit."""

    def allow(descriptors: int) -> None:
        monkeypatch.setattr(machine, "descriptors", lambda: (descriptors, descriptors))
        monkeypatch.setattr(machine, "processes", lambda: None)
        monkeypatch.setattr(machine, "sysctl_number", lambda name: None)
        monkeypatch.setattr(hold_plan, "allowed_cpus", lambda: [0, 1])

    return allow


@pytest.mark.parametrize("wanted", [1, 10_000, 19_936, 19_937, 100_000, 1_000_000])
@pytest.mark.parametrize("descriptors", [1024, 20_000, 1 << 20])
def test_a_plan_gives_no_process_more_than_it_may_have(
    wanted: int, descriptors: int, allowing: Callable[[int], None]
) -> None:
    allowing(descriptors)
    plan = plan_of(wanted)
    assert (plan.connections < wanted) == bool(plan.reduced)
    a_process = min(descriptors, PER_PROCESS) - 32
    assert plan.connections / len(plan.holder_cpus) <= a_process
    assert plan.connections / plan.workers <= a_process
    assert plan.workers <= MOST_PROCESSES + 2 and (plan.workers == 1) == (plan.mode.name == "epoll")
    on = [plan.holder_cpus.count(cpu) for cpu in set(plan.holder_cpus)]
    assert plan.workers == 1 or (len(set(on)) == 1 and plan.workers % len(plan.server_cpus) == 0)  # as many on each


def test_a_million_needs_nothing_but_processes(allowing: Callable[[int], None]) -> None:
    allowing(20_000)
    plan = plan_of(1_000_000)
    assert (plan.connections, plan.reduced) == (1_000_000, ())


def test_the_limit_that_is_least_decides(allowing: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    allowing(20_000)
    monkeypatch.setattr(machine, "processes", lambda: 20)
    plan = plan_of(1_000_000)
    assert 0 < plan.connections < 100_000 and "processes is 20" in plan.reduced[0]
