"""epoll: be told when there is a datagram, then take what there is.

epoll(7) pays when many descriptors are open and few are ready. A UDP server has one descriptor for all of its
clients: a million of them cost the kernel nothing, as it keeps nothing about them. The ready list of epoll is
never longer than one here, and what the mode shows is that for UDP the choice between select, poll and epoll
hardly matters. Compare tcp-compare with udp-compare as idle clients are added: an idle client of a UDP server
is nobody.

The loop takes up to BURST datagrams a wake-up. Level-triggered epoll reports the socket again if more are
there; so a bound costs little, and a flood on one socket cannot starve the others that a real server would
have in the same loop. Edge-triggered, the loop would have to go on until EAGAIN, always.

Source: epoll(7), epoll_wait(2); course, lecture 13, "way four". Compare: select_loop.py, epoll_multi.py.
"""

from __future__ import annotations

from select import EPOLLIN, epoll

from netlab.servers.datagram import Burst
from netlab.servers.datagram_sockets import HEARTBEAT_S
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop: the socket is then ready for ever, so epoll tells of that as well."""
    server.listener.setblocking(False)
    burst = Burst(server)
    interest = epoll()
    interest.register(server.listener.fileno(), EPOLLIN)

    while not burst.ended:
        if interest.poll(HEARTBEAT_S):
            burst.echo()
        else:
            burst.pause()
    interest.close()
