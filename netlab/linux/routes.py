"""Routes: the kernel's own decision for one destination, and the default gateways of its tables.

RTM_GETROUTE of rtnetlink(7) is what `ip route get` asks; the tables are /proc/net/route and /proc/net/ipv6_route.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from netlab.addressing.prefix import Prefix
from netlab.linux import netlink

_GET_ROUTE = 26  # RTM_GETROUTE
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg
_DST, _OIF, _GATEWAY, _PREFSRC, _VIA = 1, 4, 5, 7, 18  # RTA_*
_TYPES = {
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the kernel would do with a packet: `kind` (unicast, local, …), out of which interface, by which gateway."""

    kind: str
    interface: str
    gateway: Prefix | None
    source: Prefix | None


def decide(destination: Prefix) -> Decision:
    """Ask the kernel. RefusedError (ENETUNREACH …) where it has no route; MachineLacks where it cannot be asked."""
    family = socket.AF_INET if destination.version == 4 else socket.AF_INET6
    header = _ROUTE.pack(family, destination.width, 0, 0, 0, 0, 0, 0, 0)
    address = destination.value.to_bytes(destination.width // 8, "big")
    request = header + netlink.attribute(_DST, address)
    if destination.zone:
        request += netlink.word(_OIF, _index(destination.zone))
    with netlink.asking() as kernel:
        answer = kernel.ask(_GET_ROUTE, request)
    kind = _ROUTE.unpack_from(answer)[7]
    found = netlink.attributes(answer, _ROUTE.size)
    gateway = found.get(_GATEWAY) or found.get(_VIA, b"")[2:]  # RTA_VIA: family, then an address of another version
    return Decision(
        _TYPES.get(kind, str(kind)),
        interface_name(struct.unpack("=I", found[_OIF])[0]) if _OIF in found else "",
        _address(gateway) if gateway else None,
        _address(found[_PREFSRC]) if _PREFSRC in found else None,
    )


def default_gateways() -> dict[tuple[str, int], Prefix]:
    """Interface and IP version -> its default gateway; of several, the one with the smallest metric."""
    best: dict[tuple[str, int], tuple[int, Prefix]] = {}
    for interface, gateway, metric in (*_defaults4(), *_defaults6()):
        key = (interface, gateway.version)
        if key not in best or metric < best[key][0]:
            best[key] = (metric, gateway)
    return {key: gateway for key, (_, gateway) in best.items()}


def _defaults4() -> list[tuple[str, Prefix, int]]:
    """Rows of /proc/net/route with destination and mask 0 and a gateway; numbers are hex in host byte order."""
    found = []
    for fields in _rows("/proc/net/route"):
        if len(fields) > 7 and fields[1] == fields[7] == "00000000" and int(fields[3], 16) & 2:
            gateway = int.from_bytes(int(fields[2], 16).to_bytes(4, sys.byteorder), "big")
            found.append((fields[0], Prefix(4, gateway, 32), int(fields[6])))
    return found


def _defaults6() -> list[tuple[str, Prefix, int]]:
    """Rows of /proc/net/ipv6_route: destination, length, …, next hop, metric, …, flags, interface."""
    return [
        (fields[9], Prefix(6, int(fields[4], 16), 128), int(fields[5], 16))
        for fields in _rows("/proc/net/ipv6_route")
        if len(fields) > 9 and fields[1] == "00" and int(fields[4], 16) and int(fields[8], 16) & 2
    ]


def _rows(path: str) -> list[list[str]]:
    """Fields of each line but the heading; nothing where the kernel has no such file (IPv6 switched off)."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return []
    return [line.split() for line in lines if not line.startswith("Iface")]


def _address(data: bytes) -> Prefix:
    return Prefix(4 if len(data) == 4 else 6, int.from_bytes(data, "big"), len(data) * 8)


def _index(zone: str) -> int:
    """An interface's number from its name (or number); 0, which is any, for one that is not there."""
    if zone.isascii() and zone.isdigit():
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except OSError:
        return 0


def interface_name(index: int) -> str:
    """An interface's name from its number, or the number where there is none."""
    try:
        return socket.if_indextoname(index)
    except (OSError, OverflowError):
        return str(index)
