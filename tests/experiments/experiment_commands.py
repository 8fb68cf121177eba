"""Commands as a user runs them: in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import forked
import psutil
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def command(*arguments: str) -> list[str]:
    """The command line that runs netlab from this source tree."""
    return [sys.executable, "-m", "netlab", *arguments]


@pytest.fixture
def netlab() -> Run:
    """netlab("tcp-server", "--json"): the finished process with its output."""

    def run(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        return forked.run(*arguments, timeout_s=timeout_s)

    return run


@pytest.fixture
def report(netlab: Run) -> Callable[..., dict[str, Any]]:
    """The JSON report of a command that must succeed."""

    def run(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
        done = netlab(*arguments, "--json")
        assert done.returncode == exit_code, done.stdout[-2000:] + done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return run


@pytest.fixture
def start() -> Iterator[Start]:
    """A command that goes on while the test looks; whatever it left behind fails the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def fact(document: dict[str, Any], name: str) -> Any:
    """The value of one fact."""
    (found,) = [each for each in document["measurement"]["facts"] if each["name"] == name]
    return found["value"]


def descendants(pid: int) -> list[psutil.Process]:
    """All processes below `pid`."""
    return psutil.Process(pid).children(recursive=True)


def until(condition: Callable[[], Any], timeout_s: float = 10) -> Any:
    """Wait for a condition to be true; what it was at the end."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return value


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return bool(until(lambda: not any(each.is_running() and each.status() != "zombie" for each in processes)))
