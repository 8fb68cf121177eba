"""All TCP sockets of a network namespace, those of no process too: inet_diag over netlink (sock_diag(7)), as `ss` asks.

Only so can one see a connection that accept(2) has not been told of (SYN-RECEIVED) or that no descriptor refers to any
more (FIN-WAIT-2, TIME-WAIT). Needs no privilege. A netlink socket belongs to the namespace it was made in.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from netlab.linux.netlink import Netlink, attribute, attributes
from netlab.linux.tcp_info import TcpInfo, parse
from netlab.linux.tcp_states import STATES

_SOCK_DIAG, _BY_FAMILY = 4, 20  # NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY
_REQUEST = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2: family, protocol, extensions, states, no one socket
_INFO = 2  # INET_DIAG_INFO
_ALL = 0xFFFFFFFF
_BYTECODE, _SOURCE_EQ, _DESTINATION_EQ = 1, 11, 12  # INET_DIAG_REQ_BYTECODE, INET_DIAG_BC_S_EQ and _D_EQ (Linux 4.16)
_MESSAGE = struct.Struct("=4B2s2s16s16s8I")  # struct inet_diag_msg
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
        self._kernel = Netlink(_SOCK_DIAG)

    def close(self) -> None:
        """Close it."""
        self._kernel.close()

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
        chosen = attribute(_BYTECODE, struct.pack("=BBHBBH", operation, 8, 12, 0, 0, port))
        return sum(1 for _ in self._answers(socket.AF_INET, 0, 1 << number, chosen))

    def _answers(self, family: int, wanted: int, states: int, chosen: bytes = b"") -> Iterator[bytes]:
        return self._kernel.dump(_BY_FAMILY, _REQUEST.pack(family, socket.IPPROTO_TCP, wanted, states) + chosen)


def _read(data: bytes) -> Sock:
    family, state, timer, retransmits, *ends, _, cookie, cookie_above = _MESSAGE.unpack_from(data)[:11]
    local_port, remote_port, local, remote = ends
    expires_ms, receive_queue, send_queue, _, inode = _MESSAGE.unpack_from(data)[11:]
    size = 4 if family == socket.AF_INET else 16
    found = attributes(data, _MESSAGE.size)
    return Sock(
        STATES.get(state, f"state {state}"),
        (socket.inet_ntop(family, local[:size]), int.from_bytes(local_port, "big")),
        (socket.inet_ntop(family, remote[:size]), int.from_bytes(remote_port, "big")),
        receive_queue,
        send_queue,
        TIMERS.get(timer, f"timer {timer}"),
        expires_ms / 1000,
        retransmits,
        inode,
        parse(found[_INFO]) if _INFO in found else None,
        cookie | cookie_above << 32,
    )
