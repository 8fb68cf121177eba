"""An Internet on paper: the same servers, resolver and zones, without a socket and with a clock that only we move."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from netlab.dns import topology
from netlab.dns.authority import Authority
from netlab.dns.exchange import Query, Reply
from netlab.dns.iterate import Resolution
from netlab.dns.message import FormatError
from netlab.dns.mini_internet import hints_of
from netlab.dns.names import from_text, to_text
from netlab.dns.records import RRset, rcode_text, type_from_text, type_text
from netlab.dns.resolver import ResolutionLimits, Resolver, ResolverPolicy
from netlab.dns.steps import ResolutionStep, TracedAnswer
from netlab.dns.zone import Zone

PORT = 53
RTT_S = 0.001


@cache
def _embedded() -> topology.Topology:
    """Read once: reading the zone files takes longer than most tests."""
    return topology.load(topology.EMBEDDED)


def _copied(server: topology.ServerPlan) -> topology.ServerPlan:
    """With zones that a test may change."""
    return replace(server, zones=[Zone(zone.origin, zone.rrsets()) for zone in server.zones])


def set_text(rrset: RRset) -> list[str]:
    """One line a record: owner, TTL, type and data."""
    return [f"{to_text(rrset.owner)} {rrset.ttl} {type_text(rrset.rtype)} {text}" for text in rrset.texts()]


@dataclass
class Told:
    """How a resolution on paper ended, and how long it took by its clock."""

    answer: TracedAnswer
    resolution: Resolution
    took_s: float

    @property
    def rcode(self) -> str:
        return rcode_text(self.answer.rcode)

    @property
    def records(self) -> list[str]:
        return [line for rrset in self.answer.answer for line in set_text(rrset)]

    @property
    def data(self) -> list[str]:
        return [line.split(" ", 3)[3] for line in self.records]

    @property
    def steps(self) -> list[ResolutionStep]:
        return self.resolution.steps

    @property
    def kinds(self) -> list[str]:
        return [str(step.kind) for step in self.steps]


@dataclass
class Paper:
    """Servers by address. `interfere` may change what a server replies: (exchange, replies) → replies with their
    sources."""

    servers: dict[str, Authority]
    roots: list[tuple[str, str]]
    now_s: float = 1000.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    interfere: Callable[[Query, list[bytes]], list[tuple[bytes, str, int]]] | None = None
    down: set[str] = field(default_factory=set)

    @classmethod
    def embedded(cls) -> Paper:
        plan = _embedded()
        servers = {server.address: _copied(server).authority() for server in plan.servers}
        for server in plan.servers:
            for origin, primary in server.secondary.items():
                source = servers[primary].zones[origin]
                servers[server.address].zones[origin] = Zone(origin, source.rrsets())
        return cls(servers, plan.roots)

    def resolver(self, **policy: Any) -> Resolver:
        limits = ResolutionLimits(
            **{name: policy.pop(name) for name in list(policy) if name in ResolutionLimits.__slots__}
        )
        return Resolver(hints_of(self.roots), random.Random(7), ResolverPolicy(port=PORT, **policy), limits)

    def resolve(self, name: str, rtype: str = "A", resolver: Resolver | None = None, **policy: Any) -> Told:
        resolver = resolver or self.resolver(**policy)
        began_s = self.now_s
        resolution = Resolution(resolver, from_text(name), type_from_text(rtype), self.now_s)
        return Told(self.drive(resolution.run()), resolution, self.now_s - began_s)

    def drive(self, asking: Generator[Query, Reply, TracedAnswer]) -> TracedAnswer:
        try:
            exchange = next(asking)
            while True:
                exchange = asking.send(self._exchange(exchange))
        except StopIteration as ended:
            answer: TracedAnswer = ended.value
            return answer

    def _exchange(self, exchange: Query) -> Reply:
        address = exchange.server.address
        self.asked.append((address, exchange.transport))
        server = self.servers.get(address)
        sent_s = self.now_s
        if server is None:
            self.now_s += RTT_S
            return Reply(self.now_s, None, "connection refused", sent_s)
        replies = (
            [] if address in self.down else server.handle(exchange.payload, "127.0.0.1", exchange.transport == "tcp")
        )
        came = [(reply, address, PORT) for reply in replies]
        if self.interfere:
            came = self.interfere(exchange, replies)
        for data, source, port in came:
            try:
                message = exchange.accept(data, source, port)
            except FormatError as error:
                self.now_s += RTT_S
                return Reply(self.now_s, None, f"a broken reply: {error}", sent_s)
            if message is not None:
                self.now_s += RTT_S
                return Reply(self.now_s, message, "", sent_s)
            if exchange.case_lost and exchange.transport == "udp":
                break
        self.now_s += exchange.timeout_s
        return Reply(self.now_s, None, "", sent_s)
