"""The states of this network namespace's TCP connections, of those that no process has, too: /proc/net/tcp, proc(5)."""

from __future__ import annotations

import ipaddress
import socket
import struct
import time
from collections.abc import Callable, Iterable

from netlab.linux.tcp_states import STATES

TIME_WAIT = next(number for number, name in STATES.items() if name == "TIME-WAIT")
_ON_THE_WAY = ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING")
_CLOSING = frozenset(number for number, name in STATES.items() if name in _ON_THE_WAY)

Where = tuple[str, int]
Pair = tuple[Where, Where]
"""An end of a connection: our address and port, the other end's."""


def states() -> dict[Pair, int]:
    """The state of every TCP socket of this network namespace that has a peer, by its two ends."""
    found: dict[Pair, int] = {}
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(name) as file:
                next(file, None)
                for line in file:
                    words = line.split(None, 4)
                    found[_where(words[1]), _where(words[2])] = int(words[3], 16)
        except OSError:
            continue  # a kernel without IPv6
    return found


def time_waits(
    pairs: Iterable[Pair], patience_s: float = 1.0, wait: Callable[[float], None] = time.sleep
) -> tuple[int, int]:
    """How many of these connections are in TIME_WAIT at the first end, and how many at the second.

    Connections that are about to be closed are waited for; after `patience_s` what there is counts.
    """
    wanted = [_plain(pair) for pair in pairs]
    give_up_s = time.monotonic() + patience_s
    while True:
        now = states()
        ends = [(now.get(pair), now.get((pair[1], pair[0]))) for pair in wanted]
        moving = any(state in _CLOSING for both in ends for state in both)
        if not moving or time.monotonic() >= give_up_s:
            return sum(here == TIME_WAIT for here, _ in ends), sum(there == TIME_WAIT for _, there in ends)
        wait(0.01)


def _plain(pair: Pair) -> Pair:
    return (_unmapped(pair[0][0]), pair[0][1]), (_unmapped(pair[1][0]), pair[1][1])


def _unmapped(text: str) -> str:
    """An IPv4 address that an IPv6 socket shows as ::ffff:127.0.0.1 in the form that it has otherwise."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _where(text: str) -> Where:
    """0100007F:1F90: 32-bit words in the machine's own byte order, and the port."""
    address, _, port = text.partition(":")
    words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
    packed = struct.pack(f"={len(words)}I", *words)
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed), int(port, 16)
    return _unmapped(socket.inet_ntop(socket.AF_INET6, packed)), int(port, 16)
