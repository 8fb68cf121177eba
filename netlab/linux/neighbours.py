"""The kernel's neighbour table, ARP's (RFC 826) and Neighbour Discovery's (RFC 4861) in one: RTM_GETNEIGH of
rtnetlink(7).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from netlab.addressing.mac import Mac
from netlab.addressing.prefix import Prefix
from netlab.linux import netlink
from netlab.linux.routes import interface_name

_GET_NEIGHBOURS = 30  # RTM_GETNEIGH
_NEIGHBOUR = struct.Struct("=BBHiHBB")  # struct ndmsg: family, padding, interface, state, flags, type
_DST, _LLADDR = 1, 2  # NDA_*
_NOARP = 0x40
_STATES = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x80: "permanent",
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who has `address` on `interface`; `mac` is None while (or because) nobody has answered."""

    interface: str
    address: Prefix
    mac: Mac | None
    state: str


def neighbours() -> Iterator[Neighbour]:
    """All entries but those that need no asking (groups, loopback). MachineLacks where the kernel cannot be asked."""
    with netlink.asking() as kernel:
        for family in (socket.AF_INET, socket.AF_INET6):
            for entry in kernel.dump(_GET_NEIGHBOURS, _NEIGHBOUR.pack(family, 0, 0, 0, 0, 0, 0)):
                found = _read(entry)
                if found is not None and found.address.version == (4 if family == socket.AF_INET else 6):
                    yield found


def _read(entry: bytes) -> Neighbour | None:
    """None for what is not a neighbour that was asked for."""
    _, _, _, index, state, _, _ = _NEIGHBOUR.unpack_from(entry)
    found = netlink.attributes(entry, _NEIGHBOUR.size)
    address, mac = found.get(_DST, b""), found.get(_LLADDR, b"")
    if state & _NOARP or len(address) not in (4, 16):
        return None
    return Neighbour(
        interface_name(index),
        Prefix(4 if len(address) == 4 else 6, int.from_bytes(address, "big"), len(address) * 8),
        Mac(int.from_bytes(mac, "big"), len(mac) * 8) if len(mac) in (6, 8) else None,
        _STATES.get(state, f"0x{state:02x}"),
    )
