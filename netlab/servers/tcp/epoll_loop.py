"""epoll: one thread waits for all connections, and the kernel tells it which are ready.

The course calls it "from being watched to being notified". select(2) and poll(2) are handed the whole list at each call
and go through all of it. With epoll(7) the list stays in the kernel: `epoll_ctl` adds a descriptor once, a
callback on that socket's wait queue puts it on a ready list when something happens, and `epoll_wait` takes from
that list. So the cost of waiting follows the number of *ready* connections, not of open ones.

Level-triggered (the default): a descriptor is reported as long as it is ready, so one read a turn is enough.
What is not read now is reported again. Interest is in EPOLLIN, except while a peer is slow to take its echo: then it is
in EPOLLOUT only, and nothing more is read from it. A loop that kept EPOLLOUT would wake up for ever: a socket is nearly
always writable.

Source: epoll(7), epoll_wait(2); course, lecture 13, "way four". Leaves out: edge triggering (epoll_et.py).
"""

from __future__ import annotations

from select import EPOLLIN, epoll

from netlab.servers.echo import ALARM, ARRIVAL, GONE
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    clients = EventLoopConnections(server)
    interest = epoll()
    for fd in clients.special:  # the listening socket, and the alarm that tells us to stop
        interest.register(fd, EPOLLIN)

    while clients.running():
        for fd, change in clients.echo(interest.poll(clients.patience_s)):
            if change == ARRIVAL:
                newcomer = clients.admit()
                if newcomer is not None:
                    interest.register(newcomer, EPOLLIN)
            elif change == GONE:
                clients.close(fd)  # close(2) also takes it out of the interest list (epoll(7), Q6)
            elif change == ALARM:
                for special in clients.last_call():  # then running() closes the door, and lets the others drain
                    interest.unregister(special)
            elif change:
                interest.modify(fd, change)  # READ or WRITE: the values of EPOLLIN and EPOLLOUT
    interest.close()
