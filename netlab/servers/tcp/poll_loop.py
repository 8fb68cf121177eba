"""poll: select without the bit set, and so without its limit of 1024.

poll(2) takes an array of (descriptor, events) instead of a set of bits: no FD_SETSIZE, and a descriptor's number does
not matter. But the whole array still goes into the kernel at each call, which still asks every socket in it, so the
cost still grows with all open connections. It is the step between select and epoll: the limit is gone, the scan is
not.

Python's poll object keeps the array between calls and rebuilds it only when a registration changes.

Source: poll(2), UNP §6.10; course, lecture 13, between "way three" and "way four".
"""

from __future__ import annotations

from select import POLLIN, poll

from netlab.servers.echo import ALARM, ARRIVAL, GONE
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = EventLoopConnections(server)
    watched = poll()
    for fd in clients.special:
        watched.register(fd, POLLIN)

    while clients.running():
        patience_ms = None if clients.patience_s is None else clients.patience_s * 1000
        for fd, change in clients.echo(watched.poll(patience_ms)):
            if change == ARRIVAL:
                newcomer = clients.admit()
                if newcomer is not None:
                    watched.register(newcomer, POLLIN)
            elif change == GONE:
                watched.unregister(fd)  # unlike epoll, poll would go on asking about the closed number
                clients.close(fd)
            elif change == ALARM:
                for special in clients.last_call():  # then running() closes the door, and lets the others drain
                    watched.unregister(special)
            elif change:
                watched.modify(fd, change)  # READ or WRITE: the values of POLLIN and POLLOUT
