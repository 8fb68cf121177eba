"""iterative: one process, one connection at a time. The baseline that every other mode is measured against.

It is the course's diagram of a TCP server, and nothing else: accept, read, write, close, and round again. Two
sockets are at work, the listening one that only ever accepts, and the connected one that accept(2) returns.
While one client is served, the others wait in the accept queue: the kernel has completed their handshake and takes
their first bytes, so they believe to be connected, and nobody answers. That is the whole problem that the
other modes solve. For one client at a time nothing is quicker, since nothing but the echo is done (UNP §30.2).

Source: UNP ch. 4 and 30; listen(2) on the queue; course, lecture 13. Leaves out: concurrency.
"""

from __future__ import annotations

import os
import socket

from netlab.servers.acceptor import Acceptor
from netlab.servers.counters import Count, count_force_closed
from netlab.servers.echo import converse
from netlab.servers.server import Server
from netlab.servers.stopping import shut, shut_listener


def serve(server: Server) -> None:
    """Serve until told to stop."""
    door = Acceptor(server.listener, server.limits, server.row, blocking_connections=True)
    serve_one_by_one(server, door)
    door.close()


def serve_one_by_one(server: Server, door: Acceptor) -> None:
    """The loop itself; a worker of `prefork` runs the same one."""
    row, stop, closed = server.row, server.stop, int(Count.CLOSED)
    serving: list[int] = []  # the connection in hand, for the signal handler to shut
    forced = False

    def force_close() -> None:
        nonlocal forced
        forced = True
        shut(serving, socket.SHUT_RDWR)

    # On SIGTERM: accept(2) returns with an error, read(2) with what is left and then the end of the stream.
    # A write(2) to a peer that does not read waits on, until the drain time is over and we close by force.
    stop.arm(shut_listener(server.listener), lambda: shut(serving, socket.SHUT_RD), force_close=force_close)
    while not stop.requested:
        fd = door.admit(())  # blocks until somebody comes
        if fd is None:
            continue
        serving.append(fd)
        if stop.asked():  # the signal came between the two lines above, when there was nothing to shut
            shut(serving, socket.SHUT_RD)
        ended = converse(fd, row)  # blocks until that client is done
        if ended is not None:
            row[ended] += 1
        serving.clear()
        os.close(fd)
        if forced:
            count_force_closed(row, 1)
        else:
            row[closed] += 1
