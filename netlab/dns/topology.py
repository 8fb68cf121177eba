"""Which server has which zone at which address: read from servers.toml, or found from the zones themselves."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from netlab.dns import zone as zones
from netlab.dns.authority import Authority
from netlab.dns.names import ROOT, Name, from_text, to_text
from netlab.dns.quirks import QUIRKS, OddAuthority
from netlab.dns.records import AAAA, A, address_text
from netlab.dns.zone import Zone
from netlab.errors import UsageError

NETWORK = 53  # the second number of the addresses in the zone files: 127.53.x.y
EMBEDDED = Path(__file__).parent / "zones"


@dataclass(slots=True)
class ServerPlan:
    """A server: its name, address, zones, and what it does wrong. `secondary`: zone → address of its primary."""

    name: str
    address: str
    zones: list[Zone] = field(default_factory=list)
    quirk: str = ""
    secondary: dict[Name, str] = field(default_factory=dict)
    transfer_to: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()

    def authority(self) -> Authority:
        """The server itself, without a socket."""
        kind = OddAuthority if self.quirk else Authority
        server = kind(self.zones, transfer_to=self.transfer_to, notify_from=self.secondary.values())
        if isinstance(server, OddAuthority):
            server.quirk = self.quirk
        return server


@dataclass(slots=True)
class Topology:
    """All servers; `roots` are the addresses to begin at, with the names of the servers there."""

    servers: list[ServerPlan]
    roots: list[tuple[str, str]]

    @property
    def zones(self) -> int:
        """How many zones there are, secondaries' not counted twice."""
        return len({zone.origin for server in self.servers for zone in server.zones})


def load(folder: Path, network: int = NETWORK) -> Topology:
    """The topology in a folder of zone files; UsageError names the file and line that is wrong.

    With a servers.toml it is as that says. Without, each zone is served at the addresses of its NS names, as far as
    the zones here tell them and they are loopback addresses; zones left over are served at 127.NETWORK.0.1.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder", f"a copy of {EMBEDDED} is one to begin with")
    moved = (
        {f"127.{NETWORK}.": f"127.{network}.", f"{NETWORK}.127.in-addr": f"{network}.127.in-addr"}
        if network != NETWORK
        else {}
    )
    plan = folder / "servers.toml"
    if plan.exists():
        servers = _planned(plan, folder, moved)
    else:
        paths = sorted(folder.glob("*.zone"))
        if not paths:
            raise UsageError(f"{folder}: no zone files", "their names end in .zone")
        servers = _derived([zones.parse(zones.read_file(path, moved)) for path in paths], network)
    return Topology(servers, _roots(servers))


def _planned(plan: Path, folder: Path, moved: dict[str, str]) -> list[ServerPlan]:
    try:
        text = plan.read_text(encoding="utf-8")
        for old, new in moved.items():
            text = text.replace(old, new)
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{plan}: {error}") from None

    @cache
    def zone_of(word: str) -> Zone:
        origin, _, file = word.partition("=")
        stem = file or ("root" if origin == "." else origin)
        for old, new in moved.items():
            stem = stem.replace(new, old)  # the files keep their names
        source = zones.read_file(folder / f"{stem}.zone", moved)
        source.origin = from_text(origin)
        return zones.parse(source)

    servers = []
    for number, table in enumerate(document.get("server", ()), 1):
        try:
            servers.append(_server(table, zone_of))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise UsageError(
                f"{plan}: server {number} is not as it should be: {error}", "see the embedded servers.toml"
            ) from None
    return servers


def _server(table: dict[str, Any], zone_of: Any) -> ServerPlan:
    quirk = table.get("quirk", "")
    if quirk and quirk not in QUIRKS:
        raise ValueError(f"quirk '{quirk}' is none of {', '.join(QUIRKS)}")
    # A zone that two servers have is one object in a file, and a copy for each server: they may come to differ.
    own = [Zone(each.origin, each.rrsets()) for each in map(zone_of, table.get("zones", ()))]
    return ServerPlan(
        name=str(table["name"]),
        address=str(ipaddress.ip_address(table["address"])),
        zones=own,
        quirk=quirk,
        secondary={from_text(origin): primary for origin, primary in table.get("secondary", {}).items()},
        transfer_to=tuple(table.get("transfer_to", ())),
        notify=tuple(table.get("notify", ())),
    )


def _derived(found: list[Zone], network: int) -> list[ServerPlan]:
    addresses: dict[Name, list[str]] = {}
    for zone in found:
        for rrset in zone.rrsets():
            if rrset.rtype in (A, AAAA):
                addresses.setdefault(rrset.owner, []).extend(map(address_text, rrset.data))
    servers: dict[str, ServerPlan] = {}
    for zone in found:
        places = [
            (server, address)
            for server in zone.ns_set.targets()
            for address in dict.fromkeys(addresses.get(server, ()))
        ]
        local = [(server, address) for server, address in places if ipaddress.ip_address(address).is_loopback]
        for server, address in local or [(zone.ns_set.targets()[0], f"127.{network}.0.1")]:
            plan = servers.setdefault(address, ServerPlan(to_text(server), address, transfer_to=("127.0.0.0/8", "::1")))
            plan.zones.append(Zone(zone.origin, zone.rrsets()))
    return list(servers.values())


def _roots(servers: Iterable[ServerPlan]) -> list[tuple[str, str]]:
    """Servers of the root; where nobody has it, everyone who has anything is a place to begin."""
    servers = list(servers)
    roots = [each for each in servers if any(zone.origin == ROOT for zone in each.zones)]
    return [(each.name, each.address) for each in (roots or servers)]
