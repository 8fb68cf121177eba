"""Interfaces of this machine with their addresses (psutil reads getifaddrs(3))."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

from netlab.addressing import ipv4, ipv6, mac
from netlab.addressing.mac import Mac
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix


@dataclass(frozen=True, slots=True)
class InterfaceAddresses:
    """`mtu_bytes` is None where the kernel does not tell; `mac` where the interface has none (tunnels)."""

    name: str
    up: bool
    mtu_bytes: int | None
    mac: Mac | None
    addresses: tuple[Prefix, ...]


def interfaces() -> list[InterfaceAddresses]:
    """All of them, in the kernel's order of names."""
    states = psutil.net_if_stats()
    found = []
    for name, entries in psutil.net_if_addrs().items():
        link = None
        addresses = []
        for entry in entries:
            if entry.family == psutil.AF_LINK:
                link = _mac(entry.address)
            elif entry.family in (socket.AF_INET, socket.AF_INET6):
                addresses.append(_prefix(entry.address, entry.netmask, 4 if entry.family == socket.AF_INET else 6))
        state = states.get(name)
        found.append(
            InterfaceAddresses(
                name, bool(state and state.isup), state.mtu if state else None, link, tuple(filter(None, addresses))
            )
        )
    return found


def _prefix(address: str, netmask: str | None, version: int) -> Prefix | None:
    """The address with its prefix; one without a netmask (a peer's end of a tunnel) stands for itself."""
    try:
        if version == 4:
            mask = ipv4.parse(netmask) if netmask else ipv4.ALL
            return Prefix(4, ipv4.parse(address), mask.bit_count())
        value, zone = ipv6.parse(address)
        length = ipv6.parse(netmask)[0].bit_count() if netmask else 128
        return Prefix(6, value, length, zone)
    except AddressError:
        return None


def _mac(text: str) -> Mac | None:
    """None for what is no MAC address: InfiniBand's 20 octets, an IP tunnel's 4."""
    try:
        return mac.parse(text)
    except AddressError:
        return None
