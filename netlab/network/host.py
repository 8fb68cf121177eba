"""Hosts, routers, switches: what one is to have, and the network namespace with a real kernel stack that it then is.

What makes a router is a sysctl (net.ipv4.ip_forward, ip-sysctl in the kernel's documentation), and what makes a
switch is a bridge (ip-link(8)) over its interfaces: in both the kernel forwards, not a program of ours. IPv6 is off, so
that nothing is on the wire but what the experiment does.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from netlab.linux import offloads, rtnetlink
from netlab.network.namespace import Namespace

BRIDGE = "br0"


@dataclass(frozen=True, slots=True)
class Interface:
    """`ip` None: without an address of its own, as the ports of a switch are."""

    name: str
    mac: str
    ip: str | None = None
    prefix: int = 24


@dataclass(frozen=True, slots=True)
class Route:
    """What is not in a subnet of one's own: to `destination`/`prefix` by `gateway`."""

    destination: str
    prefix: int
    gateway: str
    interface: str = "eth0"


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host to be made. `kind`: "host", "router" or "switch". `neighbours`: (interface, IP, MAC) that it knows
    without asking. `sysctls` of its namespace."""

    name: str
    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...] = ()
    kind: str = "host"
    neighbours: tuple[tuple[str, str, str], ...] = ()
    sysctls: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace with interfaces; `ip` and `mac` are those of the first."""

    name: str
    ip: str
    mac: str
    namespace: Namespace
    interfaces: tuple[Interface, ...] = ()

    def socket(self, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET, protocol: int = 0) -> socket.socket:
        """A socket on this host."""
        with self.namespace.entered():
            return socket.socket(family, kind, protocol)


def create_host(plan: HostPlan) -> Host:
    """The namespace, with loopback up and nothing else in it yet. Raises OSError."""
    namespace = Namespace(plan.name)
    with namespace.entered():
        without_ipv6()
        rtnetlink.set_up("lo")
    first = plan.interfaces[0]
    return Host(plan.name, first.ip or "", first.mac, namespace, plan.interfaces)


def connect_cable(host: Host, interface: Interface, here: str, here_mac: str, mtu: int) -> None:
    """A cable from the host's interface to one called `here` in the calling thread's namespace. Raises OSError."""
    rtnetlink.create_veth(here, interface.name, host.namespace.fd, here_mac, interface.mac, mtu)
    offloads.offloads_off(here)
    rtnetlink.set_up(here)
    with host.namespace.entered():
        offloads.offloads_off(interface.name)
        rtnetlink.set_up(interface.name)
        if interface.ip is not None:
            rtnetlink.add_address(interface.name, interface.ip, interface.prefix)


def configure(host: Host, plan: HostPlan) -> None:
    """What comes after the cables: forwarding, routes, known neighbours. Raises OSError."""
    with host.namespace.entered():
        if plan.kind == "switch":
            rtnetlink.create_bridge(BRIDGE)
            for each in plan.interfaces:
                rtnetlink.join_bridge(each.name, BRIDGE)
            rtnetlink.set_up(BRIDGE)
        for name, ip, mac in plan.neighbours:
            rtnetlink.add_neighbour(name, ip, mac)
        for route in plan.routes:
            rtnetlink.add_route(route.destination, route.prefix, route.gateway, route.interface)
    if plan.kind == "router":
        host.namespace.sysctl("net.ipv4.ip_forward", 1)


def without_ipv6() -> None:
    """In the calling thread's namespace."""
    with suppress(FileNotFoundError):  # a kernel without IPv6 has nothing to turn off
        for scope in ("all", "default"):
            Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
