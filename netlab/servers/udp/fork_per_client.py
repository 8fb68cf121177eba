"""fork: a process for each client, although there are no connections.

A TCP server forks when accept(2) returns. Here nothing returns that could be handed to a child: all datagrams
of all clients come in on one socket. So the server must make the "connection" itself, and that is the lesson
of this file:
- Who is new? The master keeps a table of those that have a child; whoever else sends is a new client.
- How do later datagrams find the child? It gets a socket of its own, bound to the same address (SO_REUSEPORT)
  and *connected* to the client. For each datagram the kernel prefers the socket that is connected to its
  sender. Linux finds it by a hash of all four addresses and ports since 6.13; before, by going through all
  sockets of the port, so a thousand clients were dear.
- When is it over? Nobody says so: UDP has no FIN. A child whose client was silent for the idle time ends, and
  if the client speaks again, it is a new one.
- What of datagrams that came in between? Those that were queued before the client's socket was there are
  echoed by the master itself. So a second datagram may be answered before the first: order is nothing that
  UDP promises.

The child inherits the first datagram with the master's memory, as in UNP §22.7, and answers it. What forking
costs and what it buys is as for TCP (tcp/fork_per_connection.py); what is new is that anybody can make the
server fork by sending one datagram from each of many ports, or with forged sources. --max-connections bounds
it: one more client is not answered.

Source: UNP §22.7, "Concurrent UDP servers"; socket(7), SO_REUSEPORT; fork(2); course, lecture 13, "way one".
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count
from netlab.servers.datagram import Address, converse, new_buffer
from netlab.servers.datagram_clients import Reception
from netlab.servers.datagram_sockets import end_queue
from netlab.servers.server import Server
from netlab.servers.workers import Workers


def serve(server: Server) -> None:
    """Serve until told to stop."""
    children = Workers(server)
    served = Served(children)
    reception = Reception(server, served)
    buffer = new_buffer()  # every child receives in its own copy of these pages

    for sock, client, first in reception:  # blocks until somebody new comes

        def child(row: Row, sock: socket.socket = sock, client: Address = client, first: memoryview = first) -> None:
            server.stop.become_child(end_queue(sock, row))  # on SIGTERM: echo what has come, then find the end
            server.listener.close()  # only the master receives newcomers
            converse(sock, client, first, buffer, row, reception.idle_s)
            row[Count.CLOSED] += 1

        pid = children.start(child)
        if pid is None:
            reception.refuse(sock)
        else:
            served.add(client, pid)
            sock.close()  # or the kernel would still deliver to it when the child has ended
    children.see_out()


class Served:
    """The clients whose child is alive."""

    def __init__(self, children: Workers) -> None:
        self._children = children
        self._pid_of: dict[Address, int] = {}

    def __contains__(self, client: object) -> bool:
        return self._pid_of.get(client) in self._children  # type: ignore[call-overload]

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Address]:
        return (client for client in self._pid_of if client in self)

    def add(self, client: Address, pid: int) -> None:
        """`client` is served by the child `pid` from now on. Those whose child has been reaped are forgotten."""
        self._pid_of[client] = pid
        if len(self._pid_of) != len(self._children):
            self._pid_of = {client: pid for client, pid in self._pid_of.items() if pid in self._children}
