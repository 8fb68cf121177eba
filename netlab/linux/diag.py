"""All TCP sockets of a network namespace, those of no process too: inet_diag over netlink (sock_diag(7)), as `ss` asks.

Only so can one see a connection that accept(2) has not been told of (SYN-RECEIVED) or that no descriptor refers to any
more (FIN-WAIT-2, TIME-WAIT). Needs no privilege. A netlink socket belongs to the namespace it was made in.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from netlab.linux.tcp_info import TcpInfo, parse
from netlab.linux.tcp_states import STATES

_SOCK_DIAG, _BY_FAMILY, _DUMP, _REQUEST = 4, 20, 0x300, 0x1
_ERROR, _DONE = 2, 3
_INFO = 2  # INET_DIAG_INFO
_ALL = 0xFFFFFFFF
_BYTECODE, _SOURCE_EQ, _DESTINATION_EQ = 1, 11, 12  # INET_DIAG_REQ_BYTECODE, INET_DIAG_BC_S_EQ and _D_EQ (Linux 4.16)
_MESSAGE = struct.Struct("=BBBB 2s2s16s16sIII IIIII".replace(" ", ""))  # struct inet_diag_msg
TIMERS = {0: "", 1: "retransmit", 2: "keepalive", 3: "TIME-WAIT", 4: "zero window probe"}


@dataclass(frozen=True, slots=True)
class Sock:
    """A socket as the kernel sees it. Of a listening one, `receive_queue` counts connections that wait for
    accept(2) and `send_queue` is how many may; of others, bytes. `timer` runs for `expires_s` more."""

    state: str
    local: tuple[str, int]
    remote: tuple[str, int]
    receive_queue: int
    send_queue: int
    timer: str
    expires_s: float
    retransmits: int
    inode: int
    info: TcpInfo | None = None
    cookie: int = 0  # what SO_COOKIE says of it, from the first SYN to the end of TIME-WAIT


class Diag:
    """A line to the kernel, of the namespace in which it was opened."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
        self._sock.settimeout(10.0)

    def close(self) -> None:
        """Close it."""
        self._sock.close()

    def tcp(self, family: int = socket.AF_INET, *, info: bool = False) -> list[Sock]:
        """Every TCP socket of this family; with what TCP_INFO says of it if asked for. Raises OSError."""
        wanted = 1 << _INFO - 1 if info else 0
        return [_read(content) for content in self._answers(family, wanted, _ALL)]

    def count(self, state: str, *, local_port: int | None = None, remote_port: int | None = None) -> int:
        """How many IPv4 sockets in this state have this port at that end. The kernel chooses them (its bytecode is that
        of `ss 'sport = N'`), and none is looked into: a million are counted in seconds. Raises OSError."""
        operation, port = (_SOURCE_EQ, local_port) if local_port is not None else (_DESTINATION_EQ, remote_port)
        (number,) = [number for number, name in STATES.items() if name == state]
        # An operation, how far to go on where it holds and where not, then its operand, which is of the same form.
        chosen = struct.pack("=HHBBHBBH", 12, _BYTECODE, operation, 8, 12, 0, 0, port)
        return sum(1 for _ in self._answers(socket.AF_INET, 0, 1 << number, chosen))

    def _answers(self, family: int, wanted: int, states: int, attribute: bytes = b"") -> Iterator[bytes]:
        body = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, wanted, 0, states) + attribute
        self._sock.send(struct.pack("=IHHII", 16 + len(body), _BY_FAMILY, _REQUEST | _DUMP, 1, 0) + body)
        while True:
            data = self._sock.recv(1 << 18)
            for kind, content in _messages(data):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-struct.unpack_from("=i", content)[0], "inet_diag")
                yield content


def _read(data: bytes) -> Sock:
    (family, state, timer, retransmits, sport, dport, source, destination, _, cookie, above, expires_ms, received,
     sent, _, inode,
     ) = _MESSAGE.unpack_from(data)  # fmt: skip
    size = 4 if family == socket.AF_INET else 16
    found = _attributes(data, _MESSAGE.size)
    return Sock(
        STATES.get(state, f"state {state}"),
        (socket.inet_ntop(family, source[:size]), int.from_bytes(sport, "big")),
        (socket.inet_ntop(family, destination[:size]), int.from_bytes(dport, "big")),
        received,
        sent,
        TIMERS.get(timer, f"timer {timer}"),
        expires_ms / 1000,
        retransmits,
        inode,
        parse(found[_INFO]) if _INFO in found else None,
        cookie | above << 32,
    )


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        if length < 16:
            return
        yield kind, data[at + 16 : at + length]
        at += length + 3 & ~3


def _attributes(data: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        found[kind] = data[at + 4 : at + length]
        at += length + 3 & ~3
    return found
