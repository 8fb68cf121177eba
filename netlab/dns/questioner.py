"""One server asked one question, with all that this can take: by TCP if the answer was cut, without EDNS if need be.

A `Questioner` keeps the budget, the deadline and the story of one resolution. Generators throughout: they yield a
Query and are sent a Reply.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from netlab.dns.cache import Rank
from netlab.dns.exchange import NameServer, Query, Reply, open_exchange
from netlab.dns.names import Name, below, to_text
from netlab.dns.readings import Outcome, Reading, interpret
from netlab.dns.records import AAAA, ANY, DNAME, NOERROR, NXDOMAIN, A, address_text
from netlab.dns.resolver import Resolver
from netlab.dns.steps import ResolutionStep

QuerySteps = Generator[Query, Reply, Reading]
_CASE_LOST = (
    "it does not repeat upper and lower case of the question, so its reply over UDP cannot be told from a forged one"
)


class BudgetSpent(Exception):
    """The budget of the whole resolution is spent; its text says which."""


class Questioner:
    """`steps` is the story so far; `sent` counts queries, `ignored` replies that did not match; `now_s` is the time."""

    def __init__(self, resolver: Resolver, now_s: float) -> None:
        self.now_s = now_s
        self.purpose = ""  # what is looked up on the way; nothing for the question itself
        self.steps: list[ResolutionStep] = []
        self.sent = self.sent_bytes = self.received_bytes = self.ignored = 0
        self._resolver, self._cache = resolver, resolver.cache
        self._policy, self._limits = resolver.policy, resolver.limits
        self._deadline_s = now_s + resolver.limits.total_s

    def addresses(self, server: Name) -> Iterator[str]:
        """Addresses of a name server that are remembered, glue included."""
        for wanted, rtype in ((self._policy.ipv4, A), (self._policy.ipv6, AAAA)):
            entry = self._cache.get(server, rtype, self.now_s, Rank.GLUE) if wanted else None
            if entry is not None and entry.rrset is not None:
                yield from map(address_text, entry.rrset.data)

    def ask_server(self, zone: Name, server: NameServer, name: Name, rtype: int, depth: int, why: str) -> QuerySteps:
        """Ask one server, by TCP or without EDNS where it turns out that it must be so."""
        tcp = self._policy.tcp
        edns = self._policy.edns_bytes if self._resolver.seen.takes_edns(server.address) else None
        while True:
            reading = yield from self._one_query(zone, server, name, rtype, depth, why, tcp, edns)
            step = self.steps[-1]
            if reading.kind is Outcome.TRUNCATED and not tcp:
                tcp = True
                step.then, why = (
                    "ask the same server again over TCP",
                    "the answer did not fit into a datagram (RFC 7766)",
                )
            elif reading.kind is Outcome.TRUNCATED:
                return _lame(step, "lame: truncated over TCP, too, where 65,535 octets have room")
            elif reading.kind is Outcome.NO_EDNS and edns is not None:
                edns = None
                self._resolver.seen.knows_no_edns(server.address)
                step.then, why = (
                    "ask again without EDNS",
                    "it answered FORMERR; perhaps it does not know EDNS (RFC 6891 §7)",
                )
            elif reading.kind is Outcome.NO_EDNS:
                return _lame(step, "lame: FORMERR, even without EDNS")
            elif reading.kind is Outcome.TIMEOUT and reading.reason == _CASE_LOST and not tcp:
                tcp = True
                step.then, why = "ask again over TCP, which is hard to forge", _CASE_LOST
            else:
                return reading

    def _one_query(
        self, zone: Name, server: NameServer, name: Name, rtype: int, depth: int, why: str, tcp: bool, edns: int | None
    ) -> QuerySteps:
        left_s = self._deadline_s - self.now_s
        if self.sent >= self._limits.max_queries:
            raise BudgetSpent(f"the budget of {self._limits.max_queries} queries for one question is spent")
        if left_s <= 0:
            raise BudgetSpent(f"the {self._limits.total_s:g} s for one question are over")
        exchange = open_exchange(
            self._resolver.rng,
            server,
            name,
            rtype,
            transport="tcp" if tcp else "udp",
            timeout_s=min(self._limits.timeout_s, left_s),
            edns_bytes=edns,
        )
        step = ResolutionStep(
            depth,
            self.purpose,
            zone,
            name,
            rtype,
            Outcome.TIMEOUT,
            why,
            server=server.name,
            address=server.address,
            port=server.port,
            transport=exchange.transport,
            edns=edns is not None,
            started_s=self.now_s,
            sent_bytes=len(exchange.payload),
        )
        self.steps.append(step)
        self.sent += 1
        self.sent_bytes += step.sent_bytes
        heard = yield exchange
        step.started_s = self.now_s if heard.sent_s is None else heard.sent_s
        step.rtt_s = heard.now_s - step.started_s
        self.now_s = heard.now_s
        step.ignored, step.ignored_words = exchange.ignored, exchange.ignored_words
        self.ignored += exchange.ignored
        if heard.message is None:
            return self._unanswered(step, exchange, heard)
        self._resolver.seen.spoke(server.address)
        reply = heard.message
        step.received_bytes, step.rcode = reply.size, reply.rcode
        self.received_bytes += reply.size
        step.flags = reply.flag_names()
        step.answer, step.authority, step.additional = reply.answer, reply.authority, reply.additional
        reading = interpret(reply, name, rtype, zone)
        step.kind, step.dropped, step.found = reading.kind, reading.dropped, reading.reason
        self._learn(reading, name, rtype)
        self._explain(step, reading)
        return reading

    def _unanswered(self, step: ResolutionStep, exchange: Query, heard: Reply) -> Reading:
        kind, reason = Outcome.TIMEOUT, heard.problem or "timeout"
        if heard.problem:
            kind = Outcome.UNREACHABLE
        elif exchange.case_lost:
            reason = _CASE_LOST
        elif exchange.other_question:
            kind, reason = Outcome.LAME, "lame: it answers another question than it was asked"
        if kind is not Outcome.LAME and not exchange.case_lost:
            self._resolver.seen.silent(exchange.server.address, self.now_s)
        step.kind, step.found = kind, reason
        return Reading(kind, step.name, reason=reason)

    def _learn(self, reading: Reading, name: Name, rtype: int) -> None:
        """Put into the cache what the reading believes."""
        cache, now_s = self._cache, self.now_s
        rank = Rank.AUTHORITATIVE if reading.authoritative else Rank.ANSWER
        for before, rrset in zip([None, *reading.aliases], reading.aliases, strict=False):
            if before is None or before.rtype != DNAME:  # the CNAME that a DNAME makes is made again when it is needed
                cache.put(rrset, rank, now_s)
        if reading.kind is Outcome.ANSWER and rtype != ANY:
            for rrset in reading.answer:
                cache.put(rrset, rank, now_s)
        elif reading.kind is Outcome.NXDOMAIN:
            cache.put_negative(reading.name, rtype, NXDOMAIN, reading.soa, now_s)
        elif reading.kind is Outcome.NODATA:
            cache.put_negative(reading.name, rtype, NOERROR, reading.soa, now_s)
        elif reading.kind is Outcome.REFERRAL and reading.ns is not None:
            cache.put(reading.ns, Rank.REFERRAL, now_s)
            for rrset in reading.glue:
                cache.put(rrset, Rank.GLUE, now_s)

    def _explain(self, step: ResolutionStep, reading: Reading) -> None:
        """What the reply says and what follows from it, in words."""
        if reading.kind is Outcome.REFERRAL and reading.ns is not None:
            names = reading.ns.targets()
            step.found = f"it does not know, but {to_text(reading.ns.owner)} is in the hands of {_some(names)}"
            have = [server for server in names if any(self.addresses(server))]
            if have:
                step.then = f"ask {to_text(have[0])}, whose address came with the referral (glue)"
                if not any(rrset.owner == have[0] for rrset in reading.glue):
                    step.then = f"ask {to_text(have[0])}, whose address is in the cache"
            else:
                step.then = f"no address came with it: first find that of {to_text(names[0])}"
        elif reading.kind is Outcome.ALIAS:
            step.found = f"an alias: {to_text(step.name)} is {to_text(reading.name)}"
            place = (
                "at the nearest zone known, as it may lie anywhere"
                if not below(reading.name, step.zone)
                else "from here"
            )
            step.then = f"start again for {to_text(reading.name)}, {place}"
        elif reading.kind is Outcome.ANSWER:
            step.found = (
                f"the answer, {'from the zone itself (aa)' if reading.authoritative else 'not marked authoritative'}"
            )
            if reading.aliases:
                step.found = f"an alias to {to_text(reading.name)}, and the answer for that, too"


def _lame(step: ResolutionStep, why: str) -> Reading:
    """What came last is of no use, after all that was tried."""
    step.kind, step.found = Outcome.LAME, why
    return Reading(Outcome.LAME, step.name, reason=why)


def _some(names: list[Name]) -> str:
    shown = ", ".join(map(to_text, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
