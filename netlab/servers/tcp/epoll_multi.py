"""epoll-multi: an epoll loop a CPU, each with a listening socket of its own on the same port.

One loop uses one CPU. With SO_REUSEPORT (socket(7)) several sockets may listen on the same address; the kernel
chooses one for each connection by a hash of the four-tuple {source address, source port, destination address,
destination port}, so the workers share nothing, not even an accept queue. The hash knows nothing of load: a few
connections may fall unevenly.

Each worker is pinned to one of the CPUs that the server may use. With more than one, SO_INCOMING_CPU asks the kernel
to prefer the worker on the CPU that the connection's packets arrive on: data then stays in one cache, and no CPU has
to wake another. Measured, that is what makes two workers pay: without it a single client CPU only moves the work
around.

The workers know of each other's connections only by the counters that they share: --max-connections is held by those.

Source: socket(7), SO_REUSEPORT and SO_INCOMING_CPU; M. Kerrisk, "The SO_REUSEPORT socket option", LWN 2013.
"""

from __future__ import annotations

import os
import socket

from netlab.child.shared_counters import Row, SharedCounters
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.server import Server
from netlab.servers.stopping import Stop
from netlab.servers.tcp.epoll_loop import serve as serve_epoll
from netlab.servers.workers import Workers, keep_up

SO_INCOMING_CPU = 49  # asm-generic/socket.h; the socket module has no name for it


def serve(server: Server) -> None:
    """Start a worker for each of `--workers`, replace those that die, see them out when told to stop."""
    cpus = sorted(os.sched_getaffinity(0))
    server.stop.arm()  # the master accepts nothing: no listener to shut
    # Bound here, in the parent, so that no connection is lost to a socket that a dying worker takes with it. The
    # server's own is the first: it has been listening already, and whoever is in its queue would be reset if it were
    # closed.
    listeners = [
        server.listener,
        *(another(server.listener, server.limits.backlog) for _ in range(1, server.limits.workers)),
    ]
    if len(cpus) > 1:
        for number, listener in enumerate(listeners):
            listener.setsockopt(socket.SOL_SOCKET, SO_INCOMING_CPU, cpus[number % len(cpus)])
    workers = Workers(server)

    def worker(row: Row, number: int) -> None:
        os.sched_setaffinity(0, [cpus[number % len(cpus)]])
        for other in listeners[:number] + listeners[number + 1 :]:
            other.close()
        stop = Stop(server.limits.drain_s)
        stop.arm()
        limits = WhatIsLeft(server.limits, server.shared_counters, row)
        serve_epoll(Server(listeners[number], limits, stop, server.shared_counters, row))

    keep_up(workers, worker, server)
    for listener in listeners:
        listener.close()
    workers.see_out()


class WhatIsLeft(Limits):
    """The limits of one worker: of --max-connections it may have what the others leave.

    Two workers that accept in the same instant may both take the last place: a bound, not a turnstile.
    """

    __slots__ = ("_in_all", "_ledger", "_row")

    def __init__(self, limits: Limits, shared_counters: SharedCounters, row: Row) -> None:
        self._ledger, self._row = shared_counters, row
        super().__init__(**{name: getattr(limits, name) for name in Limits.__slots__})

    @property
    def max_connections(self) -> int:
        """Asked for each connection that comes."""
        accepted, closed = Count.ACCEPTED, Count.CLOSED
        in_all = sum(self._ledger.column(accepted)) - sum(self._ledger.column(closed))
        return self._in_all - (in_all - (self._row[accepted] - self._row[closed]))

    @max_connections.setter
    def max_connections(self, in_all: int) -> None:
        self._in_all = in_all


def another(first: socket.socket, backlog: int) -> socket.socket:
    """One more listening socket on the address of the first."""
    listener = socket.socket(first.family, socket.SOCK_STREAM)
    for level, option in (
        (socket.SOL_SOCKET, socket.SO_REUSEADDR),
        (socket.SOL_SOCKET, socket.SO_REUSEPORT),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    ):
        listener.setsockopt(level, option, 1)
    if first.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(first.getsockname())
    listener.listen(backlog)
    return listener
