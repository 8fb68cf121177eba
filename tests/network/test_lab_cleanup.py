"""Nothing of a private network outlives the command, whatever ends it; and an ordinary user may have one."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import psutil
import pytest
from lab_run import SCHEMA, report
from ordinary import ROOT, command, needs_networks


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A handshake over a wire so slow that it will not end by itself, and the processes that belong to it."""
    needs_networks()
    process = subprocess.Popen(
        command("tcp-handshake", "--delay", "2", "--no-save"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    until(lambda: len(psutil.Process(process.pid).children(recursive=True)) >= 2, "child and wire")
    yield process, psutil.Process(process.pid).children(recursive=True)
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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_command_is_the_end_of_all(
    running: tuple[subprocess.Popen[bytes], list[psutil.Process]], how: signal.Signals
) -> None:
    process, family = running
    namespaces = {Path(f"/proc/{one.pid}/ns/net").readlink() for one in family}
    process.send_signal(how)
    process.wait(20)
    until(lambda: all(gone(one) for one in family), f"{family} are still there")
    namespaces.discard(Path("/proc/self/ns/net").readlink())
    assert namespaces
    left: set[Path] = set()
    for one in psutil.process_iter():
        try:
            left |= {Path(f"/proc/{one.pid}/ns/net").readlink()} & namespaces
        except OSError:
            pass
    assert not left
    if how is not signal.SIGKILL:
        assert b"Traceback" not in process.stderr.read() if process.stderr else True


def test_killing_the_process_that_holds_the_network_is_an_error_in_a_line(
    running: tuple[subprocess.Popen[bytes], list[psutil.Process]],
) -> None:
    process, family = running
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


def forbidding(*arguments: str) -> subprocess.CompletedProcess[str]:
    """netlab where nobody may build networks: the limit of a user namespace holds for those within it."""
    needs_networks()
    inner = shlex.join([sys.executable, "-m", "netlab", *arguments, "--no-save"])
    script = f"echo 0 > /proc/sys/user/max_user_namespaces && exec {inner}"
    outer = ["unshare", "-Ur", "sh", "-c", script]
    done = subprocess.run(outer, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    if "max_user_namespaces" not in done.stderr and "Permission denied" in done.stderr:
        pytest.skip("this sysctl cannot be set in a namespace here")
    return done


@pytest.mark.parametrize("line", ["tcp-retransmit", "tcp-handshake --loss 0.2", "tcp-teardown --variant simultaneous"])
def test_where_it_is_forbidden_the_error_says_how_to_allow_it(line: str) -> None:
    done = forbidding(*line.split())
    assert (done.returncode, done.stdout) == (3, ""), done.stdout + done.stderr
    assert "user.max_user_namespaces = 0" in done.stderr and "sysctl -w" in done.stderr


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("tcp-handshake", ("SYN-SENT", "accept() returns", "connect() returns 0")),
        ("tcp-teardown", ("FIN-WAIT-2", "CLOSE-WAIT", "recv() returns 0: end of stream")),
        ("tcp-teardown --variant reset-linger", ("Connection reset by",)),
        ("tcp-states", ("TIME-WAIT", "every state that lasts was reached")),
        ("tcp-backlog", ("turned away", "ListenOverflows")),
    ],
)
def test_what_needs_no_privilege_is_shown_all_the_same(line: str, seen: tuple[str, ...]) -> None:
    done = forbidding(*line.split())
    assert done.returncode == 3, done.stdout + done.stderr
    assert "sysctl -w" in done.stderr and "Not all of it could run" in done.stdout
    assert all(words in done.stdout for words in seen), done.stdout
    assert "✗" not in done.stdout and " ──▶" not in done.stdout  # no check failed, and no segment is made up


def test_a_report_for_machines_says_what_is_lacking() -> None:
    document = json.loads(forbidding("tcp-handshake", "--json").stdout)
    jsonschema.validate(document, SCHEMA)
    assert "max_user_namespaces" in document["lacking"]["what"] and "sysctl" in document["lacking"]["how"]
    assert document["passed"] and report("tcp-handshake", "--delay", "0")["lacking"] is None
