"""How busy everybody is: the kernel's own account, held against a process that we know."""

from __future__ import annotations

import os
import time

import pytest

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


def test_user_nice_and_system_time_of_the_chosen_cpus_count_and_nothing_else() -> None:
    tick = 1 / os.sysconf("SC_CLK_TCK")
    stat = (
        "cpu  1001 1002 1003 1004 1005 1006 1007 1008 1009 1010\n"
        "cpu0 100000 20000 3000 7 7 7 7 7 7 7\n"
        "cpu1 400 50 6 7 7 7 7 7 7 7\n"
        "cpu10 7 7 7 7 7 7 7 7 7 7\n"
        "intr 12 3\nctxt 4\n"
    ).splitlines()
    assert others.parse(stat, [0]) == pytest.approx(123_000 * tick)
    assert others.parse(stat, [0, 1]) == pytest.approx(123_456 * tick)
    assert others.parse(stat, [0, 2]) is None and others.parse([], [0]) is None
