"""epoll-multi: an epoll loop a CPU, each with a socket of its own on the same port.

One loop uses one CPU. With SO_REUSEPORT (socket(7)) several sockets may be bound to the same address, and the
kernel chooses one for each *datagram*, by a hash of {source address, source port, destination address,
destination port}. The hash of a client is always the same, so a client keeps its worker, although nobody has
connected anything: its datagrams stay in order. The hash knows nothing of load. A few clients may fall
unevenly, and a single one uses a single worker.

The receive queue is multiplied as well: each worker has one, so a burst that would overflow one queue may fit
into several.

Each worker is pinned to one of the CPUs that the server may use. With more than one, SO_INCOMING_CPU asks the
kernel to prefer the worker on the CPU that the datagram arrived on: then no other CPU has to be woken (Linux
6.2 and later take it into account here).

Source: socket(7), SO_REUSEPORT and SO_INCOMING_CPU; M. Kerrisk, "The SO_REUSEPORT socket option", LWN 2013,
which names UDP servers such as DNS as the first to gain. Compare: tcp/epoll_multi.py.
"""

from __future__ import annotations

import os
import socket

from netlab.child.shared_counters import Row
from netlab.servers.datagram_sockets import another, end_queue
from netlab.servers.server import Server
from netlab.servers.stopping import Stop
from netlab.servers.udp.epoll_loop import serve as serve_epoll
from netlab.servers.workers import Workers, keep_up

SO_INCOMING_CPU = 49  # asm-generic/socket.h; the socket module has no name for it


def serve(server: Server) -> None:
    """Start a worker for each of `--workers`, replace those that die, see them out when told to stop."""
    cpus = sorted(os.sched_getaffinity(0))
    # Bound here, in the parent: what is queued for a worker that dies is there for its replacement.
    # The server's own socket is the first of them: somebody may have sent already.
    sockets = [server.listener, *(another(server.listener) for _ in range(server.limits.workers - 1))]
    if len(cpus) > 1:
        for number, sock in enumerate(sockets):
            sock.setsockopt(socket.SOL_SOCKET, SO_INCOMING_CPU, cpus[number % len(cpus)])
    server.stop.arm()  # this process receives nothing; each worker ends its own queue
    workers = Workers(server)

    def worker(row: Row, number: int) -> None:
        os.sched_setaffinity(0, [cpus[number % len(cpus)]])
        for other in sockets[:number] + sockets[number + 1 :]:
            other.close()
        stop = Stop(server.limits.drain_s)
        stop.arm(end_queue(sockets[number], row))
        serve_epoll(Server(sockets[number], server.limits, stop, server.shared_counters, row))

    keep_up(workers, worker, server)
    for sock in sockets:
        sock.close()
    workers.see_out()
