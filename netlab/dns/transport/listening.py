"""Servers at sockets: a `Service` at one address and port, by UDP and TCP.

Bounds: connections, and what each may keep waiting (connection.py); datagrams a turn (batch.py). What does not fit is
counted.
"""

from __future__ import annotations

import errno
import socket
from collections import Counter
from functools import partial

from netlab.dns.loop import Loop
from netlab.dns.transport import batch
from netlab.dns.transport.batch import DATA_BYTES
from netlab.dns.transport.connection import DnsConnection, Service, Where
from netlab.errors import MachineLacks, UsageError

MOST_CONNECTIONS = 256
_RECEIVE_BUFFER_BYTES = 1 << 20


def family_of(address: str) -> socket.AddressFamily:
    """AF_INET6 for addresses with a colon."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def shown(where: Where) -> str:
    """127.0.0.1:53, [::1]:53."""
    return f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"


class Listener:
    """A service at one address and port, by UDP and TCP. `where` has the port that was bound."""

    def __init__(self, loop: Loop, where: Where, service: Service, counts: Counter[str]) -> None:
        self._loop, self._service, self.counts = loop, service, counts
        self._udp, self._tcp = _bound_pair(where)
        self._fd, self._batch = self._udp.fileno(), batch.shared()
        self.where: Where = self._udp.getsockname()[:2]
        self._connections: dict[DnsConnection, None] = {}  # the one that was heard last is last
        loop.watch(self._udp.fileno(), self._datagrams)
        loop.watch(self._tcp.fileno(), self._accept)

    def close(self) -> None:
        """Close everything."""
        for connection in list(self._connections):
            connection.close()
        for sock in (self._udp, self._tcp):
            self._loop.forget(sock.fileno())
            sock.close()

    def send(self, where: Where, data: bytes) -> None:
        """A datagram from this address, as a primary sends its NOTIFY."""
        self._send(where, data)

    def _datagrams(self, _: int) -> None:
        at, fd, at_once = self._batch, self._fd, self._service.at_once
        try:
            count = at.receive(fd)
        except BlockingIOError:
            return
        except OSError:
            self.counts["receive errors"] += 1
            return
        self.counts["datagrams"] += count
        for slot in range(count):
            data = at.data(slot)
            ready = at_once(data, False)
            if ready is not None and len(ready) <= DATA_BYTES:
                at.reply(slot, ready)
            else:
                source = at.source(slot)
                self._service.handle(data, source, False, partial(self._send, source))
        lost = at.send(fd)
        if lost:
            self.counts["replies lost"] += lost

    def _send(self, source: Where, data: bytes) -> None:
        try:
            self._udp.sendto(data, source)
        except OSError:  # no room, or nobody there: a datagram may get lost
            self.counts["replies lost"] += 1

    def _accept(self, _: int) -> None:
        try:
            sock, source = self._tcp.accept()
        except OSError:  # it went away again, or there are no descriptors left
            self.counts["accept errors"] += 1
            return
        if len(self._connections) >= MOST_CONNECTIONS:  # one client may hold them all: the one idle longest goes
            self.counts["connections shed"] += 1
            next(iter(self._connections)).close()
        self.counts["connections"] += 1
        connection = DnsConnection(self._loop, sock, source[:2], self._service, self.counts, self._heard, self._gone)
        self._connections[connection] = None

    def _heard(self, connection: DnsConnection) -> None:
        self._connections[connection] = self._connections.pop(connection, None)

    def _gone(self, connection: DnsConnection) -> None:
        self._connections.pop(connection, None)


def _bound_pair(where: Where) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket at one address and port; port 0 takes one that is free for both."""
    for attempt in range(20):
        udp = socket.socket(family_of(where[0]), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        tcp = socket.socket(family_of(where[0]), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for sock in (udp, tcp):
                if sock.family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            udp.bind(where)
            tcp.bind((where[0], udp.getsockname()[1]))
            tcp.listen(128)
        except OSError as error:
            udp.close()
            tcp.close()
            if where[1] == 0 and error.errno == errno.EADDRINUSE and attempt < 19:
                continue  # free for UDP, not for TCP
            raise _cannot_bind(error, where) from None
        return udp, tcp
    raise AssertionError


class DnsPortInUse(UsageError):
    """Somebody else has the address and port."""


def _cannot_bind(error: OSError, where: Where) -> UsageError | MachineLacks:
    if error.errno == errno.EADDRINUSE:
        return DnsPortInUse(
            f"{shown(where)} is in use by another socket",
            f"choose another port; who has it: ss -lunpt 'sport = {where[1]}'",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return MachineLacks(
            f"{shown(where)}: no permission to bind", "ports below 1024 need root; choose a port from 1024 up"
        )
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return UsageError(f"{where[0]} is no address of this machine", "try an address in 127.0.0.0/8")
    return UsageError(f"cannot listen on {shown(where)}: {error.strerror or error}")
