"""Interfaces, addresses, routes: made by rtnetlink(7), the way `ip` does it.

A request is a header, a fixed structure, and attributes (length, type, value, filled up to whole words), some of which
hold attributes themselves; the kernel answers with an error number, 0 for done. Numbers are in host byte order,
addresses as on the wire. What is made here is made in the network namespace of the calling thread.
"""

from __future__ import annotations

import os
import socket
import struct

_REQUEST, _ACK, _EXCLUSIVE, _CREATE = 0x1, 0x4, 0x200, 0x400  # NLM_F_*
_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE, _NEW_NEIGHBOUR = 16, 20, 24, 28  # RTM_*
_LINK_ADDRESS, _LINK_NAME, _LINK_MTU, _LINK_MASTER, _LINK_INFO, _LINK_NS_FD = 1, 3, 4, 10, 18, 28  # IFLA_*
_INFO_KIND, _INFO_DATA, _VETH_PEER, _SNOOPING = 1, 2, 1, 23  # the last two: VETH_INFO_PEER, IFLA_BR_MCAST_SNOOPING
_ADDRESS, _LOCAL, _BROADCAST = 1, 2, 4  # IFA_*
_DESTINATION, _OUT, _GATEWAY = 1, 4, 5  # RTA_*
_UP = 0x1  # IFF_UP
_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, which flags change


def veth(name: str, peer: str, peer_namespace: int, mac: str, peer_mac: str, mtu: int = 1500) -> None:
    """Two interfaces joined by a cable: `name` here, `peer` in the namespace of that descriptor."""
    other = _LINK.pack(0, 0, 0, 0, 0) + _text(_LINK_NAME, peer) + _mac(peer_mac) + _word(_LINK_MTU, mtu)
    other += _word(_LINK_NS_FD, peer_namespace)
    data = _attribute(_INFO_DATA, _attribute(_VETH_PEER, other))
    info = _attribute(_LINK_INFO, _text(_INFO_KIND, "veth") + data)
    _do(_NEW_LINK, _LINK.pack(0, 0, 0, 0, 0) + _text(_LINK_NAME, name) + _mac(mac) + _word(_LINK_MTU, mtu) + info)


def bridge(name: str) -> None:
    """`ip link add NAME type bridge mcast_snooping 0`: a switch, that says nothing of its own."""
    data = _attribute(_INFO_DATA, _attribute(_SNOOPING, b"\0"))
    info = _attribute(_LINK_INFO, _text(_INFO_KIND, "bridge") + data)
    _do(_NEW_LINK, _LINK.pack(0, 0, 0, 0, 0) + _text(_LINK_NAME, name) + info)


def join(name: str, master: str) -> None:
    """`ip link set NAME master MASTER`: a port of that bridge."""
    message = _LINK.pack(0, 0, socket.if_nametoindex(name), 0, 0)
    _do(_NEW_LINK, message + _word(_LINK_MASTER, socket.if_nametoindex(master)), create=False)


def up(name: str) -> None:
    """`ip link set NAME up`."""
    _do(_NEW_LINK, _LINK.pack(0, 0, socket.if_nametoindex(name), _UP, _UP), create=False)


def address(name: str, ip: str, prefix: int) -> None:
    """`ip address add IP/PREFIX dev NAME`, IPv4."""
    packed = socket.inet_aton(ip)
    message = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))
    host_bits = (1 << 32 - prefix) - 1
    broadcast = (int.from_bytes(packed, "big") | host_bits).to_bytes(4, "big")
    attributes = _attribute(_LOCAL, packed) + _attribute(_ADDRESS, packed) + _attribute(_BROADCAST, broadcast)
    _do(_NEW_ADDRESS, message + attributes)


def route(destination: str, prefix: int, gateway: str | None, name: str) -> None:
    """`ip route add DESTINATION/PREFIX via GATEWAY dev NAME`; 0.0.0.0/0 is the default route."""
    scope = 0 if gateway else 253  # universe; link
    message = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, prefix, 0, 0, 254, 3, scope, 1, 0
    )  # main table, by hand, unicast
    if prefix:
        message += _attribute(_DESTINATION, socket.inet_aton(destination))
    if gateway:
        message += _attribute(_GATEWAY, socket.inet_aton(gateway))
    _do(_NEW_ROUTE, message + _word(_OUT, socket.if_nametoindex(name)))


def neighbour(name: str, ip: str, mac: str) -> None:
    """`ip neighbour add IP lladdr MAC dev NAME`: permanent, so that no ARP is needed."""
    message = struct.pack("=BxxxiHBB", socket.AF_INET, socket.if_nametoindex(name), 0x80, 0, 1)
    _do(_NEW_NEIGHBOUR, message + _attribute(1, socket.inet_aton(ip)) + _attribute(2, _octets(mac)))


def _do(kind: int, body: bytes, *, create: bool = True) -> None:
    """Send one request and wait for the kernel's word; raises OSError with its errno."""
    flags = _REQUEST | _ACK | (_CREATE | _EXCLUSIVE if create else 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(10.0)
        sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        answer = sock.recv(65536)
    (code,) = struct.unpack_from("=i", answer, 16)  # NLMSG_ERROR: a negative errno, then our request
    if code:
        raise OSError(-code, os.strerror(-code))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _word(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("=I", value))


def _octets(mac: str) -> bytes:
    return bytes(int(octet, 16) for octet in mac.split(":"))


def _mac(mac: str) -> bytes:
    return _attribute(_LINK_ADDRESS, _octets(mac))
