"""Trials made by hand: every figure is known, and no two of them are alike."""

from __future__ import annotations

from array import array
from typing import Any

from netlab.experiments.servers.compare import Result
from netlab.experiments.servers.trial import Setup, Trial
from netlab.linux.process import TreeMemory
from netlab.load.generator import LoadResult
from netlab.load.plan import Plan
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import find
from netlab.servers.placement import Placement
from netlab.servers.supervisor import ServerLook, ServerOutcome

ONE_CPU_EACH = Placement((0,), (1,))


def counts(**values: int) -> dict[Count, int]:
    """All counters, 0 but for those that are named: counts(SHED=3)."""
    return {count: values.get(count.name, 0) for count in Count}


def load(**changes: Any) -> LoadResult:
    """1,000 messages in a window of 2 s, 1,200 in all, over four connections."""
    values: dict[str, Any] = {
        "messages": 1200,
        "warmup_messages": 150,
        "window_messages": 1000,
        "window_ns": 2_000_000_000,
        "busy_share": 0.25,
        "connections": 4,
        "connected": 4,
        "per_connection": [250, 250, 250, 250],
        "latency_ns": array("Q", [1000, 2000, 3000]),
    }
    return LoadResult(**{**values, **changes})


def udp_load(**datagrams: int) -> LoadResult:
    """The same over UDP: 1,200 datagrams, of which none was lost."""
    return load(datagrams={"sent": 1200, "echoed": 1200, "lost": 0, **datagrams})


def outcome(exit_code: int | None = 0, **changes: int) -> ServerOutcome:
    """A server that ended in order, having echoed what `load` says. Counters by name, the rest as they are."""
    end = {"ACCEPTED": 4, "CLOSED": 4, "PEAK_OPEN": 4, "CHUNKS": 1200, "BYTES_IN": 120_000, "BYTES_OUT": 120_000}
    return ServerOutcome(exit_code, counts(**{**end, **changes}), 0.75, 0.5, 600, 300, 80, 9_000_000)


def trial(transport: str = "tcp", mode: str = "epoll", **changes: Any) -> Trial:
    """A trial in which nothing is wrong: looks 4 s apart, 1 s of CPU time, 2,000 messages, a wake-up for two.

    `changes` are fields of Trial; `plan` (a dict), `limits` and `placement` change its setup.
    """
    plan = Plan(connections=4, size=100, **changes.pop("plan", {}))
    limits = changes.pop("limits", Limits(max_connections=40, idle_timeout_s=1.5))
    setup = Setup(transport, find(transport, mode), plan, limits, changes.pop("placement", ONE_CPU_EACH))
    before = counts(BYTES_OUT=50_000, CHUNKS=700, WAKEUPS=100)
    after = counts(BYTES_OUT=250_000, CHUNKS=2300, WAKEUPS=1100)
    values: dict[str, Any] = {
        "load": load() if transport == "tcp" else udp_load(),
        "before": ServerLook(before, 0.5, 10_000_000_000),
        "after": ServerLook(after, 1.5, 14_000_000_000),
        "at_rest": TreeMemory(1, 1, 9_000_000, 5_000_000, 7),
        "held": TreeMemory(3, 5, 9_900_000, 5_400_000, 11),
        "outcome": outcome(),
        "interrupted": False,
        "machine_busy_s": 3.0,
    }
    return Trial(setup, **{**values, **changes})


def result(**changes: Any) -> Result:
    """What a trial came to, for comparisons."""
    values: dict[str, Any] = {
        "rate": 1000.0,
        "cpu_per_message_s": 1e-5,
        "p50_s": 0.001,
        "p99_s": 0.009,
        "memory_per_connection": 4096.0,
        "fairness": 1.0,
        "server_cpu_s": 1.25,
        "lost": None,
        "unanswered": 0,
        "corrupt": 0,
        "other_errors": 0,
        "shed": 0,
        "out_of_fd_set": 0,
        "exit_code": 0,
        "limit": None,
        "others_busy": None,
    }
    return Result(**{**values, **changes})
