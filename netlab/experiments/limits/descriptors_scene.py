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
from typing import Any

from netlab.linux.tcp_info import tcp_info

_WORDS = b"are you there?"


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Both cases under a limit of `config["limit"]` descriptors."""
    limit: int = config["limit"]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        return {"limit": limit, "sockets": _sockets(limit, hard), "accept": _accept(limit, hard)}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _sockets(limit: int, hard: int) -> dict[str, Any]:
    """socket(2) until it fails."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    opened: list[socket.socket] = []
    before = _in_use(limit)
    error = _until_error(lambda: opened.append(socket.socket()))
    for each in opened:
        each.close()
    return {"in_use": before, "opened": len(opened), "error": error}


def _accept(limit: int, hard: int) -> dict[str, Any]:
    """Clients connect; the server accepts until it fails; then it closes one, and tries again."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", 0), backlog=limit)
    listener.settimeout(10.0)
    clients = [_client(listener.getsockname(), limit) for _ in range(limit)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    accepted: list[socket.socket] = []
    before = _in_use(limit)
    error = _until_error(lambda: accepted.append(listener.accept()[0]))
    refused = clients[len(accepted)]  # the queue is first in, first out
    refused.send(_WORDS)
    seen = {
        "in_use": before,
        "clients": len(clients),
        "accepted": len(accepted),
        "error": error,
        "queue": tcp_info(listener).unacknowledged,  # of a listener: how many wait for accept(2)
        "client": tcp_info(refused).state,
        "readable": bool(_ready(listener)),
    }
    accepted.pop().close()
    late, peer = listener.accept()
    seen["served_after"] = peer == refused.getsockname() and late.recv(100) == _WORDS
    for each in (late, *accepted, *clients, listener):
        each.close()
    return seen


def _client(to: tuple[str, int], limit: int) -> socket.socket:
    """A connected socket whose descriptor is `limit` or more."""
    low = socket.create_connection(to)
    high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, limit)
    low.close()
    return socket.socket(fileno=high)


def _in_use(limit: int) -> int:
    """Descriptors below `limit` that are open; the one that reads the list is not counted."""
    return sum(int(name) < limit for name in os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 - numbers, not paths


def _ready(listener: socket.socket) -> list[tuple[int, int]]:
    poll = select.poll()  # no descriptor of its own
    poll.register(listener, select.POLLIN)
    return poll.poll(0)


def _until_error(call: Callable[[], None]) -> str:
    """Call until it fails: the name of the error."""
    while True:
        try:
            call()
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
