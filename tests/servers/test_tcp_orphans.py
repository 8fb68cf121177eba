"""A server cannot outlive whoever started it, and leaves nothing behind: no process, no socket, no descriptor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tcp_peer import (
    MISSION,
    StartTcp,
    by_name,
    connect,
    group_is_gone,
    open_descriptors,
    ping,
    push_until_blocked,
    until,
)

from netlab.errors import NetlabError
from netlab.linux.process import tree
from netlab.servers.limits import Limits
from netlab.servers.modes import TCP_MODES, Mode
from netlab.servers.supervisor import RunningServer

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

COMMAND = """
import json, signal, sys
from netlab.servers.limits import Limits
from netlab.servers.modes import find
from netlab.servers.supervisor import RunningServer

limits = Limits(workers=3, drain_s=0.3, max_connections=400)
with RunningServer("tcp", find("tcp", sys.argv[1]), host="127.0.0.1", port=0, limits=limits) as server:
    print(json.dumps([server.pid, server.port]), flush=True)
    signal.pause()
"""


class Server:
    """What is known of a server that somebody else started: enough to connect to it."""

    def __init__(self, command: subprocess.Popen[str]) -> None:
        assert command.stdout
        self.host = "127.0.0.1"
        self.pid, self.port = json.loads(command.stdout.readline())

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(pid) for pid in tree(self.pid)]


@contextmanager
def command(mode: Mode) -> Iterator[tuple[subprocess.Popen[str], Server]]:
    """A command that runs a server, in a session of its own so that signals to it reach nobody else."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, mode.name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PACKAGE_PARENT,
        start_new_session=True,
    ) as process:
        try:
            yield process, Server(process)
        finally:
            process.kill()


def port_is_free(port: int) -> bool:
    """Whether a new server could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def all_gone(family: list[psutil.Process]) -> bool:
    """Whether none of these processes runs any more. One that nobody has waited for yet is gone as well."""
    for process in family:
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            continue
    return True


def own_children() -> list[int]:
    """The children of this process, zombies included."""
    return tree(os.getpid())[1:]


def test_sigkill_of_the_command_leaves_no_process_and_frees_the_port(tcp_mode: Mode) -> None:
    with command(tcp_mode) as (process, server), connect(server) as client:  # type: ignore[arg-type]
        assert ping(client)
        family = server.processes()
        process.kill()
        until(lambda: all_gone(family), "all processes of the server have ended")
        until(lambda: port_is_free(server.port), "the port can be bound again")


def test_sigkill_of_the_command_ends_a_server_whose_client_never_reads(tcp_mode: Mode) -> None:
    with command(tcp_mode) as (process, server), connect(server, 131_072) as stuck:  # type: ignore[arg-type]
        stuck.setblocking(False)
        for _ in range(200):
            try:
                stuck.send(bytes(1 << 16))
            except BlockingIOError:
                break
        family = server.processes()
        process.kill()
        until(lambda: all_gone(family), "all processes of the server have ended")
        until(lambda: port_is_free(server.port), "the port can be bound again")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("mode", MISSION, ids=by_name)
def test_an_interrupted_command_leaves_nothing_behind(mode: Mode, number: signal.Signals) -> None:
    with command(mode) as (process, server), connect(server) as client:  # type: ignore[arg-type]
        assert ping(client)
        family = server.processes()
        process.send_signal(number)
        assert process.wait(10) == -number
        until(lambda: all_gone(family), "all processes of the server have ended")
        until(lambda: port_is_free(server.port), "the port can be bound again")


def test_a_server_leaves_no_descriptor_no_child_and_no_group(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    descriptors, children = open_descriptors(), own_children()
    with RunningServer("tcp", tcp_mode, host="127.0.0.1", port=0, limits=Limits(workers=3, drain_s=0.3)) as server:
        with connect(server) as client:
            assert ping(client)
        assert server.stop().exit_code == 0
    assert open_descriptors() == descriptors
    assert own_children() == children
    assert group_is_gone(server.pid)


def test_a_server_that_was_never_stopped_leaves_none_either(tcp_mode: Mode) -> None:
    descriptors, children = open_descriptors(), own_children()
    with (
        RunningServer("tcp", tcp_mode, host="127.0.0.1", port=0, limits=Limits(workers=3, drain_s=0.1)) as server,
        connect(server, 131_072) as stuck,
    ):
        push_until_blocked(server, stuck)
        server.close()
    assert open_descriptors() == descriptors
    assert own_children() == children
    assert group_is_gone(server.pid)


def test_a_server_that_could_not_start_leaves_none_either(start_tcp: StartTcp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        descriptors, children = open_descriptors(), own_children()
        for mode in MISSION:
            with pytest.raises(NetlabError):
                start_tcp(mode, port=taken.getsockname()[1])
        assert open_descriptors() == descriptors
        assert own_children() == children


def test_a_server_has_no_descriptor_that_it_has_no_use_for() -> None:
    """Only its three standard streams, its table of counters, its own sockets: nothing of ours leaks in."""
    ours = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    try:
        for mode in TCP_MODES:
            with RunningServer("tcp", mode, host="127.0.0.1", port=0, limits=Limits(workers=2)) as server:
                assert len(open_descriptors(server.pid)) <= 12
    finally:
        for fd in ours:
            os.close(fd)
