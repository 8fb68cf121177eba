"""One datagram, several receivers: broadcast and multicast (udp(7), ip(7)).

Nobody waits for what does not come. The wire keeps order; so when a last datagram, to a socket of its own, has arrived,
all that went before it is in the receive buffers, and what is not there will never be.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from netlab.errors import NetlabError
from netlab.linux import network_counters
from netlab.network.two_hosts import TwoHosts

BROADCAST, GROUP = "10.0.0.255", "239.1.2.3"
BROADCAST_PORT, GROUP_PORT, _LAST_PORT = 7778, 7779, 7780
_MULTICAST_ALL = 49  # IP_MULTICAST_ALL of <linux/in.h>
_LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Broadcast:
    """The error of a socket without SO_BROADCAST; what each receiving socket got."""

    refused: str
    copies: dict[str, list[str]]


def broadcast(hosts: TwoHosts) -> Broadcast:
    """To everybody on the network: only if the sender asks for it, and every socket gets a copy."""
    where = (BROADCAST, BROADCAST_PORT)
    sockets = {
        "bound to any address": _bound(hosts, "", BROADCAST_PORT),
        "bound to any address, too": _bound(hosts, "", BROADCAST_PORT),
        "bound to the host's own": _bound(hosts, hosts.pair.server.ip, BROADCAST_PORT),
    }
    with hosts.pair.client.socket(socket.SOCK_DGRAM) as client:
        refused = _error(lambda: client.sendto(b"everybody?", where))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.sendto(b"everybody?", where)
        _settled(hosts, client)
    return Broadcast(refused, _copies(sockets))


def multicast(hosts: TwoHosts) -> dict[str, list[str]]:
    """To a group: before anybody has joined, when two sockets have, and when they have left; what each socket got."""
    names = ("member", "member, too", "no member", "no member, IP_MULTICAST_ALL 0")
    sockets = {name: _bound(hosts, "", GROUP_PORT) for name in names}
    sockets["no member, IP_MULTICAST_ALL 0"].setsockopt(socket.IPPROTO_IP, _MULTICAST_ALL, 0)
    membership = socket.inet_aton(GROUP) + socket.inet_aton(hosts.pair.server.ip)

    def change(option: int) -> None:
        for name in names[:2]:
            sockets[name].setsockopt(socket.IPPROTO_IP, option, membership)

    with hosts.pair.client.socket(socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(hosts.pair.client.ip))

        def send(data: bytes) -> None:
            client.sendto(data, (GROUP, GROUP_PORT))
            _settled(hosts, client)

        send(b"before")
        _reported(hosts, lambda: change(socket.IP_ADD_MEMBERSHIP))
        send(b"during")
        _reported(hosts, lambda: change(socket.IP_DROP_MEMBERSHIP))
        send(b"after")
        return _copies(sockets)


def _bound(hosts: TwoHosts, ip: str, port: int) -> socket.socket:
    """A socket that shares its port (SO_REUSEADDR, socket(7))."""
    sock = hosts.pair.server.socket(socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ip, port))
    sock.settimeout(hosts.timeout_s)
    return sock


def _settled(hosts: TwoHosts, client: socket.socket) -> None:
    """Wait until all that `client` has sent has arrived."""
    with _bound(hosts, hosts.pair.server.ip, _LAST_PORT) as last:
        client.sendto(b"that was all", (hosts.pair.server.ip, _LAST_PORT))
        last.recv(100)


def _copies(sockets: Mapping[str, socket.socket]) -> dict[str, list[str]]:
    """What each socket has got; closes them."""
    got: dict[str, list[str]] = {name: [] for name in sockets}
    for name, sock in sockets.items():
        sock.setblocking(False)
        with sock, suppress(BlockingIOError):
            while True:
                got[name].append(sock.recv(100).decode())
    return got


def _reported(hosts: TwoHosts, change: Callable[[], None]) -> None:
    """Change a membership, and wait until the server's kernel has said so on the wire."""
    deadline_s = time.monotonic() + hosts.timeout_s
    with hosts.pair.server.namespace.entered():
        before = network_counters.read().get("IpExtOutMcastPkts", 0)
        change()
        while network_counters.read().get("IpExtOutMcastPkts", 0) == before:
            if time.monotonic() > deadline_s:
                raise NetlabError("the kernel reported no change of membership (IGMP)")
            time.sleep(_LOOK_S)


def _error(call: Callable[[], object]) -> str:
    """The name of the error that the call fails with; "" if it does not."""
    try:
        call()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return ""
