"""Opening connections: one after another for those that are held, and as many as asked for.

A client port is good for one connection to a given server address at a time, and after a close it may rest for a
while in TIME-WAIT (RFC 9293 §3.3.2). There are some 28,000 ephemeral ports an address, and the kernel's search gets
slow long before they run out. But a loopback client has sixteen million addresses: past a few thousand connections
ours take turns among 127.0.1.1, 127.0.1.2, … (IP_BIND_ADDRESS_NO_PORT, ip(7), leaves the choice of the port to
connect).
"""

from __future__ import annotations

import errno
import os
import socket
import struct

IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; the socket module has no name for it before Python 3.12
PER_SOURCE_ADDRESS = 5000
ADDRESSES_A_NET = 250  # 127.0.1.1 to 127.0.1.250, then 127.0.2.1, …
CHURN_SOURCES = 16
CONNECT_TIMEOUT_S = 5.0

Address = tuple[str, int]
_AT_ONCE = struct.pack("@ii", 1, 0)  # struct linger: on, 0 seconds


class Dialler:
    """Makes sockets for one target, spread over source addresses where that is possible."""

    def __init__(self, family: int, address: Address, sources: int, *, first: int = 0, abortive: bool = False) -> None:
        """`sources`: how many loopback addresses to spread over, from number `first` on; 1 leaves the choice to the
        kernel. `abortive`: a close resets the connection (SO_LINGER, socket(7)), and leaves no TIME-WAIT behind."""
        self.family = family
        self.address = address
        loopback = family == socket.AF_INET and address[0].startswith("127.")
        self._sources = sources if loopback else 1
        self._spread = loopback and (sources > 1 or first > 0)
        self._first = first
        self._abortive = abortive
        self._next = 0

    def socket(self, *, blocking: bool) -> socket.socket:
        """A socket that is bound to the next source address, not yet connected."""
        kind = socket.SOCK_STREAM if blocking else socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        made = socket.socket(self.family, kind)
        if self._spread:
            self._next = (self._next + 1) % self._sources
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            made.bind((source_address(self._first + self._next), 0))
        if self._abortive:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        return made

    def connect(self) -> int:
        """Open one connection and wait for it: its descriptor, non-blocking. Raises OSError (TimeoutError included)."""
        with self.socket(blocking=True) as made:
            made.settimeout(CONNECT_TIMEOUT_S)
            made.connect(self.address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setblocking(False)
            return made.detach()

    def begin_connect(self) -> int:
        """Send the SYN and do not wait. On loopback the handshake is over before connect(2) returns."""
        made = self.socket(blocking=False)
        failure = made.connect_ex(self.address)
        if failure not in (0, errno.EINPROGRESS):
            made.close()
            raise OSError(failure, os.strerror(failure))
        return made.detach()


def source_address(number: int) -> str:
    """The loopback address with this number, from 0 to 63,499."""
    return f"127.0.{1 + number // ADDRESSES_A_NET}.{1 + number % ADDRESSES_A_NET}"


def sources_for(connections: int, *, churning: bool) -> int:
    """How many source addresses so many connections should be spread over."""
    if churning:
        return CHURN_SOURCES
    return min(ADDRESSES_A_NET, 1 + (connections - 1) // PER_SOURCE_ADDRESS)
