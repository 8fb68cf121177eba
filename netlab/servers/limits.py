"""The bounds of a server: how much it takes on, how long it waits, how long it lingers when told to stop.

Plain classes here and in server.py, not dataclasses: `dataclasses` imports `inspect`, and every page that a server has
touched makes its fork(2) dearer (a fifth, measured: docs/adr/0004).
"""

from __future__ import annotations

FD_SETSIZE = 1024
"""select(2) can watch descriptors below this number only: the size of the kernel interface's bit set."""


class Limits:
    """What bounds a server.

    max_connections: connections (UDP: clients) served at once; one more is shed: closed at once, and counted
    idle_timeout_s:  close a connection that brings nothing for so long; None: never
    drain_s:         on stop, how long what has been received may take to go out
    workers:         processes or threads of the modes that have a fixed number of them
    backlog:         length of the accept queue; listen(2) cuts it to net.core.somaxconn
    """

    __slots__ = ("backlog", "drain_s", "idle_timeout_s", "max_connections", "workers")

    def __init__(
        self,
        max_connections: int = 20_000,
        idle_timeout_s: float | None = None,
        drain_s: float = 1.0,
        workers: int = 8,
        backlog: int = 4096,
    ) -> None:
        self.max_connections = max_connections
        self.idle_timeout_s = idle_timeout_s
        self.drain_s = drain_s
        self.workers = workers
        self.backlog = backlog
