"""epoll-et: epoll, edge-triggered. The kernel tells of a *change* once, and the rest is up to the loop.

Level-triggered epoll says "there is something to read" as long as there is. Edge-triggered (EPOLLET) says it when
something *arrives*, once. Whoever stops reading before read(2) says EAGAIN may never hear of the rest: the classic hang. So
each descriptor that is reported is read until it is empty, at the price of one more read(2), the one that fails.
The other classic is starvation: a client that sends without pause would never be empty, so a turn is bounded here, and
what is left over is put on a list of our own to be continued after the others have had their turn.

In return nothing is ever re-registered: EPOLLIN and EPOLLOUT are watched from the beginning, and a slow reader costs no
epoll_ctl(2). With one small message in flight a connection this buys nothing, as the measurement shows.

Source: epoll(7), "Level-triggered and edge-triggered" and "Possible pitfalls"; lecture 13, "way four".
"""

from __future__ import annotations

from select import EPOLLET, EPOLLIN, EPOLLOUT, epoll

from netlab.servers.clients import Clients
from netlab.servers.echo import EMPTY, GONE, WRITE
from netlab.servers.server import Server

TURNS = 16
"""Reads that one connection gets before the others have theirs."""


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = Clients(server)
    door_fd, alarm_fd = clients.door_fd, clients.alarm_fd
    interest = epoll()
    interest.register(door_fd, EPOLLIN)  # level-triggered, so that one accept a turn is enough
    interest.register(alarm_fd, EPOLLIN)
    unfinished: list[int] = []  # not yet EAGAIN when their turns were over: no new edge will announce them

    while clients.running():
        ready = [fd for fd, _ in interest.poll(0 if unfinished else clients.patience_s)]
        if unfinished:
            ready = list(dict.fromkeys(unfinished + ready))
            unfinished.clear()
        for fd in ready:
            if fd == door_fd:
                newcomer = clients.admit()
                if newcomer is not None:
                    interest.register(newcomer, EPOLLIN | EPOLLOUT | EPOLLET)
            elif fd == alarm_fd:
                interest.unregister(alarm_fd)
            elif not exhausted(clients, fd):
                unfinished.append(fd)
    interest.close()


def exhausted(clients: Clients, fd: int) -> bool:
    """Step until nothing more can be done now: True then, False if the turns ran out first."""
    for _ in range(TURNS):
        change = clients.step(fd)
        if change == GONE:
            clients.close(fd)
            return True
        if change in (EMPTY, WRITE) or fd in clients.held:
            return True  # read(2) or write(2) has said EAGAIN, or taken less than all: an edge will come
    return False
