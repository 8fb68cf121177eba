"""epoll-et: epoll, edge-triggered. The kernel tells of a *change* once, and the rest is up to the loop.

Level-triggered epoll says "there is something to read" as long as there is. Edge-triggered (EPOLLET) says it when
something *arrives*, once. Whoever stops reading before read(2) says EAGAIN may never hear of the rest: the classic
hang. So each descriptor that is reported is read until it is empty, at the price of one more read(2), the one that
fails. The other classic is starvation: a client that sends without pause would never be empty. So the unfinished take
turns here, one read each, and after some turns the kernel is asked who else has become ready.

In return nothing is ever re-registered: EPOLLIN and EPOLLOUT are watched from the beginning, and a slow reader costs no
epoll_ctl(2). With one small message in flight a connection this buys nothing, as the measurement shows.

Source: epoll(7), "Level-triggered and edge-triggered" and "Possible pitfalls"; lecture 13, "way four".
"""

from __future__ import annotations

from select import EPOLLET, EPOLLIN, EPOLLOUT, epoll

from netlab.servers.echo import ALARM, ARRIVAL, GONE, READ
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.server import Server

TURNS = 16
"""Reads that a connection gets before the loop asks the kernel again who else is ready."""


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = EventLoopConnections(server)
    interest = epoll()
    for fd in clients.special:
        interest.register(fd, EPOLLIN)  # level-triggered, so that one accept a turn is enough
    unfinished: dict[int, int] = {}  # descriptors that have not said EAGAIN yet: no new edge will announce them

    while clients.running():
        unfinished.update(interest.poll(0 if unfinished else clients.patience_s))
        for _ in range(TURNS):
            _take_turns(clients, interest, unfinished)
            if not unfinished:
                break
    interest.close()


def _take_turns(clients: EventLoopConnections, interest: epoll, unfinished: dict[int, int]) -> None:
    """One read from each that is unfinished."""
    for fd, change in clients.echo(list(unfinished.items())):
        if change == ARRIVAL:
            newcomer = clients.admit()
            if newcomer is not None:
                interest.register(newcomer, EPOLLIN | EPOLLOUT | EPOLLET)
        elif change == GONE:
            clients.close(fd)
        elif change == ALARM:
            for special in clients.last_call():
                interest.unregister(special)
        elif change == READ:
            continue  # what was held back is out, so there may be more to read: not finished
        del unfinished[fd]  # EMPTY or WRITE: read(2) or write(2) could do no more, so an edge will come
    # A slow reader that still takes nothing changes nothing and is not in the answer: an edge will tell.
    for fd in clients.held.keys() & unfinished.keys():
        del unfinished[fd]
