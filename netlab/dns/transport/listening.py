"""Servers at sockets: a `Service` at one address and port, by UDP and TCP.

Bounds: connections, bytes waiting to be written, idle time, datagrams a turn. A peer that misbehaves is counted.
"""

from __future__ import annotations

import errno
import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Protocol

from netlab.dns.loop import BROKEN, READ, WRITE, Loop
from netlab.errors import MachineLacks, UsageError

Where = tuple[str, int]
Reply = Callable[[bytes], None]

MOST_CONNECTIONS = 256
IDLE_S = 10.0  # RFC 7766 §6.2.3: a few seconds
MOST_WAITING_BYTES = 1 << 20  # of replies that a slow client has not taken
DATAGRAMS_A_TURN = 64  # so that a flood on one socket does not starve the others
LONGEST_QUERY_BYTES = 4096  # by UDP; what is longer is cut, and so malformed
_RECEIVE_BUFFER_BYTES = 1 << 20


class Service(Protocol):
    """What answers queries."""

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """The answer, if it lies ready: most queries repeat others, and need not be taken apart."""

    def handle(self, data: bytes, source: Where, tcp: bool, reply: Reply) -> None:
        """Call `reply` with each message of the answer, now or later; or never."""


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
        self.where: Where = self._udp.getsockname()[:2]
        self._connections: set[_Connection] = set()
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
        udp, service, at_once = self._udp, self._service, self._service.at_once
        for _turn in range(DATAGRAMS_A_TURN):
            try:
                data, source = udp.recvfrom(LONGEST_QUERY_BYTES)
            except BlockingIOError:
                return
            except OSError:
                self.counts["receive errors"] += 1
                return
            self.counts["datagrams"] += 1
            ready = at_once(data, False)
            if ready is not None:
                self._send(source, ready)
            else:
                service.handle(data, source[:2], False, partial(self._send, source))

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
        if len(self._connections) >= MOST_CONNECTIONS:
            self.counts["connections shed"] += 1
            sock.close()
            return
        self.counts["connections"] += 1
        self._connections.add(
            _Connection(self._loop, sock, source[:2], self._service, self.counts, self._connections.discard)
        )


class _Connection:
    """A client by TCP: messages behind a length of two octets, several of them at once if it likes (RFC 7766
    §6.2.1)."""

    def __init__(
        self, loop: Loop, sock: socket.socket, source: Where, service: Service, counts: Counter[str],
        gone: Callable[[_Connection], None],
    ) -> None:  # fmt: skip
        sock.setblocking(False)
        self._loop, self._sock, self._source, self._service, self._counts, self._gone = (
            loop,
            sock,
            source,
            service,
            counts,
            gone,
        )
        self._in, self._out = bytearray(), bytearray()
        self._ended = self._closed = False
        self._idle = loop.after(IDLE_S, self._idled)
        loop.watch(sock.fileno(), self._ready)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._idle.cancel()
            self._loop.forget(self._sock.fileno())
            self._sock.close()
            self._gone(self)

    def _idled(self) -> None:
        self._counts["connections idle"] += 1
        self.close()

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if events & (READ | BROKEN) and not self._closed:
            self._read()

    def _read(self) -> None:
        try:
            data = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self._counts["connections reset"] += 1
            self.close()
            return
        self._idle.cancel()
        self._idle = self._loop.after(IDLE_S, self._idled)
        self._in += data
        while len(self._in) >= 2:
            length = int.from_bytes(self._in[:2], "big")
            if len(self._in) < 2 + length:
                break
            query = bytes(self._in[2 : 2 + length])
            del self._in[: 2 + length]
            self._counts["messages by TCP"] += 1
            ready = self._service.at_once(query, True)
            if ready is not None:
                self._reply(ready)
            else:
                self._service.handle(query, self._source, True, self._reply)
            if self._closed:
                return
        if not data:
            self._ended = True
            self._counts["messages cut short"] += bool(self._in)
            if not self._out:
                self.close()
            else:
                self._loop.change(self._sock.fileno(), WRITE)

    def _reply(self, data: bytes) -> None:
        if self._closed:
            return
        if len(self._out) > MOST_WAITING_BYTES and len(data) < 16384:
            self._counts["slow readers"] += 1
            self.close()
            return
        self._out += len(data).to_bytes(2, "big") + data
        self._flush()

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except BlockingIOError:
            self._loop.change(self._sock.fileno(), WRITE if self._ended else READ | WRITE)
            return
        except OSError:
            self._counts["connections reset"] += 1
            self.close()
            return
        if self._ended:
            self.close()
        else:
            self._loop.change(self._sock.fileno(), READ)


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


class InUse(UsageError):
    """Somebody else has the address and port."""


def _cannot_bind(error: OSError, where: Where) -> UsageError | MachineLacks:
    if error.errno == errno.EADDRINUSE:
        return InUse(
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
