"""poll: select without the bit set, and so without its limit of 1024.

poll(2) takes an array of (descriptor, events) instead of a set of bits: no FD_SETSIZE, and a descriptor's number does not
matter. But the whole array still goes into the kernel at each call, which still asks every socket in it, so the cost still grows
with all open connections. It is the step between select and epoll: the limit is gone, the scan is not.

Python's poll object keeps the array between calls and rebuilds it only when a registration changes.

Source: poll(2), UNP §6.10; course, lecture 13, between "way three" and "way four".
"""

from __future__ import annotations

from select import POLLIN, poll

from netlab.servers.clients import Clients
from netlab.servers.echo import GONE
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = Clients(server)
    door_fd, alarm_fd = clients.door_fd, clients.alarm_fd
    watched = poll()
    watched.register(door_fd, POLLIN)
    watched.register(alarm_fd, POLLIN)
    step = clients.step

    while clients.running():
        if server.stop.requested and not clients.door_removed:
            clients.door_removed = True
            watched.unregister(door_fd)
            watched.unregister(alarm_fd)
        patience_s = clients.patience_s
        for fd, _ in watched.poll(None if patience_s is None else patience_s * 1000):  # milliseconds
            if fd == door_fd:
                newcomer = clients.admit()
                if newcomer is not None:
                    watched.register(newcomer, POLLIN)
            elif fd != alarm_fd:
                change = step(fd)
                if change == GONE:
                    watched.unregister(fd)  # unlike epoll, poll would go on asking about the closed number
                    clients.close(fd)
                elif change:
                    watched.modify(fd, change)  # READ or WRITE: the values of POLLIN and POLLOUT
