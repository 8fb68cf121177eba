"""The other side of a UDP server, as the tests play it."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tcp_peer import DEADLINE_S, processes, until

from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import UDP_MODES, Mode, find
from netlab.servers.supervisor import RunningServer, ServerOutcome

LARGEST = 65507
"""Bytes in the largest datagram over IPv4: 65,535 less the headers."""

WORKERS = 3
"""Members of a pool, unless a test says otherwise."""

A_WORKER_EACH = (find("udp", "fork"), find("udp", "thread"))
"""Modes that give each client a process or thread."""

ONE_QUEUE = tuple(mode for mode in UDP_MODES if not mode.reuse_port)
"""Modes with a single socket."""


@contextmanager
def started(mode: Mode, host: str = "127.0.0.1", port: int = 0, **limits: Any) -> Iterator[RunningServer]:
    """A server of the test's own; nothing is left of it afterwards."""
    limits = {"workers": WORKERS, "drain_s": 5.0, "max_connections": 400, **limits}
    with RunningServer("udp", mode, host=host, port=port, limits=Limits(**limits)) as server:
        yield server


@contextmanager
def clients_of(server: RunningServer, number: int) -> Iterator[list[socket.socket]]:
    """`number` connected clients of `server`."""
    with ExitStack() as stack:
        yield [stack.enter_context(client_of(server)) for _ in range(number)]


def client_of(server: RunningServer) -> socket.socket:
    """A client that hears only what comes from the address it sends to."""
    client = socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE_S)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    client.connect((server.host, server.port))
    return client


def echo_of(client: socket.socket, message: bytes) -> bytes:
    """Send `message` and wait for what comes back."""
    client.send(message)
    return client.recv(1 << 17)


def is_quiet(client: socket.socket) -> bool:
    """Whether nothing is there for `client`."""
    return not select.select([client], [], [], 0)[0]


@contextmanager
def frozen(server: RunningServer, workers: int = WORKERS) -> Iterator[None]:
    """While inside, the server's processes stand still, and what is sent to them queues up."""
    if server.mode.workers == "processes":  # one that starts later would not stand still, or not start at all
        until(lambda: len(processes(server)) == 1 + workers, "all workers are there")
    held = processes(server)
    for process in held:
        process.suspend()
    until(lambda: all(process.status() == "stopped" for process in held), "all stand still")
    try:
        yield
    finally:
        for process in held:
            process.resume()


def terminate(server: RunningServer) -> None:
    """SIGTERM, without waiting for anything."""
    os.kill(server.pid, signal.SIGTERM)


def stopped_in_order(server: RunningServer) -> ServerOutcome:
    """Stop the server, which must end by itself, with all its processes in order."""
    outcome = server.stop()
    assert outcome.exit_code == 0, server.last_words()
    assert outcome.counts[Count.FORCE_CLOSED] == outcome.counts[Count.CRASHED] == 0
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED]
    return outcome


def by_name(mode: Mode) -> str:
    """What pytest calls a case."""
    return mode.name
