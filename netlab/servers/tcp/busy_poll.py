"""busy-poll: epoll that never sleeps. What waiting costs, and what it costs not to wait.

A thread that blocks is taken off its CPU and must be put back when the data comes: an interrupt, a wake-up, a context
switch, on a virtual machine often a wake-up of the CPU itself. For one small message that is far longer than the
echo. This loop asks again at once (a timeout of 0), so the data finds it awake: the round trip is several times shorter, and one CPU is
busy all the time, whether anybody speaks or not. Network appliances (DPDK) and low-latency trading live by this.

The kernel can spin for us too (SO_BUSY_POLL, socket(7)), but only on real network devices, not on loopback.

Source: epoll_wait(2), timeout 0; course, lecture 13, "way four".
"""

from __future__ import annotations

from select import EPOLLIN, epoll

from netlab.servers.clients import Clients
from netlab.servers.echo import GONE
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop. The only difference from epoll_loop.py is the inner loop around the wait."""
    clients = Clients(server)
    door_fd, alarm_fd = clients.door_fd, clients.alarm_fd
    interest = epoll()
    interest.register(door_fd, EPOLLIN)
    interest.register(alarm_fd, EPOLLIN)
    ask, step = interest.poll, clients.step

    while clients.running():
        ready = ask(0)
        while not ready and not clients.must_look_up():  # spin: nothing is ready, ask again at once
            ready = ask(0)
        for fd, _ in ready:
            if fd == door_fd:
                newcomer = clients.admit()
                if newcomer is not None:
                    interest.register(newcomer, EPOLLIN)
            elif fd == alarm_fd:
                interest.unregister(alarm_fd)
            else:
                change = step(fd)
                if change == GONE:
                    clients.close(fd)
                elif change:
                    interest.modify(fd, change)
    interest.close()
