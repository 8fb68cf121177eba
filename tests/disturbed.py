"""A test that measures (`serial`) and fails on a disturbed machine is tried once more, and the run says so.

Disturbed: the load average is above 4 per CPU, or the hypervisor has withheld more than a twentieth of the CPU time.
On a machine below that a failure is a failure at once.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

MOST_LOAD_PER_CPU = 4
MOST_STOLEN = 0.05


def cpu_ticks() -> tuple[int, int]:
    """Return all ticks of all CPUs since boot, and those that were stolen (proc_stat(5))."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(numbers), numbers[7]


def reason(before: tuple[int, int], load: float) -> str | None:
    """Return what disturbed the machine since `before`, or None."""
    cpus = os.cpu_count() or 1
    if load > MOST_LOAD_PER_CPU * cpus:
        return f"load average {load:.1f} on {cpus} CPUs"
    whole, stolen = (now - then for now, then in zip(cpu_ticks(), before, strict=True))
    if whole and stolen / whole > MOST_STOLEN:
        return f"{stolen / whole:.0%} of the CPU time was stolen"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not item.get_closest_marker("serial"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    before, load = cpu_ticks(), os.getloadavg()[0]
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports):
        why = reason(before, max(load, os.getloadavg()[0]))
        if why is not None:
            item.session._setupstate.teardown_exact(None)  # what a module's tests share is measured again, too
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            for report in reports:
                report.user_properties.append(("disturbed", why))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tried_again = [
        f"{report.nodeid}: {why}; tried once more: {report.outcome}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, why in report.user_properties
        if name == "disturbed" and report.when == "call"
    ]
    if tried_again:
        terminalreporter.section("disturbed")
        for line in tried_again:
            terminalreporter.write_line(line)
