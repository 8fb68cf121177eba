"""Where a DNS experiment begins: the miniature Internet, another hierarchy by its roots, or the real one."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.dns import zone
from netlab.dns.exchange import Rng
from netlab.dns.loop import Loop
from netlab.dns.mini_internet import MiniInternet
from netlab.dns.names import ROOT, Name, from_text, to_text, wire_length
from netlab.dns.records import AAAA, NS, A, address_text
from netlab.dns.resolver import Delegation, ResolutionLimits, Resolver, ResolverPolicy
from netlab.dns.topology import EMBEDDED
from netlab.dns.transport import Upstream
from netlab.errors import UsageError
from netlab.experiments.dns.options import HOW, WHERE, Tcp, Timeout, Zones
from netlab.experiments.options import AnySeed
from netlab.option import Option

REAL_PORT = 53
# https://www.iana.org/domains/root/servers, the IPv4 addresses, which have not changed since 2023.
REAL_ROOTS = (
    ("a", "198.41.0.4"),
    ("b", "170.247.170.2"),
    ("c", "192.33.4.12"),
    ("d", "199.7.91.13"),
    ("e", "192.203.230.10"),
    ("f", "192.5.5.241"),
    ("g", "192.112.36.4"),
    ("h", "198.97.190.53"),
    ("i", "192.36.148.17"),
    ("j", "192.58.128.30"),
    ("k", "193.0.14.129"),
    ("l", "199.7.83.42"),
    ("m", "202.12.27.33"),
)


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where iteration begins and how it asks. None of `roots`, `root_hints` and `live`: the miniature Internet."""

    roots: Annotated[
        tuple[str, ...], Option("A root server of yours; repeatable.", "IP", panel=WHERE, name="--root")
    ] = ()
    root_hints: Annotated[Path | None, Option("Roots in a hints file.", "FILE", panel=WHERE)] = None
    live: Annotated[bool, Option("The real root servers. Leaves this machine!", panel=WHERE)] = False
    zones: Zones = None
    port: Annotated[int | None, Option("The port at every level.", "N", 1, 65535, panel=WHERE)] = None
    tcp: Tcp = False
    timeout_s: Timeout = 1.0
    max_queries: Annotated[int, Option("Budget of a question.", "N", 1, 100_000, panel=HOW)] = 100
    ipv6: Annotated[bool, Option("Ask servers by IPv6, too.", panel=HOW, pair=True)] = False
    qmin: Annotated[bool, Option("Show servers only what they need (RFC 9156).", panel=HOW)] = False
    all_paths: Annotated[bool, Option("Ask every server of each zone, and compare.", panel=HOW)] = False
    seed: AnySeed = None

    @property
    def own(self) -> bool:
        """True where the servers are netlab's own."""
        return not (self.roots or self.root_hints or self.live)

    def roots_apart(self) -> tuple[str, ...]:
        """The roots, also where several were written in one word. UsageError where they are said in two ways."""
        ways = {"--root": self.roots, "--root-hints": self.root_hints, "--live": self.live, "--zones": self.zones}
        given = [way for way, value in ways.items() if value]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} exclude each other")
        return tuple(address for word in self.roots for address in word.split(","))


@dataclass(slots=True)
class World:
    """A loop, sockets to ask by, and where the root is. `net` is the miniature Internet, if it is that."""

    loop: Loop
    upstream: Upstream
    hints: Delegation
    policy: ResolverPolicy
    limits: ResolutionLimits
    rng: Rng
    net: MiniInternet | None
    own_zones: bool
    where: str

    def resolver(self) -> Resolver:
        """One that remembers nothing yet."""
        return Resolver(self.hints, self.rng, self.policy, self.limits)


@contextmanager
def world(origin: StartingPoint) -> Iterator[World]:
    """Open it; leaving closes everything. Raises NetlabError."""
    with ExitStack() as stack:
        net = None
        if origin.own:
            net = stack.enter_context(MiniInternet(origin.zones or EMBEDDED, origin.port))
            hints, port = net.hints, net.port
            servers = f"{net.servers} server{'s' * (net.servers != 1)}"
            where = f"the miniature Internet: {servers} on 127.{net.network}.x.y, port {port}"
            if origin.zones is not None:
                where = f"the zones in {origin.zones}: {servers}, port {port}"
        else:
            port = origin.port or REAL_PORT
            hints = Delegation(ROOT, tuple(given_roots(origin)))
            first = [address for _, addresses in hints.servers[:3] for address in addresses]
            where = f"the servers at {', '.join(first)}, port {port}"
        loop = Loop()
        stack.callback(loop.close)
        upstream = Upstream(loop)
        stack.callback(upstream.close)
        asking = policy(origin, port), limits(origin), rng(origin.seed)
        yield World(loop, upstream, hints, *asking, net, origin.zones is not None, where)


def policy(origin: StartingPoint, port: int) -> ResolverPolicy:
    return ResolverPolicy(port=port, tcp=origin.tcp, ipv6=origin.ipv6, qmin=origin.qmin, all_paths=origin.all_paths)


def limits(origin: StartingPoint) -> ResolutionLimits:
    """The bounds; a longer timeout for one server allows more time for all of them in proportion."""
    return ResolutionLimits(origin.timeout_s, max(4.5 * origin.timeout_s, 0.5), origin.max_queries)


def rng(seed: int | None) -> Rng:
    """The kernel's random numbers, which nobody can foresee (RFC 5452 §9.2), or those of a seed, to repeat a run."""
    return random.SystemRandom() if seed is None else random.Random(seed)


def given_roots(origin: StartingPoint) -> Iterator[tuple[Name, tuple[str, ...]]]:
    """The root servers of --root, --root-hints or --live. UsageError for what is no address, or no hints."""
    if origin.live:
        for letter, address in REAL_ROOTS:
            yield from_text(f"{letter}.root-servers.net"), (address,)
    for number, text in enumerate(origin.roots, 1):
        try:
            yield from_text(f"root-{number}.given."), (str(ipaddress.ip_address(text.strip("[]"))),)
        except ValueError:
            raise UsageError(f"--root: '{text}' is no IP address", "its port is --port") from None
    if origin.root_hints:
        yield from hinted(origin.root_hints)


def hinted(path: Path) -> Iterator[tuple[Name, tuple[str, ...]]]:
    """NS records of the root and their addresses, from a file such as https://www.internic.net/domain/named.root."""
    source = zone.read_file(path)
    rrsets = zone.parse_records(zone.ZoneText(ROOT, source.text, source.where))
    addresses: dict[Name, list[str]] = {}
    for rrset in rrsets:
        if rrset.rtype in (A, AAAA):
            addresses.setdefault(rrset.owner, []).extend(map(address_text, rrset.data))
    servers = [server for rrset in rrsets if rrset.rtype == NS and rrset.owner == ROOT for server in rrset.targets()]
    known = [(server, tuple(addresses[server])) for server in servers if server in addresses]
    if not known:
        raise UsageError(f"{path}: no NS record of the root with an address")
    yield from known


def question_name(text: str) -> Name:
    """A name to be asked for. UsageError."""
    name = from_text(text)
    if wire_length(name) > 255:
        raise UsageError(f"'{to_text(name)[:40]}…' is longer than 255 octets")
    return name
