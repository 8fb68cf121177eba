"""However a command ends, nothing of it is left: no process, no listening socket; and a server ends with its report."""

from __future__ import annotations

import json
import re
import signal
import socket
import time

import psutil
import pytest
from experiment_commands import Start, all_gone, descendants, fact, until

from netlab.servers.modes import TCP_MODES, UDP_MODES, find

ALL = [("tcp-server", mode.name) for mode in TCP_MODES] + [("udp-server", mode.name) for mode in UDP_MODES]


def serve(start: Start, command: str, mode: str) -> tuple:  # type: ignore[type-arg]
    """A server kept up, its port, and the processes below it."""
    workers = ("--workers", "3") if find(command[:3], mode).workers else ()
    process = start(command, "--mode", mode, "--serve", "--port", "0", *workers, "--json")
    assert process.stderr is not None
    found = re.search(r" on \S+:(\d+), process", process.stderr.readline())
    assert found
    return process, int(found[1])


def exchange(command: str, port: int) -> socket.socket:
    """A client that has had one echo and stays."""
    kind = socket.SOCK_STREAM if command == "tcp-server" else socket.SOCK_DGRAM
    client = socket.socket(socket.AF_INET, kind)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.send(b"hello")
    assert client.recv(100) == b"hello"
    return client


@pytest.mark.parametrize(("command", "mode"), ALL, ids=[f"{command} {mode}" for command, mode in ALL])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_server_ends_with_its_report_and_leaves_nothing(
    start: Start, command: str, mode: str, how: signal.Signals
) -> None:
    process, port = serve(start, command, mode)
    with exchange(command, port):
        family = descendants(process.pid)
        assert family
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert fact(json.loads(out), "served echoes") == 1
    assert all_gone(family)


@pytest.mark.parametrize(("command", "mode"), ALL, ids=[f"{command} {mode}" for command, mode in ALL])
def test_after_kill_minus_nine_of_the_command_nothing_is_left(start: Start, command: str, mode: str) -> None:
    process, port = serve(start, command, mode)
    with exchange(command, port):
        family = descendants(process.pid)
        assert family
        process.kill()
        process.wait()
        assert all_gone(family), [each for each in family if each.is_running()]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
@pytest.mark.parametrize("mode", ["fork", "epoll-multi", "thread"])
def test_an_experiment_that_is_ended_in_the_middle_leaves_nothing(start: Start, mode: str, how: signal.Signals) -> None:
    process = start("tcp-server", "--mode", mode, "--connections", "10", "--duration", "60")
    family = until(lambda: descendants(process.pid) if len(descendants(process.pid)) >= 2 else None)
    assert family
    process.send_signal(how)
    _, err = process.communicate(timeout=20)
    assert all_gone(family)
    assert "Traceback" not in err
    if how is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL


def test_ctrl_c_in_the_middle_of_a_load_gives_the_report_so_far(start: Start) -> None:
    server, port = serve(start, "tcp-server", "epoll")
    client = start("tcp-client", f"127.0.0.1:{port}", "--duration", "60", "--warmup", "0", "--json")
    with socket.create_connection(("127.0.0.1", port)):
        connected = until(lambda: len(psutil.Process(server.pid).children()) and _connections(server.pid) > 100)
    assert connected
    deadline = time.monotonic() + 0.3
    until(lambda: time.monotonic() > deadline)  # let it measure something
    client.send_signal(signal.SIGINT)
    out, err = client.communicate(timeout=20)
    document = json.loads(out)
    assert document["interrupted"] is True
    assert fact(document, "load messages") > 0
    assert client.returncode == 0, err


def _connections(pid: int) -> int:
    """Descriptors that the server process has open."""
    return sum(child.num_fds() for child in psutil.Process(pid).children())


def test_serving_ends_by_itself_after_its_duration(start: Start) -> None:
    process = start("tcp-server", "--serve", "--port", "0", "--duration", "0.3", "--json")
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert fact(json.loads(out), "served for") >= 0.3


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["tcp-server", "udp-server"])
def test_a_load_that_is_told_to_end_reports_what_there_is(start: Start, command: str, how: signal.Signals) -> None:
    process = start(command, "--duration", "60", "--json")
    until(lambda: len(descendants(process.pid)) == 2, timeout_s=30)
    family = descendants(process.pid)
    time.sleep(1.5)  # long enough for some messages; if it is not, the exit code says so
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (0, 130), err
    if process.returncode == 0:
        document = json.loads(out)
        assert document["interrupted"] and fact(document, "load messages in window") > 0
    assert all_gone(family)


def test_what_is_ended_before_anything_was_measured_reports_nothing(start: Start) -> None:
    process = start("tcp-server", "--warmup", "60")
    until(lambda: len(descendants(process.pid)) == 2, timeout_s=30)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, ""), err
