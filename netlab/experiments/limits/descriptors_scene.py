"""Descriptors, used up: RLIMIT_NOFILE (getrlimit(2)), and what becomes of a connection whose accept(2) failed.

Needs no privilege, and no network but loopback. The limit is on the *number* of a descriptor, not on how many there
are; so one process can be both sides here: its clients have numbers beyond the limit, where a server that is under
it could have none, and the numbers below are all the server's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass

from netlab.linux.tcp_info import tcp_info
from netlab.network.scene import ReportProgress

_WORDS = b"are you there?"


@dataclass(frozen=True, slots=True)
class DescriptorsPlan:
    """A process may have `limit` descriptors."""

    limit: int


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Descriptors that were in use before, how many more the calls made, and the error that ended them."""

    in_use: int
    made: int
    error: str


@dataclass(frozen=True, slots=True)
class FailedAccept:
    """The connection that accept(2) failed for: how many wait as it does, its client's state, whether the listener
    is readable, and whether it was served once a descriptor was free."""

    clients: int
    queued: int
    client_state: str
    readable: bool
    served_after: bool


@dataclass(frozen=True, slots=True)
class DescriptorsResult:
    """socket(2) until it failed, accept(2) until it failed, and what came of that."""

    sockets: Exhaustion
    accepts: Exhaustion
    failed: FailedAccept


def play(plan: DescriptorsPlan, report_progress: ReportProgress) -> DescriptorsResult:
    """Both cases under the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        return DescriptorsResult(_sockets(plan.limit, hard), *_accept(plan.limit, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _sockets(limit: int, hard: int) -> Exhaustion:
    """socket(2) until it fails."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    opened: list[socket.socket] = []
    exhaustion = _exhaust(opened, socket.socket, limit)
    for each in opened:
        each.close()
    return exhaustion


def _accept(limit: int, hard: int) -> tuple[Exhaustion, FailedAccept]:
    """Clients connect; the server accepts until it fails; then it closes one, and tries again."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", 0), backlog=limit)
    listener.settimeout(10.0)
    to: tuple[str, int] = listener.getsockname()
    clients = [_client(to, limit) for _ in range(limit)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    accepted: list[socket.socket] = []
    exhaustion = _exhaust(accepted, lambda: listener.accept()[0], limit)
    waiting = clients[len(accepted)]  # the queue is first in, first out
    waiting.send(_WORDS)
    queued = tcp_info(listener).unacknowledged  # of a listener: how many wait for accept(2)
    state, readable = tcp_info(waiting).state, _is_readable(listener)
    accepted.pop().close()
    late, _ = listener.accept()
    served = late.getpeername() == waiting.getsockname() and late.recv(100) == _WORDS
    for each in (late, *accepted, *clients, listener):
        each.close()
    return exhaustion, FailedAccept(len(clients), queued, state, readable, served)


def _client(to: tuple[str, int], limit: int) -> socket.socket:
    """A connected socket whose descriptor is `limit` or more."""
    low = socket.create_connection(to)
    high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, limit)
    low.close()
    return socket.socket(fileno=high)


def _is_readable(listener: socket.socket) -> bool:
    poll = select.poll()  # no descriptor of its own
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))


def _exhaust(into: list[socket.socket], make: Callable[[], socket.socket], limit: int) -> Exhaustion:
    """Make sockets until it fails. Descriptors are those below `limit`, but for the one that lists them."""
    in_use = sum(int(name) < limit for name in os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 - numbers, not paths
    while True:
        try:
            into.append(make())
        except OSError as error:
            return Exhaustion(in_use, len(into), errno.errorcode.get(error.errno or 0, str(error)))
