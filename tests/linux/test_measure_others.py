"""How busy everybody is: the kernel's own account, held against a process that we know."""

from __future__ import annotations

import os
import time

from netlab.linux import others


def test_what_this_process_uses_is_among_it() -> None:
    cpus = os.sched_getaffinity(0)
    before, mine = others.busy_s(cpus), time.process_time()
    while time.process_time() - mine < 0.3:
        pass
    after = others.busy_s(cpus)
    assert before is not None and after is not None
    assert after - before >= 0.25  # the kernel counts in ticks of 10 ms


def test_a_cpu_that_is_not_there_is_unknown_not_idle() -> None:
    assert others.busy_s({1 << 20}) is None
