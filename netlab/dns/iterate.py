"""Iteration: from the deepest zone that is known, down referral by referral, to the answer (RFC 1034 §5.3.3).

No sockets and no clock here. A resolution is a generator: it yields a Query ("send this to that server"), is sent a
Reply ("this came, at this time"), and returns a TracedAnswer. Sub-lookups are generators too, so the address of a name
server is found by `yield from`, as deep as need be, and all of it draws on one budget of queries and one deadline.
"""

from __future__ import annotations

from collections.abc import Generator

from netlab.dns.cache import Rank
from netlab.dns.exchange import NameServer, Query, Reply
from netlab.dns.names import Name, to_text, within
from netlab.dns.paths import differences
from netlab.dns.questioner import BudgetSpent, QuerySteps, Questioner
from netlab.dns.readings import Outcome, Reading, synthesise
from netlab.dns.records import (
    AAAA,
    ANY,
    CNAME,
    NOERROR,
    NXDOMAIN,
    SERVFAIL,
    YXDOMAIN,
    A,
    RRset,
    address_text,
    rcode_text,
)
from netlab.dns.resolver import Delegation, Resolver
from netlab.dns.steps import ResolutionStep, TracedAnswer

Asking = Generator[Query, Reply, TracedAnswer]
MOST_MINIMISED = 10  # RFC 9156 §2.3, MAX_MINIMISE_COUNT
OF_NO_USE = (Outcome.LAME, Outcome.TIMEOUT, Outcome.UNREACHABLE)


class Resolution:
    """One question. `steps` is the story so far; `sent` counts queries, `ignored` replies that did not match."""

    def __init__(self, resolver: Resolver, name: Name, rtype: int, now_s: float) -> None:
        self.name, self.rtype = name, rtype
        self.cache_hits = 0
        self.differences: list[str] = []
        self._questions = Questioner(resolver, now_s)
        self._resolver, self._cache = resolver, resolver.cache
        self._policy, self._limits = resolver.policy, resolver.limits
        self._under_way: list[Name] = []  # name servers whose addresses are being looked up, outermost first
        self._hopeless: dict[Name, str] = {}  # name servers without an address, and why

    @property
    def steps(self) -> list[ResolutionStep]:
        """What happened, in order."""
        return self._questions.steps

    @property
    def sent(self) -> int:
        """Queries sent."""
        return self._questions.sent

    @property
    def sent_bytes(self) -> int:
        """Octets of all queries."""
        return self._questions.sent_bytes

    @property
    def received_bytes(self) -> int:
        """Octets of all replies that counted."""
        return self._questions.received_bytes

    @property
    def ignored(self) -> int:
        """Replies that did not match their query."""
        return self._questions.ignored

    def run(self) -> Asking:
        """Resolve. Never raises for what servers do: that is an Answer with SERVFAIL and a reason."""
        try:
            return (yield from self._lookup(self.name, self.rtype, 0))
        except BudgetSpent as spent:
            return TracedAnswer(SERVFAIL, reason=str(spent))

    def _lookup(self, name: Name, rtype: int, depth: int) -> Asking:
        """One name to the end of its aliases."""
        result = TracedAnswer(NOERROR)
        seen, cached = {name}, True
        while True:
            before = self.sent
            reading = self._remembered(name, rtype, depth) or (yield from self._descend(name, rtype, depth))
            cached = cached and self.sent == before
            result.answer += reading.aliases
            if reading.kind is Outcome.ALIAS:
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
            if reading.kind is Outcome.ANSWER:
                result.answer += reading.answer
            elif reading.kind is Outcome.NXDOMAIN or reading.kind is Outcome.NODATA:
                result.rcode = NXDOMAIN if reading.kind is Outcome.NXDOMAIN else NOERROR
                result.authority = [reading.soa] if reading.soa else []
            elif reading.kind is Outcome.YXDOMAIN:
                result.rcode = YXDOMAIN
            else:
                return self._failed(result, reading.reason)
            return result

    def _failed(self, result: TracedAnswer, reason: str) -> TracedAnswer:
        result.rcode, result.reason = SERVFAIL, reason
        return result

    # --- what is known already

    def _remembered(self, name: Name, rtype: int, depth: int) -> Reading | None:
        """The reading that the cache allows without asking, as a step of its own."""
        now_s, cache = self._questions.now_s, self._cache
        entry = cache.get(name, rtype, now_s)
        reading = None
        if entry is not None and entry.rrset is not None:
            reading = Reading(Outcome.ANSWER, name, answer=[entry.aged(entry.rrset, now_s)])
        elif entry is not None and entry.soa is not None:
            kind = Outcome.NXDOMAIN if entry.rcode == NXDOMAIN else Outcome.NODATA
            reading = Reading(kind, name, soa=entry.aged(entry.soa, now_s), reason="remembered as not there (RFC 2308)")
        elif rtype not in (CNAME, ANY):
            entry = cache.get(name, CNAME, now_s)
            if entry is not None and entry.rrset is not None:
                alias = entry.aged(entry.rrset, now_s)
                reading = Reading(Outcome.ALIAS, alias.targets()[0], aliases=[alias])
            elif (above := cache.dname_above(name, now_s)) is not None:
                reading, entry = self._by_dname(above[1].aged(above[0], now_s), name), above[1]
        if depth == 0:
            cache.hits += reading is not None
        if reading is None or entry is None:
            return None
        self.cache_hits += 1
        found = reading.aliases + reading.answer
        step = ResolutionStep(
            depth,
            self._questions.purpose,
            reading.soa.owner if reading.soa else name,
            name,
            rtype,
            Outcome.CACHED,
            answer=found,
            authority=[reading.soa] if reading.soa else [],
            rcode=entry.rcode,
        )
        step.found = f"{reading.kind} from the cache, for {entry.left(now_s)} s more"
        if reading.kind is Outcome.ALIAS:
            step.then = f"go on with {to_text(reading.name)}"
        self._questions.steps.append(step)
        return reading

    def _by_dname(self, dname: RRset, name: Name) -> Reading:
        cname = synthesise(dname, name)
        if cname is None:
            return Reading(
                Outcome.YXDOMAIN, name, aliases=[dname], reason="the DNAME makes a name of more than 255 octets"
            )
        return Reading(Outcome.ALIAS, cname.targets()[0], aliases=[dname, cname])

    def _start(self, name: Name) -> tuple[Delegation, str]:
        """The deepest zone above `name` whose servers can be asked, and why it is that one."""
        for ns in self._cache.nearest_ns(name, self._questions.now_s):
            found = self._delegation(ns)
            # Servers named within their own zone, and no address left: only the parent can tell it again.
            if any(addresses or not within(server, ns.owner) for server, addresses in found.servers):
                return found, f"the cache knows the servers of {to_text(ns.owner)}"
        return self.hints(), "nothing nearer is known than the root"

    def hints(self) -> Delegation:
        """The root, as it was given."""
        return self._resolver.hints

    def _delegation(self, ns: RRset) -> Delegation:
        return Delegation(
            ns.owner, tuple((server, tuple(self._questions.addresses(server))) for server in ns.targets())
        )

    # --- going down

    def _descend(self, name: Name, rtype: int, depth: int) -> QuerySteps:
        """From the nearest zone known to the reading that answers. Each referral is deeper, so this ends."""
        delegation, why = self._start(name)
        shown = len(delegation.zone) + 1  # labels that the servers get to see, with query name minimisation
        minimised = 0
        while True:
            whole = not self._policy.qmin or shown >= len(name) or minimised >= MOST_MINIMISED
            asked, asked_type = (name, rtype) if whole else (name[len(name) - shown :], A)  # A: RFC 9156 §2.1
            minimised += not whole
            reading = yield from self._ask_zone(delegation, asked, asked_type, depth, why)
            if reading.kind is Outcome.REFERRAL and reading.ns is not None:
                delegation = self._delegation(reading.ns)
                shown = len(delegation.zone) + 1
                why = f"{to_text(delegation.zone)} was delegated to it"
            elif whole:
                return reading
            elif reading.kind in (Outcome.ANSWER, Outcome.NODATA, Outcome.ALIAS):
                shown += 1
                why = f"no referral at {to_text(asked)}, so show one label more (RFC 9156)"
            else:  # some servers deny empty non-terminals, or fail: ask them what they are asked every day
                minimised = MOST_MINIMISED
                why = f"{reading.reason or reading.kind} at {to_text(asked)}, so ask the whole name (RFC 9156 §3)"

    def _ask_zone(self, zone: Delegation, name: Name, rtype: int, depth: int, why: str) -> QuerySteps:
        """Ask the servers of a zone, one after the other, until one is of use: those with addresses first."""
        last = Reading(Outcome.LAME, name, reason=f"no server of {to_text(zone.zone)} has an address")
        ready = self._addressed(zone)
        lookups = [ns_name for ns_name, addresses in zone.servers if not addresses]
        useful: Reading | None = None
        silent: list[NameServer] = []
        tried, began = 0, len(self.steps)
        while ready or lookups:
            if not ready:
                ready = yield from self._find_server(zone, lookups[0], depth)
                if not ready and useful is None:
                    last = Reading(Outcome.LAME, name, reason=f"{to_text(lookups[0])}: {self._hopeless[lookups[0]]}")
                del lookups[0]
                continue
            server = ready.pop(0)
            tried += 1
            reason = why if tried == 1 else f"server {tried} of {to_text(zone.zone)}; the one before: {last.reason}"
            if useful is not None:
                reason = f"all paths: server {tried} of {to_text(zone.zone)}"
            reading = yield from self._questions.ask_server(zone.zone, server, name, rtype, depth, reason)
            if reading.kind in OF_NO_USE:
                if reading.kind is Outcome.TIMEOUT:
                    silent.append(server)
                if useful is None:
                    last = reading
                    self._go_on(ready, lookups, zone)
                continue
            if not self._policy.all_paths:
                return reading
            self._questions.steps[-1].extra = useful is not None
            useful = useful or reading
        if useful is not None:
            here = [step for step in self.steps[began:] if (step.zone, step.depth) == (zone.zone, depth)]
            self.differences += [each for each in differences(here) if each not in self.differences]
            return useful
        again = "a second try: packets do get lost"
        for server in silent * (self._limits.rounds - 1):
            reading = yield from self._questions.ask_server(zone.zone, server, name, rtype, depth, again)
            if reading.kind not in OF_NO_USE:
                return reading
            last = reading
        reason = f"no server of {to_text(zone.zone)} is of use; the last one: {last.reason}"
        return Reading(Outcome.LAME, name, reason=reason)

    def _addressed(self, zone: Delegation) -> list[NameServer]:
        """The servers of a zone whose address is known, in the order of NS; those that did not answer lately last."""
        servers = [
            NameServer(ns_name, address, self._policy.port)
            for ns_name, addresses in zone.servers
            for address in addresses
        ]
        return sorted(servers, key=lambda server: self._resolver.seen.rests(server.address, self._questions.now_s))

    def _go_on(self, ready: list[NameServer], lookups: list[Name], zone: Delegation) -> None:
        """Say in the step just made what follows from its failure."""
        if ready:
            self._questions.steps[-1].then = f"ask the next server, {to_text(ready[0].name)}"
        elif lookups:
            self._questions.steps[-1].then = f"find the address of the next server, {to_text(lookups[0])}"
        else:
            self._questions.steps[-1].then = f"{to_text(zone.zone)} has no other server"

    def _find_server(self, zone: Delegation, server: Name, depth: int) -> Generator[Query, Reply, list[NameServer]]:
        """The addresses of a name server that came without: a lookup of its own, unless it cannot succeed."""
        known = list(self._questions.addresses(server))
        if known:
            return [NameServer(server, address, self._policy.port) for address in known]
        hopeless = self._hopeless.get(server) or self._why_hopeless(zone, server, depth)
        if not hopeless:
            found, hopeless = yield from self._look_up_server(zone, server, depth)
            if found:
                return found
        self._hopeless[server] = hopeless
        step = ResolutionStep(
            depth, self._questions.purpose, zone.zone, server, A, Outcome.SKIPPED, server=server, found=hopeless
        )
        step.then = "so this server cannot be asked"
        self._questions.steps.append(step)
        return []

    def _why_hopeless(self, zone: Delegation, server: Name, depth: int) -> str:
        """Why a lookup of this server's address cannot succeed; "" if it may."""
        if within(server, zone.zone) and zone.zone:
            if self._cache.get(server, AAAA, self._questions.now_s, Rank.GLUE):
                return "only an IPv6 address (glue) came with the referral, and IPv6 is not asked (--ipv6)"
            return f"it lies in {to_text(zone.zone)} itself, and its address (glue) did not come with the referral"
        if server in self._under_way:
            return "its address is what is being looked up already: a circle of delegations"
        if depth >= self._limits.max_depth:
            return f"that would be the {depth + 1}th lookup within a lookup"
        return ""

    def _look_up_server(
        self, zone: Delegation, server: Name, depth: int
    ) -> Generator[Query, Reply, tuple[list[NameServer], str]]:
        """A server's addresses, asked for as any name is; where there are none, why."""
        found: list[NameServer] = []
        hopeless = "it has no address"
        outer = self._questions.purpose
        self._questions.purpose = f"the address of {to_text(server)}, a server of {to_text(zone.zone)}"
        self._under_way.append(server)
        for wanted, rtype in ((self._policy.ipv4, A), (self._policy.ipv6, AAAA)):
            if not wanted or (found and rtype == AAAA):
                continue
            answer = yield from self._lookup(server, rtype, depth + 1)
            for rrset in answer.answer:
                if rrset.rtype == rtype:
                    found += [NameServer(server, address_text(data), self._policy.port) for data in rrset.data]
            if answer.rcode != NOERROR:
                hopeless = f"{rcode_text(answer.rcode)} for its address"
        self._under_way.pop()
        self._questions.purpose = outer
        return found, hopeless
