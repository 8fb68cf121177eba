"""CPU time of processes that have ended: user and system time together, and all of them."""

from __future__ import annotations

import os
import resource
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from netlab.child.shared_counters import SharedCounters
from netlab.servers import child
from netlab.servers.counters import Count
from netlab.servers.workers import Workers


def test_user_and_system_time_of_every_worker_that_ended_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGCHLD)
    counters = SharedCounters.create("test", 5, len(Count))
    server: Any = SimpleNamespace(shared_counters=counters)
    ended = [(7, 0, SimpleNamespace(ru_utime=1.5, ru_stime=0.25)), (8, 0, SimpleNamespace(ru_utime=0.0, ru_stime=2.0))]
    monkeypatch.setattr(os, "wait4", lambda pid, flags: ended.pop(0) if ended else (0, 0, None))
    try:
        workers = Workers(server)
        workers._rows.update({7: 2, 8: 3})
        workers._reap()
        totals = counters.totals()
        assert (totals[Count.REAPED], totals[Count.REAPED_CPU_NS], len(workers)) == (2, 3_750_000_000, 0)
    finally:
        signal.signal(signal.SIGCHLD, before)
        counters.close()


def test_a_server_reports_its_own_usage_and_that_of_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("ru_utime", "ru_stime", "ru_nvcsw", "ru_nivcsw", "ru_minflt")
    used = {
        resource.RUSAGE_SELF: (1.0, 20.0, 300, 4000, 50000),
        resource.RUSAGE_CHILDREN: (2.0, 30.0, 400, 5000, 60000),
    }
    monkeypatch.setattr(
        child.resource, "getrusage", lambda who: SimpleNamespace(**dict(zip(names, used[who], strict=True)))
    )
    assert child._usage() == {
        "user_s": 3.0,
        "system_s": 50.0,
        "voluntary_switches": 700,
        "involuntary_switches": 9000,
        "page_faults": 110000,
    }
