"""Two hosts and the wire between them: `with Pair(...) as pair: pair.client.socket() ...`. In inside.py's process."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netlab.network import link, rtnetlink
from netlab.network.conditions import Conditions
from netlab.network.gate import Gate
from netlab.network.namespace import Namespace, become_own_root, forbidden
from netlab.network.record import Passed
from netlab.network.ring import opened
from netlab.network.wire import Wire

PREFIX = 24


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace with one interface, eth0."""

    name: str
    ip: str
    mac: str
    namespace: Namespace

    def socket(self, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET, protocol: int = 0) -> socket.socket:
        """A socket on this host."""
        with self.namespace.entered():
            return socket.socket(family, kind, protocol)


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
        become_own_root()
        _without_ipv6()  # in the wire's own namespace
        _small_tables()
        step = "a network namespace"
        try:
            self.client = _host("client", 1)
            self.server = _host("server", 2)
            step = "a veth pair"
            sockets = {}
            for host, other in ((self.client, self.server), (self.server, self.client)):
                _plug(host, mtu)
                step = "the other host's address"
                if not arp:
                    with host.namespace.entered():
                        rtnetlink.neighbour("eth0", other.ip, other.mac)
                for name, value in {**(sysctls or {}).get("both", {}), **(sysctls or {}).get(host.name, {})}.items():
                    step = name
                    host.namespace.sysctl(name, value)
                step = "a packet socket"
                sockets[host.name] = opened(f"to-{host.name}", mtu)
        except OSError as error:
            raise forbidden(step, error) from None
        self.gate = Gate() if gated else None
        named = {name: conditions.get(name, Conditions()) for name in sockets}
        self.wire = Wire(sockets, named, seed, self.gate, mtu=mtu, snap=snap)

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def hosts(self) -> tuple[Host, Host]:
        """Client and server."""
        return self.client, self.server

    def stop(self) -> list[Passed]:
        """End the wire; what was on it."""
        return self.wire.stop()

    @property
    def lost(self) -> int:
        """After `stop`: how many frames the wire has lost that it should not have."""
        return sum(self.wire.lost.values())


def _host(name: str, number: int) -> Host:
    namespace = Namespace(name)
    with namespace.entered():
        _without_ipv6()
        rtnetlink.up("lo")
    return Host(name, f"10.0.0.{number}", f"02:00:00:00:00:0{number}", namespace)


def _without_ipv6() -> None:
    with suppress(FileNotFoundError):  # a kernel without IPv6 has nothing to turn off
        for scope in ("all", "default"):
            Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")


def _small_tables() -> None:
    """Network namespaces made from here on have a socket table of their own, of 64 buckets (Linux 6.1).

    Otherwise they share the machine's, of some 100,000; and inet_diag goes through all of it at every look.
    """
    with suppress(FileNotFoundError):
        Path("/proc/sys/net/ipv4/tcp_child_ehash_entries").write_text("64")


def _plug(host: Host, mtu: int) -> None:
    """A cable from the host's eth0 to the interface to-NAME of this namespace, which is the wire's."""
    here = f"to-{host.name}"
    rtnetlink.veth(here, "eth0", host.namespace.fd, f"02:ff:00:00:00:0{host.mac[-1]}", host.mac, mtu)
    link.offloads_off(here)
    rtnetlink.up(here)
    with host.namespace.entered():
        link.offloads_off("eth0")
        rtnetlink.up("eth0")
        rtnetlink.address("eth0", host.ip, PREFIX)
