"""A connection's socket: dialled address by address, each wait with a deadline. Times are CLOCK_MONOTONIC nanoseconds.

A blocking socket with SO_RCVTIMEO (socket(7)) takes one system call for a read; one with a Python timeout takes two,
a poll(2) before each. Before it sleeps, a read looks again and again for SPIN_NS: on one machine an answer takes less
time than it takes to be woken up, and requests over one connection are twice as many for it. Between two looks it
yields (sched_yield(2)), in case the server has no other CPU to run on.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from netlab.clock import Clock, monotonic_ns
from netlab.errors import PeerError
from netlab.http.url import Url

READ_BYTES = 64 << 10
SPIN_NS = 100_000
_LEAST_S = 0.001


class Endpoint(NamedTuple):
    """An IP address as text: "127.0.0.1", "::1"; and a port, where it is another than the URL's."""

    family: int
    text: str
    port: int = 0


Resolve = Callable[[str, int], Sequence[Endpoint]]
"""A host name and a port to addresses, in the order to be tried. Raises PeerError where there is none."""


def system(host: str, port: int) -> list[Endpoint]:
    """Addresses by getaddrinfo(3): /etc/hosts, DNS, whatever nsswitch.conf(5) says."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        what = getattr(error, "strerror", None) or error
        raise PeerError(f"{host}: {what}", "--resolve HOST:PORT:ADDRESS says where it is") from None
    return list(dict.fromkeys(Endpoint(family, str(where[0])) for family, _, _, _, where in found))


def literal(host: str) -> Endpoint | None:
    """The address that `host` is, if it is one and no name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except (OSError, UnicodeError):
            continue
        return Endpoint(family, host)
    return None


class Timeout(Exception):
    """Nothing came, or nothing could be sent, in time."""


class HttpTransport:
    """A connected TCP socket. `local` and `peer` are (address, port)."""

    tls: None = None

    def __init__(self, sock: socket.socket, clock: Clock = monotonic_ns) -> None:
        self.sock = sock
        self._clock = clock
        self._receive_s = -1.0
        self.local: tuple[str, int] = sock.getsockname()[:2]
        self.peer: tuple[str, int] = sock.getpeername()[:2]

    def receive(self, wait_s: float, most: int = READ_BYTES) -> bytes:
        """The next bytes; b"" where the peer has sent its last. Raises Timeout, PeerError."""
        if wait_s != self._receive_s:
            self._limit(socket.SO_RCVTIMEO, wait_s)
            self._receive_s = wait_s
        try:
            data = self._soon(most)
            return self.sock.recv(most) if data is None else data
        except BlockingIOError:
            raise Timeout from None
        except OSError as error:
            raise PeerError(f"{shown(self.peer)}: {error.strerror}") from None

    def _soon(self, most: int) -> bytes | None:
        """What comes without sleeping for it; None where nothing does."""
        receive, until = self.sock.recv, 0
        while True:
            try:
                return receive(most, socket.MSG_DONTWAIT)
            except BlockingIOError:
                now = self._clock()
                until = until or now + SPIN_NS
                if now >= until:
                    return None
                os.sched_yield()

    def receive_into(self, view: memoryview, wait_s: float) -> int:
        """As `receive`, into `view`; the number of bytes."""
        if wait_s != self._receive_s:
            self._limit(socket.SO_RCVTIMEO, wait_s)
            self._receive_s = wait_s
        try:
            return self.sock.recv_into(view)
        except BlockingIOError:
            raise Timeout from None
        except OSError as error:
            raise PeerError(f"{shown(self.peer)}: {error.strerror}") from None

    def send(self, data: bytes | memoryview, wait_s: float) -> int:
        """Send all of `data`; but stop where the peer begins to answer before it has it all. How much was sent.

        Raises Timeout, PeerError.
        """
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise PeerError(f"{shown(self.peer)}: {error.strerror}") from None
        return sent if sent == len(data) else self._send_rest(memoryview(data), sent, wait_s)

    def _send_rest(self, view: memoryview, sent: int, wait_s: float) -> int:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN | select.POLLOUT)
        while sent < len(view):
            ready = poll.poll(max(wait_s, _LEAST_S) * 1000)
            if not ready:
                raise Timeout
            if ready[0][1] & select.POLLIN:
                return sent  # an answer, or the end: to go on sending would be for nothing
            try:
                sent += self.sock.send(view[sent:], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except BlockingIOError:
                continue
            except OSError as error:
                raise PeerError(f"{shown(self.peer)}: {error.strerror}") from None
        return sent

    def stale(self) -> bool:
        """True where something is there to read already: the end, or bytes that nobody asked for."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN | select.POLLRDHUP)
        return bool(poll.poll(0))

    @property
    def clean_eof(self) -> bool:
        """TCP's own end of stream is all there is to know."""
        return True

    def close(self) -> None:
        """Close the socket. Once: then do nothing."""
        self.sock.close()

    def _limit(self, option: int, wait_s: float) -> None:
        micros = max(int(wait_s * 1e6), 1000)
        self.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", *divmod(micros, 1_000_000)))


def dial(url: Url, addresses: Sequence[Endpoint], timeout_s: float) -> tuple[socket.socket, list[str]]:
    """A connection to the first address that takes one; with what was tried before. PeerError where none does."""
    failed: list[str] = []
    for address in addresses:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        where = address.text, address.port or url.port
        try:
            sock.settimeout(timeout_s)
            sock.connect(where)
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock, failed
        except TimeoutError:
            failed.append(f"{shown(where)}: no answer within {timeout_s:g} s")
        except OSError as error:
            failed.append(f"{shown(where)}: {(error.strerror or str(error)).lower()}")
        except BaseException:
            sock.close()
            raise
        sock.close()
    raise PeerError(
        f"{url}: {'; '.join(failed) or 'no address'}", "is a server running there? netlab http serve is one"
    )


def shown(where: tuple[str, int]) -> str:
    """Address and port as one writes them."""
    return f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"
