"""select: ask whether there is a datagram, then take what there is. On one socket: a system call for nothing?

select(2) was made for many descriptors, one for each client. A UDP server has *one*, whoever sends, so there
is nothing to multiplex, and the set never grows: FD_SETSIZE and the scan of all connections, which undo this
mode for TCP, do not matter. What it costs can be measured here without anything else in the way: one more
call for each wake-up, and one more receive that says "empty" (EAGAIN), as the loop goes on until then. Under
load a wake-up finds many datagrams, and both are divided among them.

What it is good for: a server that must wait for several things, of which this socket is only one: a socket
for IPv4 and one for IPv6 (inetd, UNP §13.5), the TCP and the UDP port of one service (UNP §8.15), a timer. A
blocking recvfrom(2) can wait for one thing. And the socket is non-blocking for a reason: select may report a
datagram that is then thrown away for its wrong checksum, and a blocking receive would block after all
(select(2), BUGS).

Source: select(2); UNP §8.15 and §6.3; course, lecture 13, "way three". Compare: epoll_loop.py, iterative.py.
"""

from __future__ import annotations

from select import select

from netlab.servers.datagram import Burst
from netlab.servers.datagram_sockets import HEARTBEAT_S
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop: the socket is then ready for ever, so select tells of that as well."""
    server.listener.setblocking(False)
    burst = Burst(server)
    watched = [server.listener.fileno()]

    while not burst.ended:
        readable, _, _ = select(watched, (), (), HEARTBEAT_S)
        if readable:
            burst.echo()
        else:
            burst.pause()
