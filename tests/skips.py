"""What a run skips: said at its end by reason. In CI a skip because something is missing is a failure."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator

import pytest

MISSING = ("is not installed", "forbids private networks")
_running: list[pytest.Item] = []


def needs_program(name: str) -> None:
    """Skip a test of `make test-peers` where a foreign program is missing; no other test may need one."""
    item = _running[-1]
    assert item.get_closest_marker("peers"), f"{item.name} needs {name}: mark it with pytest.mark.peers"
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With NETLAB_NO_SKIPS fail a test that skips for what CI has installed, or for what its machine must allow."""
    report = yield
    if os.environ.get("NETLAB_NO_SKIPS") and report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2])
        if any(words in reason for words in MISSING):
            report.outcome, report.longrepr = "failed", f"skipped where nothing may be missing: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    if reasons:
        terminalreporter.section("skipped, and why")
        for why, count in reasons.most_common():
            terminalreporter.write_line(f"{count:5}  {why}")
