"""Interfaces, addresses, routes and neighbours, created by rtnetlink(7) the way `ip` does it.

All of it happens in the network namespace of the calling thread. Every function raises OSError (netlink.py).
"""

from __future__ import annotations

import socket
import struct

from netlab.linux.netlink import CREATE, EXCLUSIVE, Netlink, attribute, text, word

_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE, _NEW_NEIGHBOUR = 16, 20, 24, 28  # RTM_*
_LINK_ADDRESS, _LINK_NAME, _LINK_MTU, _LINK_MASTER, _LINK_INFO, _LINK_NS_FD = 1, 3, 4, 10, 18, 28  # IFLA_*
_INFO_KIND, _INFO_DATA, _VETH_PEER, _SNOOPING = 1, 2, 1, 23  # the last two: VETH_INFO_PEER, IFLA_BR_MCAST_SNOOPING
_ADDRESS, _LOCAL, _BROADCAST = 1, 2, 4  # IFA_*
_DESTINATION, _OUT, _GATEWAY = 1, 4, 5  # RTA_*
_NEIGHBOUR_IP, _NEIGHBOUR_MAC = 1, 2  # NDA_DST, NDA_LLADDR
_MAIN_TABLE, _BOOT, _UNICAST = 254, 3, 1  # RT_TABLE_MAIN, RTPROT_BOOT (what `ip` says, too), RTN_UNICAST
_EVERYWHERE, _ON_LINK = 0, 253  # RT_SCOPE_UNIVERSE, RT_SCOPE_LINK
_PERMANENT = 0x80  # NUD_PERMANENT
_UP = 0x1  # IFF_UP
_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, which flags change
_NEW = _LINK.pack(0, 0, 0, 0, 0)


def create_veth(name: str, peer: str, peer_namespace: int, mac: str, peer_mac: str, mtu: int = 1500) -> None:
    """Two interfaces joined by a cable: `name` here, `peer` in the namespace of that descriptor."""
    other = _NEW + text(_LINK_NAME, peer) + _mac(peer_mac) + word(_LINK_MTU, mtu) + word(_LINK_NS_FD, peer_namespace)
    kind = _kind("veth", attribute(_VETH_PEER, other))
    _create(_NEW_LINK, _NEW + text(_LINK_NAME, name) + _mac(mac) + word(_LINK_MTU, mtu) + kind)


def create_bridge(name: str) -> None:
    """`ip link add NAME type bridge mcast_snooping 0`: a switch that sends nothing by itself."""
    _create(_NEW_LINK, _NEW + text(_LINK_NAME, name) + _kind("bridge", attribute(_SNOOPING, b"\0")))


def join_bridge(name: str, bridge: str) -> None:
    """`ip link set NAME master BRIDGE`: a port of that bridge."""
    _change(_NEW_LINK, _existing(name) + word(_LINK_MASTER, socket.if_nametoindex(bridge)))


def set_up(name: str) -> None:
    """`ip link set NAME up`."""
    _change(_NEW_LINK, _existing(name, _UP))


def add_address(name: str, ip: str, prefix: int) -> None:
    """`ip address add IP/PREFIX dev NAME`, IPv4."""
    packed = socket.inet_aton(ip)
    body = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))  # struct ifaddrmsg
    host_bits = (1 << 32 - prefix) - 1
    broadcast = (int.from_bytes(packed, "big") | host_bits).to_bytes(4, "big")
    own = attribute(_LOCAL, packed) + attribute(_ADDRESS, packed)
    _create(_NEW_ADDRESS, body + own + attribute(_BROADCAST, broadcast))


def add_route(destination: str, prefix: int, gateway: str | None, name: str) -> None:
    """`ip route add DESTINATION/PREFIX via GATEWAY dev NAME`; 0.0.0.0/0 is the default route."""
    scope = _EVERYWHERE if gateway else _ON_LINK
    body = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, prefix, 0, 0, _MAIN_TABLE, _BOOT, scope, _UNICAST, 0
    )  # struct rtmsg
    if prefix:
        body += attribute(_DESTINATION, socket.inet_aton(destination))
    if gateway:
        body += attribute(_GATEWAY, socket.inet_aton(gateway))
    _create(_NEW_ROUTE, body + word(_OUT, socket.if_nametoindex(name)))


def add_neighbour(name: str, ip: str, mac: str) -> None:
    """`ip neighbour add IP lladdr MAC dev NAME`: permanent, so that no ARP is needed."""
    index = socket.if_nametoindex(name)
    body = struct.pack("=BxxxiHBB", socket.AF_INET, index, _PERMANENT, 0, _UNICAST)  # struct ndmsg
    both = attribute(_NEIGHBOUR_IP, socket.inet_aton(ip)) + attribute(_NEIGHBOUR_MAC, _octets(mac))
    _create(_NEW_NEIGHBOUR, body + both)


def _create(kind: int, body: bytes) -> None:
    _change(kind, body, CREATE | EXCLUSIVE)


def _change(kind: int, body: bytes, flags: int = 0) -> None:
    with Netlink() as kernel:
        kernel.change(kind, body, flags)


def _existing(name: str, flags: int = 0) -> bytes:
    """struct ifinfomsg for an interface that is there; `flags` are to be set."""
    return _LINK.pack(0, 0, socket.if_nametoindex(name), flags, flags)


def _kind(name: str, data: bytes) -> bytes:
    """What kind of interface is to be created, and what is particular to that kind."""
    return attribute(_LINK_INFO, text(_INFO_KIND, name) + attribute(_INFO_DATA, data))


def _octets(mac: str) -> bytes:
    return bytes(int(octet, 16) for octet in mac.split(":"))


def _mac(mac: str) -> bytes:
    return attribute(_LINK_ADDRESS, _octets(mac))
