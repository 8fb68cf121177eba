"""iterative: one process, one socket, one datagram after the other. The baseline, and how most UDP servers are.

The course's diagram of a UDP server is this whole file: socket, bind, and then recvfrom and sendto in turn.
There is no listen, no accept and no second socket. What makes a TCP server iterative, that a client must wait
until the one before it is *done*, does not exist here: a client is never done or not done, each datagram
stands for itself, and a thousand clients are served in the order in which their datagrams come (UNP §8.4). So
what is the slow mode of TCP is a quick one of UDP, and DNS servers live by it.

What it cannot do: anything slow. While one datagram is worked on, the others wait in the receive queue, and
when that is full, they are lost, without a word to either side. An echo is quick; a server that must ask a
database is another matter.

The cost of an echo is two system calls, each of which takes one datagram across the border of the kernel.
batch.py says more.

Source: UNP §8.4 and figure 8.4; udp(7); RFC 862; course, lecture 13. Leaves out: a server on a wildcard
address of a machine with several addresses answers from the one that the route names, perhaps not the one
that was asked (IP_PKTINFO, ip(7)).
"""

from __future__ import annotations

from netlab.servers.datagram import Burst
from netlab.servers.datagram_sockets import block_at_most_a_heartbeat
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop: then the receive queue ends (datagram_sockets.py)."""
    block_at_most_a_heartbeat(server.listener)
    burst = Burst(server)

    while not burst.ended:
        if not burst.echo():  # blocks until a datagram comes; the first heartbeat without one ends the burst
            burst.pause()
