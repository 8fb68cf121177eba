"""Who is new among those who send? The door of the UDP modes that give each client a worker of its own.

Without connections the kernel cannot say who is new, so the master looks: a sender that has no worker is a
new client, and its first datagram is its request to be served. It gets a socket on the server's own address
that is connected to it, and from then on the kernel delivers its datagrams there. The answers come from the
well-known port, as the client expects; the servers in UNP §22.7 answer from a new port instead, which a
connected client would refuse (TFTP's clients follow it, RFC 1350 §4).
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator

from netlab.servers.acceptor import OUT_OF_DESCRIPTORS
from netlab.servers.counters import Count
from netlab.servers.datagram import Address, count_failure, new_buffer
from netlab.servers.datagram_sockets import another, block_at_most_a_heartbeat, count_overflow, first_gets_strangers
from netlab.servers.server import Server

IDLE_TIMEOUT_S = 10.0
"""How long a client may be silent before its worker ends, where --idle-timeout says nothing."""


class Reception:
    """The server's own socket. Iterate for the clients that come: (socket, address, first datagram)."""

    def __init__(self, server: Server, served: Collection[Address]) -> None:
        """`served`: the clients that have a worker at present."""
        self._listener = server.listener
        self._limits = server.limits
        self._stop = server.stop
        self._row = server.row
        self._served = served
        self._buffer = new_buffer()
        self.idle_s = server.limits.idle_timeout_s or IDLE_TIMEOUT_S
        block_at_most_a_heartbeat(self._listener)
        first_gets_strangers(self._listener)

    def __iter__(self) -> Iterator[tuple[socket.socket, Address, memoryview]]:
        """Until the queue ends. The datagram is good until the next one is asked for."""
        row, served = self._row, self._served
        while True:
            try:
                size, sender = self._listener.recvfrom_into(self._buffer)
            except BlockingIOError:
                count_overflow(self._listener, row)
                continue
            if sender is None:
                return
            row[Count.WAKEUPS] += 1
            datagram = self._buffer[:size]
            if sender in served or self._stop.requested:
                # It was queued before the client's own socket was there, or its worker has just ended.
                self._echo(datagram, sender)
            elif len(served) >= self._limits.max_connections:
                row[Count.SHED] += 1  # not answered at all: the client cannot tell it from a loss
            else:
                client = self._socket_for(sender)
                if client is None:
                    continue
                row[Count.ACCEPTED] += 1
                row[Count.PEAK_OPEN] = max(row[Count.PEAK_OPEN], len(served) + 1)
                yield client, sender, datagram

    def _echo(self, datagram: memoryview, sender: Address) -> None:
        row = self._row
        row[Count.CHUNKS] += 1
        row[Count.BYTES_IN] += len(datagram)
        try:
            row[Count.BYTES_OUT] += self._listener.sendto(datagram, sender)
        except OSError as error:
            count_failure(row, error)

    def _socket_for(self, client: Address) -> socket.socket | None:
        """A socket on our address, connected to `client`; None, and counted, if there is none to be had."""
        try:
            sock = another(self._listener)
        except OSError as error:
            self._row[Count.SHED] += 1
            self._row[Count.OUT_OF_DESCRIPTORS] += error.errno in OUT_OF_DESCRIPTORS
            return None
        try:
            sock.connect(client)
        except OSError:  # no route to where it says it is: nor could it be answered
            self._row[Count.SHED] += 1
            sock.close()
            return None
        return sock

    def refuse(self, client: socket.socket) -> None:
        """No worker could be started for a client that has been counted as accepted."""
        client.close()
        self._row[Count.ACCEPTED] -= 1
        self._row[Count.SHED] += 1
        self._row[Count.OUT_OF_WORKERS] += 1
