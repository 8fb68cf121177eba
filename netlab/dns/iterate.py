"""Iteration: from the deepest zone that is known, down referral by referral, to the answer (RFC 1034 §5.3.3).

No sockets and no clock here. A resolution is a generator: it yields an Exchange ("send this query to that server"),
is sent a Heard ("this came, at this time"), and returns an Answer. Sub-lookups are generators too, so the address of a
name server is found by `yield from`, as deep as need be, and all of it draws on one budget of queries and one deadline.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from netlab.dns.cache import Cache, Rank, ServersSeen
from netlab.dns.exchange import Exchange, Heard, Rng, Server, open_exchange
from netlab.dns.message import FLAG_NAMES
from netlab.dns.names import Name, below, to_text, within
from netlab.dns.readings import Kind, Reading, interpret, synthesise
from netlab.dns.records import (
    A, AAAA, ANY, CNAME, NOERROR, NXDOMAIN, SERVFAIL, YXDOMAIN, RRset, address_text, rcode_text, type_text,
)  # fmt: skip
from netlab.dns.steps import Answer, Step

Asking = Generator[Exchange, Heard, "Answer"]
MOST_MINIMISED = 10  # RFC 9156 §2.3, MAX_MINIMISE_COUNT


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one resolution, all sub-lookups included. Times in seconds."""

    timeout_s: float = 1.0
    total_s: float = 4.5
    max_queries: int = 100
    max_aliases: int = 12
    max_depth: int = 6
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """How to ask."""

    port: int = 53
    tcp: bool = False
    ipv4: bool = True
    ipv6: bool = False
    qmin: bool = False
    all_paths: bool = False
    edns_bytes: int | None = 1232  # what fits into one packet on any path: dnsflagday.net/2020


@dataclass(frozen=True, slots=True)
class Delegation:
    """The servers of a zone, in the order of the NS records: (name, its addresses as far as they are known)."""

    zone: Name
    servers: tuple[tuple[Name, tuple[str, ...]], ...]


@dataclass(slots=True)
class Resolver:
    """What all resolutions share: where the root is, how to ask, what is remembered."""

    hints: Delegation
    rng: Rng
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    cache: Cache = field(default_factory=Cache)
    seen: ServersSeen = field(default_factory=ServersSeen)


class GaveUp(Exception):
    """The budget of the whole resolution is spent; its text says which."""


class Resolution:
    """One question. `steps` is the story so far; `sent` counts queries, `ignored` replies that did not match."""

    def __init__(self, resolver: Resolver, name: Name, rtype: int, now_s: float) -> None:
        self.name, self.rtype = name, rtype
        self.steps: list[Step] = []
        self.sent = self.sent_bytes = self.received_bytes = self.ignored = self.cache_hits = 0
        self.differences: list[str] = []
        self._resolver, self._cache = resolver, resolver.cache
        self._policy, self._limits = resolver.policy, resolver.limits
        self._now_s = now_s
        self._deadline_s = now_s + resolver.limits.total_s
        self._under_way: list[Name] = []  # name servers whose addresses are being looked up, outermost first
        self._hopeless: dict[Name, str] = {}  # name servers without an address, and why
        self._purpose = ""

    def run(self) -> Asking:
        """Resolve. Never raises for what servers do: that is an Answer with SERVFAIL and a reason."""
        try:
            return (yield from self._lookup(self.name, self.rtype, 0))
        except GaveUp as spent:
            return Answer(SERVFAIL, reason=str(spent))

    def _lookup(self, name: Name, rtype: int, depth: int) -> Asking:
        """One name to the end of its aliases."""
        result = Answer(NOERROR)
        seen, cached = {name}, True
        while True:
            before = self.sent
            reading = self._remembered(name, rtype, depth) or (yield from self._descend(name, rtype, depth))
            cached = cached and self.sent == before
            result.answer += reading.aliases
            if reading.kind is Kind.ALIAS:
                passed = [alias.targets()[0] for alias in reading.aliases if alias.rtype == CNAME]
                again = next((each for each in passed if each in seen), None)
                seen.update(passed)
                if again is not None:
                    return self._failed(result, f"aliases go round in a circle: {to_text(again)} leads back to itself")
                if len(seen) > self._limits.max_aliases:
                    return self._failed(result, f"more than {self._limits.max_aliases} aliases in a row")
                name = reading.name
                continue
            result.from_cache = cached
            result.reason = reading.reason
            if reading.kind is Kind.ANSWER:
                result.answer += reading.answer
            elif reading.kind is Kind.NXDOMAIN or reading.kind is Kind.NODATA:
                result.rcode = NXDOMAIN if reading.kind is Kind.NXDOMAIN else NOERROR
                result.authority = [reading.soa] if reading.soa else []
            elif reading.kind is Kind.YXDOMAIN:
                result.rcode = YXDOMAIN
            else:
                return self._failed(result, reading.reason)
            return result

    def _failed(self, result: Answer, reason: str) -> Answer:
        result.rcode, result.reason = SERVFAIL, reason
        return result

    # --- what is known already

    def _remembered(self, name: Name, rtype: int, depth: int) -> Reading | None:
        """The reading that the cache allows without asking, as a step of its own."""
        now_s, cache = self._now_s, self._cache
        entry = cache.get(name, rtype, now_s)
        reading = None
        if entry is not None and entry.rrset is not None:
            reading = Reading(Kind.ANSWER, name, answer=[entry.aged(entry.rrset, now_s)])
        elif entry is not None and entry.soa is not None:
            kind = Kind.NXDOMAIN if entry.rcode == NXDOMAIN else Kind.NODATA
            reading = Reading(kind, name, soa=entry.aged(entry.soa, now_s), reason="remembered as not there (RFC 2308)")
        elif rtype not in (CNAME, ANY):
            entry = cache.get(name, CNAME, now_s)
            if entry is not None and entry.rrset is not None:
                alias = entry.aged(entry.rrset, now_s)
                reading = Reading(Kind.ALIAS, alias.targets()[0], aliases=[alias])
            elif (above := cache.dname_above(name, now_s)) is not None:
                reading, entry = self._by_dname(above[1].aged(above[0], now_s), name), above[1]
        if depth == 0:
            cache.hits += reading is not None
            cache.misses += reading is None
        if reading is None or entry is None:
            return None
        self.cache_hits += 1
        found = reading.aliases + reading.answer
        step = Step(depth, self._purpose, reading.soa.owner if reading.soa else name, name, rtype, Kind.CACHED, answer=found,
                    authority=[reading.soa] if reading.soa else [], rcode=entry.rcode)  # fmt: skip
        step.found = f"{reading.kind} from the cache, for {entry.left(now_s)} s more"
        if reading.kind is Kind.ALIAS:
            step.then = f"go on with {to_text(reading.name)}"
        self.steps.append(step)
        return reading

    def _by_dname(self, dname: RRset, name: Name) -> Reading:
        cname = synthesise(dname, name)
        if cname is None:
            return Reading(Kind.YXDOMAIN, name, aliases=[dname], reason="the DNAME makes a name of more than 255 octets")
        return Reading(Kind.ALIAS, cname.targets()[0], aliases=[dname, cname])

    def _start(self, name: Name) -> tuple[Delegation, str]:
        """The deepest zone above `name` whose servers can be asked, and why it is that one."""
        for ns in self._cache.nearest_ns(name, self._now_s):
            found = self._delegation(ns)
            # Servers named within their own zone, and no address left: only the parent can tell it again.
            if any(addresses or not within(server, ns.owner) for server, addresses in found.servers):
                return found, f"the cache knows the servers of {to_text(ns.owner)}"
        return self.hints(), "nothing nearer is known than the root"

    def hints(self) -> Delegation:
        """The root, as it was given."""
        return self._resolver.hints

    def _delegation(self, ns: RRset) -> Delegation:
        return Delegation(ns.owner, tuple((server, tuple(self._addresses(server))) for server in ns.targets()))

    def _addresses(self, server: Name) -> Iterator[str]:
        """Addresses of a name server that are remembered, glue included."""
        for wanted, rtype in ((self._policy.ipv4, A), (self._policy.ipv6, AAAA)):
            entry = self._cache.get(server, rtype, self._now_s, Rank.GLUE) if wanted else None
            if entry is not None and entry.rrset is not None:
                yield from map(address_text, entry.rrset.data)

    # --- going down

    def _descend(self, name: Name, rtype: int, depth: int) -> Generator[Exchange, Heard, Reading]:
        """From the nearest zone known to the reading that answers. Each referral is deeper, so this ends."""
        delegation, why = self._start(name)
        shown = len(delegation.zone) + 1  # labels that the servers get to see, with query name minimisation
        minimised = 0
        while True:
            whole = not self._policy.qmin or shown >= len(name) or minimised >= MOST_MINIMISED
            asked, asked_type = (name, rtype) if whole else (name[len(name) - shown :], A)  # A: RFC 9156 §2.1
            minimised += not whole
            reading = yield from self._ask_zone(delegation, asked, asked_type, depth, why)
            if reading.kind is Kind.REFERRAL and reading.ns is not None:
                delegation = self._delegation(reading.ns)
                shown = len(delegation.zone) + 1
                why = f"{to_text(delegation.zone)} was delegated to it"
            elif whole:
                return reading
            elif reading.kind in (Kind.ANSWER, Kind.NODATA, Kind.ALIAS):
                shown += 1
                why = f"no referral at {to_text(asked)}, so show one label more (RFC 9156)"
            else:  # some servers deny empty non-terminals, or fail: ask them what they are asked every day
                minimised = MOST_MINIMISED
                why = f"{reading.reason or reading.kind} at {to_text(asked)}, so ask the whole name (RFC 9156 §3)"

    def _ask_zone(self, zone: Delegation, name: Name, rtype: int, depth: int, why: str) -> Generator[Exchange, Heard, Reading]:
        """Ask the servers of a zone, one after the other, until one is of use: those with addresses first."""
        last = Reading(Kind.LAME, name, reason=f"no server of {to_text(zone.zone)} has an address")
        ready: list[Server] = []
        lookups: list[Name] = []
        for server, addresses in zone.servers:
            ready += [Server(server, address, self._policy.port) for address in addresses]
            if not addresses:
                lookups.append(server)
        ready.sort(key=lambda server: self._resolver.seen.rests(server.address, self._now_s))  # stable: NS order else
        useful: Reading | None = None
        silent: list[Server] = []
        tried = 0
        while ready or lookups:
            if not ready:
                ready = yield from self._find_server(zone, lookups[0], depth)
                if not ready and useful is None:
                    last = Reading(Kind.LAME, name, reason=f"{to_text(lookups[0])}: {self._hopeless[lookups[0]]}")
                del lookups[0]
                continue
            server = ready.pop(0)
            tried += 1
            reason = why if tried == 1 else f"server {tried} of {to_text(zone.zone)}; the one before: {last.reason}"
            if useful is not None:
                reason = f"all paths: server {tried} of {to_text(zone.zone)}"
            reading = yield from self._ask_server(zone.zone, server, name, rtype, depth, reason)
            if reading.kind in (Kind.LAME, Kind.TIMEOUT, Kind.UNREACHABLE):
                if reading.kind is Kind.TIMEOUT:
                    silent.append(server)
                if useful is None:
                    last = reading
                    self._go_on(ready, lookups, zone)
                continue
            if not self._policy.all_paths:
                return reading
            self.steps[-1].extra = useful is not None
            useful = useful or reading
        if useful is not None:
            self._compare(zone)
            return useful
        for server in silent * (self._limits.rounds - 1):  # packets do get lost
            reading = yield from self._ask_server(zone.zone, server, name, rtype, depth, "a second try: packets do get lost")
            if reading.kind not in (Kind.LAME, Kind.TIMEOUT, Kind.UNREACHABLE):
                return reading
            last = reading
        return Reading(Kind.LAME, name, reason=f"no server of {to_text(zone.zone)} is of use; the last one: {last.reason}")

    def _go_on(self, ready: list[Server], lookups: list[Name], zone: Delegation) -> None:
        """Say in the step just made what follows from its failure."""
        if ready:
            self.steps[-1].then = f"ask the next server, {to_text(ready[0].name)}"
        elif lookups:
            self.steps[-1].then = f"find the address of the next server, {to_text(lookups[0])}"
        else:
            self.steps[-1].then = f"{to_text(zone.zone)} has no other server"

    def _find_server(self, zone: Delegation, server: Name, depth: int) -> Generator[Exchange, Heard, list[Server]]:
        """The addresses of a name server that came without: a lookup of its own, unless it cannot succeed."""
        known = list(self._addresses(server))
        if known:
            return [Server(server, address, self._policy.port) for address in known]
        hopeless = self._hopeless.get(server)
        if hopeless is None:
            if within(server, zone.zone) and zone.zone:
                hopeless = f"it lies in {to_text(zone.zone)} itself, and its address (glue) did not come with the referral"
            elif server in self._under_way:
                hopeless = "its address is what is being looked up already: a circle of delegations"
            elif depth >= self._limits.max_depth:
                hopeless = f"that would be the {depth + 1}th lookup within a lookup"
        if hopeless is None:
            found: list[Server] = []
            outer, self._purpose = self._purpose, f"the address of {to_text(server)}, a server of {to_text(zone.zone)}"
            self._under_way.append(server)
            for wanted, rtype in ((self._policy.ipv4, A), (self._policy.ipv6, AAAA)):
                if not wanted or (found and rtype == AAAA):
                    continue
                answer = yield from self._lookup(server, rtype, depth + 1)
                for rrset in answer.answer:
                    if rrset.rtype == rtype:
                        found += [Server(server, address_text(data), self._policy.port) for data in rrset.data]
                if answer.rcode != NOERROR:
                    hopeless = f"{rcode_text(answer.rcode)} for its address"
            self._under_way.pop()
            self._purpose = outer
            if found:
                return found
            hopeless = hopeless or "it has no address"
        self._hopeless[server] = hopeless
        step = Step(depth, self._purpose, zone.zone, server, A, Kind.SKIPPED, server=server, found=hopeless)
        step.then = "so this server cannot be asked"
        self.steps.append(step)
        return []

    # --- one server

    def _ask_server(
        self, zone: Name, server: Server, name: Name, rtype: int, depth: int, why: str
    ) -> Generator[Exchange, Heard, Reading]:
        """Ask one server, by TCP or without EDNS where it turns out that it must be so."""
        tcp = self._policy.tcp
        edns = self._policy.edns_bytes if self._resolver.seen.takes_edns(server.address) else None
        while True:
            reading = yield from self._one_query(zone, server, name, rtype, depth, why, tcp, edns)
            step = self.steps[-1]
            if reading.kind is Kind.TRUNCATED and not tcp:
                tcp = True
                step.then, why = "ask the same server again over TCP", "the answer did not fit into a datagram (RFC 7766)"
            elif reading.kind is Kind.TRUNCATED:
                reading.kind, reading.reason = Kind.LAME, "the answer does not fit even into TCP's 65,535 octets"
            elif reading.kind is Kind.NO_EDNS and edns is not None:
                edns = None
                self._resolver.seen.knows_no_edns(server.address)
                step.then, why = "ask again without EDNS", "it answered FORMERR; perhaps it does not know EDNS (RFC 6891 §7)"
            elif reading.kind is Kind.NO_EDNS:
                reading.kind, reading.reason = Kind.LAME, "lame: FORMERR, even without EDNS"
            elif reading.kind is Kind.TIMEOUT and reading.reason == _CASE_LOST and not tcp:
                tcp = True
                step.then, why = "ask again over TCP, which is hard to forge", _CASE_LOST
            else:
                return reading

    def _one_query(
        self, zone: Name, server: Server, name: Name, rtype: int, depth: int, why: str, tcp: bool, edns: int | None
    ) -> Generator[Exchange, Heard, Reading]:
        left_s = self._deadline_s - self._now_s
        if self.sent >= self._limits.max_queries:
            raise GaveUp(f"the budget of {self._limits.max_queries} queries for one question is spent")
        if left_s <= 0:
            raise GaveUp(f"the {self._limits.total_s:g} s for one question are over")
        exchange = open_exchange(
            self._resolver.rng, server, name, rtype, transport="tcp" if tcp else "udp",
            timeout_s=min(self._limits.timeout_s, left_s), edns_bytes=edns,
        )  # fmt: skip
        step = Step(
            depth, self._purpose, zone, name, rtype, Kind.TIMEOUT, why, server=server.name, address=server.address,
            port=server.port, transport=exchange.transport, edns=edns is not None, started_s=self._now_s,
            sent_bytes=len(exchange.payload),
        )  # fmt: skip
        self.steps.append(step)
        self.sent += 1
        self.sent_bytes += step.sent_bytes
        heard = yield exchange
        step.started_s = self._now_s if heard.sent_s is None else heard.sent_s
        step.rtt_s = heard.now_s - step.started_s
        self._now_s = heard.now_s
        step.ignored, step.ignored_words = exchange.ignored, exchange.ignored_words
        self.ignored += exchange.ignored
        if heard.message is None:
            return self._unanswered(step, exchange, heard)
        self._resolver.seen.spoke(server.address)
        reply = heard.message
        step.received_bytes, step.rcode = reply.size, reply.rcode
        self.received_bytes += reply.size
        step.flags = [flag for bit, flag in FLAG_NAMES if reply.flags & bit]
        step.answer, step.authority, step.additional = reply.answer, reply.authority, reply.additional
        reading = interpret(reply, name, rtype, zone)
        step.kind, step.dropped, step.found = reading.kind, reading.dropped, reading.reason
        self._learn(reading, name, rtype)
        self._explain(step, reading)
        return reading

    def _unanswered(self, step: Step, exchange: Exchange, heard: Heard) -> Reading:
        kind, reason = Kind.TIMEOUT, heard.problem or "timeout"
        if heard.problem:
            kind = Kind.UNREACHABLE
        elif exchange.case_lost:
            reason = _CASE_LOST
        elif exchange.other_question:
            kind, reason = Kind.LAME, "lame: it answers another question than it was asked"
        if kind is not Kind.LAME and not exchange.case_lost:
            self._resolver.seen.silent(exchange.server.address, self._now_s)
        step.kind, step.found = kind, reason
        return Reading(kind, step.name, reason=reason)

    def _learn(self, reading: Reading, name: Name, rtype: int) -> None:
        """Put into the cache what the reading believes."""
        cache, now_s = self._cache, self._now_s
        rank = Rank.AUTHORITATIVE if reading.authoritative else Rank.ANSWER
        for rrset in reading.aliases:
            cache.put(rrset, rank, now_s)
        if reading.kind is Kind.ANSWER and rtype != ANY:
            for rrset in reading.answer:
                cache.put(rrset, rank, now_s)
        elif reading.kind is Kind.NXDOMAIN:
            cache.put_negative(reading.name, rtype, NXDOMAIN, reading.soa, now_s)
        elif reading.kind is Kind.NODATA:
            cache.put_negative(reading.name, rtype, NOERROR, reading.soa, now_s)
        elif reading.kind is Kind.REFERRAL and reading.ns is not None:
            cache.put(reading.ns, Rank.REFERRAL, now_s)
            for rrset in reading.glue:
                cache.put(rrset, Rank.GLUE, now_s)

    def _explain(self, step: Step, reading: Reading) -> None:
        """What the reply says and what follows from it, in words."""
        if reading.kind is Kind.REFERRAL and reading.ns is not None:
            names = reading.ns.targets()
            step.found = f"it does not know, but {to_text(reading.ns.owner)} is in the hands of {_some(names)}"
            have = [server for server in names if any(True for _ in self._addresses(server))]
            if have:
                step.then = f"ask {to_text(have[0])}, whose address came with the referral (glue)"
                if not any(rrset.owner == have[0] for rrset in reading.glue):
                    step.then = f"ask {to_text(have[0])}, whose address is in the cache"
            else:
                step.then = f"no address came with it: first find that of {to_text(names[0])}"
        elif reading.kind is Kind.ALIAS:
            step.found = f"an alias: {to_text(step.name)} is {to_text(reading.name)}"
            place = "at the nearest zone known, as it may lie anywhere" if not below(reading.name, step.zone) else "from here"
            step.then = f"start again for {to_text(reading.name)}, {place}"
        elif reading.kind is Kind.ANSWER:
            step.found = f"the answer, {'from the zone itself (aa)' if reading.authoritative else 'not marked authoritative'}"
            if reading.aliases:
                step.found = f"an alias to {to_text(reading.name)}, and the answer for that, too"

    def _compare(self, zone: Delegation) -> None:
        """With all paths: where the servers of one zone say different things."""
        last = [step for step in self.steps if step.zone == zone.zone and step.asked and step.rtt_s is not None]
        told = {}
        for step in last:
            facts = {(each.owner, each.rtype, tuple(sorted(each.data))) for each in step.answer + step.authority}
            told.setdefault((step.name, step.rtype), []).append((step, frozenset(facts), step.rcode))
        for (name, rtype), answers in told.items():
            first = answers[0]
            for step, facts, rcode in answers[1:]:
                if (facts, rcode) != first[1:]:
                    self.differences.append(
                        f"{to_text(name)} {type_text(rtype)}: {_who(step)} says otherwise than {_who(first[0])}"
                    )


_CASE_LOST = "it does not repeat upper and lower case of the question, so its reply over UDP cannot be told from a forged one"


def _who(step: Step) -> str:
    return f"{to_text(step.server or ())} ({step.address})"


def _some(names: list[Name]) -> str:
    shown = ", ".join(map(to_text, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
