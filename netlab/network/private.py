"""Hosts and the links between them: `with Pair(...) as pair: pair.client.socket() ...`. In a child process.

Every link is a wire of its own (wire.py), recorded, with conditions for each direction. `Pair` is the smallest network.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from netlab.errors import MachineLacks
from netlab.linux.ring import open_ring
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord
from netlab.network.gate import Gate
from netlab.network.host import Host, HostPlan, Interface, configure, connect_cable, create_host, without_ipv6
from netlab.network.namespace import become_own_root, forbidden
from netlab.network.wire import Wire

__all__ = ["Host", "Link", "Pair", "PrivateNetwork"]

End = tuple[str, str]  # host, interface
_BRIDGE = "a bridge"
_APART = 1_000_003  # between the seeds of two links


@dataclass(frozen=True, slots=True)
class Link:
    """A cable between two interfaces; `conditions` of what each of the two hosts sends into it."""

    name: str
    ends: tuple[End, End]
    conditions: Mapping[str, Conditions] = field(default_factory=dict)


class PrivateNetwork:
    """The hosts by name, and by name the wires between them. Use as a context manager."""

    def __init__(
        self,
        plans: Sequence[HostPlan],
        links: Sequence[Link],
        seed: int,
        *,
        mtu: int = 1500,
        gated: bool = False,
        snap: int | None = None,
    ) -> None:
        """`gated`: frames pass only when `gate.looked()` is called again and again; `snap`: how many bytes of a frame
        are recorded, None for all. Raises MachineLacks.

        The process must have one thread yet: every wire is forked from it.
        """
        become_own_root()
        without_ipv6()  # in the wires' own namespace
        _small_tables()
        self.gate = Gate() if gated else None
        self._mtu, self._snap = mtu, snap
        self.hosts: dict[str, Host] = {}
        self.wires: dict[str, Wire] = {}
        self._stack = ExitStack()  # the last wire ends first: it has inherited the lines of those before
        step = "a network namespace"
        try:
            for plan in plans:
                self.hosts[plan.name] = create_host(plan)
            step = "a veth pair"
            places = _cables(self.hosts, links, mtu)
            for plan in plans:
                step = _BRIDGE if plan.kind == "switch" else f"the network of the {plan.name}"
                configure(self.hosts[plan.name], plan)
                for name, value in plan.sysctls.items():
                    step = name
                    self.hosts[plan.name].namespace.sysctl(name, value)
            step = "a packet socket"
            for number, each in enumerate(links):
                self._start(each, places, seed + number * _APART)
        except OSError as error:
            self._stack.close()
            if step == _BRIDGE and error.errno == errno.EOPNOTSUPP:
                raise MachineLacks(
                    "this kernel has no bridge, which a switch is made of", "sudo modprobe bridge"
                ) from None
            raise forbidden(step, error) from None

    def _start(self, link: Link, places: Mapping[End, str], seed: int) -> None:
        sockets = {end[0]: open_ring(places[end], self._mtu) for end in link.ends}
        conditions = {name: link.conditions.get(name, Conditions()) for name in sockets}
        wire = Wire(sockets, conditions, seed, self.gate, mtu=self._mtu, snap=self._snap)
        self._stack.callback(wire.close)
        self.wires[link.name] = wire

    def __enter__(self) -> PrivateNetwork:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> dict[str, list[FrameRecord]]:
        """End all wires, the last first; what was on each."""
        return {name: wire.stop() for name, wire in reversed(self.wires.items())}

    @property
    def lost(self) -> int:
        """After `stop`: how many frames the wires have lost that they should not have."""
        return sum(sum(wire.lost.values()) for wire in self.wires.values())


class Pair:
    """A client (10.0.0.1) and a server (10.0.0.2) on one wire; each knows the other's MAC address unless `arp`.

    IPv6 is off in both, so that nothing is on the wire but what the experiment does.
    """

    def __init__(
        self,
        conditions: Mapping[str, Conditions],
        seed: int,
        *,
        mtu: int = 1500,
        arp: bool = False,
        gated: bool = False,
        snap: int | None = None,
        sysctls: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """`conditions` of what each host sends; `sysctls` by host or of "both"; `gated`: frames pass only when
        `gate.looked()` is called again and again. Raises MachineLacks."""
        given = sysctls or {}
        sides = {name: Interface("eth0", f"02:00:00:00:00:0{number}", f"10.0.0.{number}") for name, number in _PAIR}
        plans = []
        for name, other in (("client", sides["server"]), ("server", sides["client"])):
            known = () if arp or other.ip is None else (("eth0", other.ip, other.mac),)
            wanted = {**given.get("both", {}), **given.get(name, {})}
            plans.append(HostPlan(name, (sides[name],), neighbours=known, sysctls=wanted))
        link = Link("wire", (("client", "eth0"), ("server", "eth0")), conditions)
        self._lab = PrivateNetwork(plans, [link], seed, mtu=mtu, gated=gated, snap=snap)
        self.client, self.server = self._lab.hosts["client"], self._lab.hosts["server"]
        self.wire, self.gate = self._lab.wires["wire"], self._lab.gate

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def hosts(self) -> tuple[Host, Host]:
        """Client and server."""
        return self.client, self.server

    def stop(self) -> list[FrameRecord]:
        """End the wire; what was on it."""
        return self.wire.stop()

    @property
    def lost(self) -> int:
        """As of a PrivateNetwork."""
        return self._lab.lost


_PAIR = (("client", 1), ("server", 2))


def _cables(hosts: Mapping[str, Host], links: Sequence[Link], mtu: int) -> dict[End, str]:
    """Plug both ends of every link in; the name of each end in the wires' namespace."""
    places: dict[End, str] = {}
    interfaces = {(host.name, each.name): each for host in hosts.values() for each in host.interfaces}
    for host, name in (end for link in links for end in link.ends):
        number = len(places) + 1
        places[host, name] = f"to-{host}" if name == "eth0" else f"to-{host}{name[-1]}"
        here_mac = f"02:ff:00:00:00:{number:02x}"
        connect_cable(hosts[host], interfaces[host, name], places[host, name], here_mac, mtu)
    return places


def _small_tables() -> None:
    """Network namespaces made from here on have a socket table of their own, of 64 buckets (Linux 6.1).

    Otherwise they share the machine's, of some 100,000; and inet_diag goes through all of it at every look.
    """
    with suppress(FileNotFoundError):
        Path("/proc/sys/net/ipv4/tcp_child_ehash_entries").write_text("64")
