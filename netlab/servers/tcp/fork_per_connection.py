"""fork: a process for each connection, the oldest way to serve many.

The course's "way one": the listening process accepts, forks, and goes back to accept. fork(2) makes the child a copy
with the same descriptors, so both have the listening and the connected socket open. The child closes the first
and serves the second; the parent closes the second at once. If it did not, the connection would never end:
a FIN goes out only when the *last* descriptor of a socket is closed (UNP §4.8).

What it buys: a child that crashes, leaks or blocks harms only its own client. What it costs: a process a connection.
The copy is lazy (copy on write), yet a Python child writes reference counts wherever it looks, and every page so
touched is copied: some dozens of page faults a child, most of the fork's price. Few imports and `gc.freeze()` keep it
down. Finished children are zombies until waited for: see workers.py.

A bound is part of the design: past --max-connections children the door sheds, so a flood of clients is no fork bomb.

Source: UNP ch. 4.8, 5.9 and 30.5; fork(2); course, lecture 13, "way one".
"""

from __future__ import annotations

import os
import socket

from netlab.child.shared_counters import Row
from netlab.servers.acceptor import Acceptor
from netlab.servers.counters import Count
from netlab.servers.echo import converse
from netlab.servers.server import Server
from netlab.servers.stopping import shut
from netlab.servers.workers import Workers


def serve(server: Server) -> None:
    """Serve until told to stop."""
    children = Workers(server)
    door = Acceptor(server.listener, server.limits, server.row, blocking_connections=True)

    while not server.stop.requested:
        fd = door.admit(children)  # blocks until somebody comes
        if fd is None:
            continue

        def child(row: Row, fd: int = fd) -> None:
            server.stop.become_child(lambda: shut([fd], socket.SHUT_RD))  # on SIGTERM: end the stream, echo the rest
            door.close()  # the child has no use for the listening socket
            ended = converse(fd, row)
            if ended is not None:
                row[ended] += 1
            row[Count.CLOSED] += 1

        if children.start(child) is None:
            door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
        else:
            os.close(fd)  # the child has it; our copy would keep the connection open for ever
    door.close()
    children.see_out()
