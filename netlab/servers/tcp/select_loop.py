"""select: one thread asks about all connections at once, each time anew.

The course's "way three": a wall chart of all projects (the fd_set, a bit a descriptor), and one person who goes
through it from end to end after every event. select(2) copies the set into the kernel, which asks *every* socket in it
whether it is ready, and copies the answer back; Python builds the set from a list first. So each call costs in
proportion to all open connections, busy or not, and one active client among a thousand idle ones pays for all.

The set has FD_SETSIZE = 1024 bits, and that is about the descriptor's *number*, not about how many are watched. A
connection whose descriptor is 1024 or more cannot be watched at all: it is shed and counted, and the report says so.

Source: select(2), UNP ch. 6; course, lecture 13, "way three".
"""

from __future__ import annotations

from select import select

from netlab.servers.counters import Count
from netlab.servers.echo import ALARM, ARRIVAL, GONE, WRITE
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.limits import FD_SETSIZE
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = EventLoopConnections(server)
    # Plain numbers: select() would call fileno() on objects, for each, at each turn. And lists, kept until something
    # changes: it would make one of anything else, at each turn.
    readers, writers = set(clients.special), set[int]()
    reading, writing = list(readers), list(writers)

    while clients.running():
        readable, writable, _ = select(reading, writing, (), clients.patience_s)
        ready = readable + writable if writable else readable
        changes = clients.echo(zip(ready, ready, strict=True))  # as pairs, the form in which poll and epoll answer
        for fd, change in changes:
            if change == ARRIVAL:
                newcomer = clients.admit()
                if newcomer is None:
                    continue
                if newcomer >= FD_SETSIZE:
                    clients.refuse(newcomer, Count.OUT_OF_FD_SET)
                else:
                    readers.add(newcomer)
            elif change == ALARM:
                readers -= set(clients.last_call())  # then running() closes the door, and lets the others drain
            elif change:
                # Leave both sets, then enter the one that the conversation waits for now.
                readers.discard(fd)
                writers.discard(fd)
                if change == GONE:
                    clients.close(fd)
                elif change == WRITE:
                    writers.add(fd)
                else:
                    readers.add(fd)
        if changes:
            reading, writing = list(readers), list(writers)
