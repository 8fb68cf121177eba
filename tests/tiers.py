"""Which tests run together.

Markers (pyproject.toml says what each means) choose the tier: `make test`, `make test-peers`, `make soak`. Within a
tier tests run side by side (pytest-xdist). Three kinds are told apart:

- `serial`: it measures, pins a CPU, floods, or counts what the whole machine has. It runs while no other test runs.
- tests that share a module's fixture stay in one worker, so that an experiment runs once and not once per worker;
- all others go to the next free worker.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

TURNS = pytest.StashKey[Path]()
"""The file that the workers lock."""
OPEN = pytest.StashKey[IO[bytes]]()
"""It has no name: the first process holds it open, the workers find it among that process's descriptors."""


def pytest_configure(config: pytest.Config) -> None:
    handed_over = getattr(config, "workerinput", {}).get("turns")
    if handed_over is not None:
        config.stash[TURNS] = Path(handed_over)
    elif config.getoption("numprocesses", None):
        config.stash[OPEN] = tempfile.TemporaryFile()
        config.stash[TURNS] = Path(f"/proc/{os.getpid()}/fd/{config.stash[OPEN].fileno()}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if OPEN in config.stash:
        config.stash[OPEN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["turns"] = str(node.config.stash[TURNS])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if TURNS not in config.stash:
        return  # one process: the order in which the tests are written
    place = {}
    for item in items:
        group = group_of(item)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
        place[item] = 2 if group == "serial" else int(group is None)
    items.sort(key=place.__getitem__)  # groups first, since they last longest; what must be alone at the end


def group_of(item: pytest.Item) -> str | None:
    """Return the name of the tests that one worker must run one after the other, or None."""
    if item.get_closest_marker("serial"):
        return "serial"
    shared = [
        name
        for name, definitions in getattr(item, "_fixtureinfo").name2fixturedefs.items()  # noqa: B009
        if definitions[-1].scope == "module"
    ]
    if not shared:
        return None
    callspec = getattr(item, "callspec", None)
    chosen = [str(callspec.indices[name]) for name in shared if callspec and name in callspec.indices]
    return "-".join([item.path.stem, *sorted(shared), *chosen])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A serial test waits until the tests of the other workers have ended, and they wait for it."""
    if TURNS not in item.config.stash:
        return (yield)
    with item.config.stash[TURNS].open() as turns:
        fcntl.flock(turns, fcntl.LOCK_EX if item.get_closest_marker("serial") else fcntl.LOCK_SH)
        try:
            return (yield)
        finally:
            # A child that outlives its test would keep the lock: unlocking ends it for all who share the descriptor.
            fcntl.flock(turns, fcntl.LOCK_UN)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a test in the terminal as it can be typed: pytest-xdist has appended "@GROUP" in the worker."""
    if "PYTEST_XDIST_WORKER" not in os.environ and report.nodeid.rfind("@") > report.nodeid.rfind("]"):
        report.nodeid = report.nodeid.rpartition("@")[0]
