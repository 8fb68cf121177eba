"""The course's world of lecture 1, with its addresses: two local networks and the country between their gates.

  192.168.1.0/24            10.0.0.0/24            106.114.138.0/24
  client .101 ─┐
               switch ─── .1 gateway .1 ─────── .2 router .1 ─────── .24 shop
  dns    .53  ─┘

The switch is a layer 2 device: it has no IP address, and nobody sends to it. Gateway and router are layer 3 devices,
the "gates"; they forward and translate nothing (no NAT), so the addresses stay as they are all the way.
"""

from __future__ import annotations

from netlab.network.conditions import Conditions
from netlab.network.host import HostPlan, Interface, Route
from netlab.network.private import Link

DNS_PORT = 53
SHOP_PORTS = (80, 8080)

HOSTS: tuple[HostPlan, ...] = (
    HostPlan(
        "client", (Interface("eth0", "02:00:00:00:00:c1", "192.168.1.101"),), (Route("0.0.0.0", 0, "192.168.1.1"),)
    ),
    HostPlan("dns", (Interface("eth0", "02:00:00:00:00:d1", "192.168.1.53"),), (Route("0.0.0.0", 0, "192.168.1.1"),)),
    HostPlan(
        "switch", tuple(Interface(f"eth{number}", f"02:00:00:00:00:e{number}") for number in range(3)), kind="switch"
    ),
    HostPlan(
        "gateway",
        (Interface("eth0", "02:00:00:00:00:a1", "192.168.1.1"), Interface("eth1", "02:00:00:00:00:a2", "10.0.0.1")),
        (Route("0.0.0.0", 0, "10.0.0.2", "eth1"),),
        kind="router",
    ),
    HostPlan(
        "router",
        (Interface("eth0", "02:00:00:00:00:b1", "10.0.0.2"), Interface("eth1", "02:00:00:00:00:b2", "106.114.138.1")),
        (Route("192.168.1.0", 24, "10.0.0.1", "eth0"),),
        kind="router",
    ),
    HostPlan(
        "shop", (Interface("eth0", "02:00:00:00:00:51", "106.114.138.24"),), (Route("0.0.0.0", 0, "106.114.138.1"),)
    ),
)
FIRST = "client–switch"
FAR = "gateway–router"  # the long way; the other links are within a building


def links(far: Conditions) -> tuple[Link, ...]:
    """All cables; `far` are the conditions between the gates, in both directions."""
    return (
        Link(FIRST, (("client", "eth0"), ("switch", "eth0"))),
        Link("dns–switch", (("dns", "eth0"), ("switch", "eth1"))),
        Link("switch–gateway", (("switch", "eth2"), ("gateway", "eth0"))),
        Link(FAR, (("gateway", "eth1"), ("router", "eth0")), {"gateway": far, "router": far}),
        Link("router–shop", (("router", "eth1"), ("shop", "eth0"))),
    )


def plan(name: str) -> HostPlan:
    """The host called `name`."""
    return next(each for each in HOSTS if each.name == name)


def address(name: str) -> str:
    """The first address of the host called `name`."""
    ip = plan(name).interfaces[0].ip
    assert ip is not None
    return ip


def owner(ip_or_mac: str) -> str | None:
    """The host that has this IP or MAC address."""
    return next((host.name for host in HOSTS for each in host.interfaces if ip_or_mac in (each.ip, each.mac)), None)
