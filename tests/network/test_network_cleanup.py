"""Nothing of a private network outlives the command, whatever ends it; and an ordinary user may have one."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from ordinary import command, needs_networks

from netlab.cli.commands import COMMANDS

Family = tuple[subprocess.Popen[bytes], list[psutil.Process]]
ON_THE_WIRE = [line.name for line in COMMANDS if line.section == "On the wire" and line.name != "dissect"]
LONG = {"tcp-handshake": ("--delay", "2"), "capture": ("--during", "sleep 30")}  # the others take long enough


@contextmanager
def under_way(name: str) -> Iterator[Family]:
    """The command in the middle of its work, and the processes that belong to it."""
    needs_networks()
    process = subprocess.Popen(
        command(name, *LONG.get(name, ()), "--no-save"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    try:
        until(lambda: len(psutil.Process(process.pid).children(recursive=True)) >= 2, f"two processes of {name}")
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def namespace(process: psutil.Process) -> Path | None:
    try:
        return Path(f"/proc/{process.pid}/ns/net").readlink()
    except OSError:
        return None  # ended meanwhile


def nothing_is_left(family: list[psutil.Process], namespaces: set[Path | None]) -> None:
    """No process of the family, and nobody in a namespace of theirs: then the kernel has taken all of it away."""
    until(lambda: all(gone(one) for one in family), f"{family} are still there")
    assert not {namespace(one) for one in psutil.process_iter()} & namespaces


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_kill_minus_nine_in_the_middle_of_an_experiment_leaves_nothing(name: str) -> None:
    before = Path("/proc/net/dev").read_text().count("\n")
    with under_way(name) as (process, family):
        namespaces = {namespace(one) for one in family} - {None, namespace(psutil.Process())}
        process.kill()
        process.wait(20)
        nothing_is_left(family, namespaces)
    assert before == Path("/proc/net/dev").read_text().count("\n")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it_in_order(how: signal.Signals) -> None:
    with under_way("tcp-handshake") as (process, family):
        namespaces = {namespace(one) for one in family} - {None, namespace(psutil.Process())}
        assert namespaces  # the network is another one than ours
        process.send_signal(how)
        _, said = process.communicate(timeout=20)
        nothing_is_left(family, namespaces)
        assert b"Traceback" not in said


def test_killing_the_process_that_holds_the_network_is_an_error_in_a_line() -> None:
    with under_way("tcp-handshake") as (process, family):
        family[0].kill()
        _, said = process.communicate(timeout=20)
        assert process.returncode == 1 and b"ended unexpectedly" in said and len(said.splitlines()) <= 2
        until(lambda: all(gone(one) for one in family), "the wire is still there")


def test_an_ordinary_user_may_do_it_and_the_host_is_as_before() -> None:
    needs_networks()
    before = Path("/proc/net/dev").read_text().count("\n"), Path("/proc/sys/net/ipv4/tcp_fin_timeout").read_text()
    done = subprocess.run(
        command("tcp-handshake", "--delay", "0.02", "--no-save", "--json"), capture_output=True, timeout=60, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["passed"] is True
    assert before == (
        Path("/proc/net/dev").read_text().count("\n"),
        Path("/proc/sys/net/ipv4/tcp_fin_timeout").read_text(),
    )
