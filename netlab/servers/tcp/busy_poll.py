"""busy-poll: epoll that never sleeps. What waiting costs, and what it costs not to wait.

A thread that blocks is taken off its CPU and must be put back when the data comes: an interrupt, a wake-up, a context
switch, on a virtual machine often a wake-up of the CPU itself. For one small message that is far longer than the
echo. This loop asks again at once (a timeout of 0), so the data finds it awake: the round trip is several times
shorter, and one CPU is busy all the time, whether anybody speaks or not. Network appliances (DPDK) and low-latency
trading live by this.

The kernel can spin for us too (SO_BUSY_POLL, socket(7)), but only on real network devices, not on loopback.

Source: epoll_wait(2), timeout 0; course, lecture 13, "way four".
"""

from __future__ import annotations

from select import EPOLLIN, epoll

from netlab.servers.echo import ALARM, ARRIVAL, GONE
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop. The only difference from epoll_loop.py is the inner loop around the wait."""
    clients = EventLoopConnections(server)
    interest = epoll()
    for fd in clients.special:
        interest.register(fd, EPOLLIN)
    ask = interest.poll

    while clients.running():
        ready = ask(0)
        while not ready and not clients.must_look_up():  # spin: nothing is ready, ask again at once
            ready = ask(0)
        for fd, change in clients.echo(ready):
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
