"""The caches between a browser and the Internet: whole answers, each layer with its own idea of how long they are good.

A `CacheLayer` is a cache; a `CachingForwarder` is one that is a server, such as the one in a home router: it asks
the next one for what it has not got (RFC 5625). No sockets; time is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from netlab.dns import message
from netlab.dns.exchange import NameServer, Query, Reply, Rng, open_exchange
from netlab.dns.message import QR, RA, RD, TC, FormatError, Writer
from netlab.dns.names import Name
from netlab.dns.records import IN, SERVFAIL, SOA, RRset, soa
from netlab.dns.steps import TracedAnswer

MOST_KEPT = 1000
MOST_UNDER_WAY = 200
FORWARD_TIMEOUT_S = 6.0
EDNS_BYTES = 1232


def good_for(answer: TracedAnswer) -> int:
    """Seconds for which an answer may be remembered; 0: not at all (RFC 2308 §5 for those that say no)."""
    if answer.rcode == SERVFAIL:
        return 0
    if answer.authority and answer.authority[0].rtype == SOA:
        zone = answer.authority[0]
        return min([zone.ttl, soa(zone.data[0]).minimum, *(each.ttl for each in answer.answer)])
    return min((each.ttl for each in answer.answer), default=0)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when it is to be forgotten."""

    answer: TracedAnswer
    expires_s: float

    def aged(self, now_s: float) -> TracedAnswer:
        """With the TTLs that are left."""
        left = max(0, int(self.expires_s - now_s))

        def older(sets: list[RRset]) -> list[RRset]:
            return [each._replace(ttl=min(each.ttl, left)) for each in sets]

        return replace(self.answer, answer=older(self.answer.answer), authority=older(self.answer.authority))


class CacheLayer:
    """A cache of answers. `fixed_s`: keeps everything so long, whatever its TTL; `longest_s`: keeps nothing longer."""

    def __init__(self, name: str, *, fixed_s: int | None = None, longest_s: int | None = None) -> None:
        self.name, self.fixed_s, self.longest_s = name, fixed_s, longest_s
        self.hits = 0
        self._kept: dict[tuple[Name, int], Kept] = {}

    def get(self, name: Name, rtype: int, now_s: float) -> TracedAnswer | None:
        """What is remembered."""
        kept = self._kept.get((name, rtype))
        if kept is None or kept.expires_s <= now_s:
            return None
        self.hits += 1
        return kept.aged(now_s)

    def put(self, name: Name, rtype: int, answer: TracedAnswer, now_s: float) -> None:
        """Remember it, by this layer's policy."""
        ttl_s = good_for(answer)
        if ttl_s <= 0:
            return
        if self.longest_s is not None:
            ttl_s = min(ttl_s, self.longest_s)
        if self.fixed_s is not None:
            ttl_s = self.fixed_s
        self._kept.pop((name, rtype), None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[name, rtype] = Kept(answer, now_s + ttl_s)

    def expires_s(self, name: Name, rtype: int) -> float | None:
        """When it will be forgotten, by the clock that `put` was given."""
        kept = self._kept.get((name, rtype))
        return kept.expires_s if kept else None


def answer_of(reply: message.Message) -> TracedAnswer:
    """What a resolver's reply says."""
    return TracedAnswer(reply.rcode, reply.answer, [each for each in reply.authority if each.rtype == SOA])


class CachingForwarder:
    """A layer with a server: answers from its cache, or asks the next resolver and remembers what that says."""

    def __init__(
        self,
        layer: CacheLayer,
        next_one: NameServer,
        ask: Callable[[Query, Callable[[Reply], None]], None],
        rng: Rng,
        now_s: Callable[[], float],
    ) -> None:
        self.layer = layer
        self.counts: Counter[str] = Counter()
        self._next, self._ask, self._rng, self._now_s = next_one, ask, rng, now_s
        self._under_way = 0

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """Nothing lies ready here."""
        return None

    def handle(self, data: bytes, source: tuple[str, int], tcp: bool, reply: Callable[[bytes], None]) -> bool:
        """Take a query from a client; what is none is dropped and counted. True if the answer is to come later."""
        try:
            query = message.read(data)
        except FormatError:
            self.counts["malformed"] += 1
            return False
        question = query.question
        if query.flags & QR or question is None or question.rclass != IN or query.opcode != message.QUERY:
            self.counts["ignored"] += 1
            return False
        name, rtype = question.name, question.rtype

        def tell(answer: TracedAnswer) -> None:
            limit = 65535 if tcp else min(query.udp_size or 512, EDNS_BYTES)
            writer = Writer(query.id, QR | RA | query.flags & RD | answer.rcode & 15, limit)
            writer.question(name, rtype, data[question.start : question.end - 4])
            if not all(
                writer.rrset(at, each) for at, sets in enumerate((answer.answer, answer.authority)) for each in sets
            ):
                writer.flag(TC)
            reply(writer.finish())

        known = self.layer.get(name, rtype, self._now_s())
        if known is not None:
            tell(known)
        elif self._under_way >= MOST_UNDER_WAY:
            self.counts["dropped"] += 1
        else:
            self._forward(name, rtype, "tcp" if tcp else "udp", tell)
            return True
        return False

    def _forward(self, name: Name, rtype: int, transport: str, tell: Callable[[TracedAnswer], None]) -> None:
        self._under_way += 1
        self.counts["forwarded"] += 1
        exchange = open_exchange(
            self._rng,
            self._next,
            name,
            rtype,
            transport=transport,
            timeout_s=FORWARD_TIMEOUT_S,
            edns_bytes=EDNS_BYTES,
            flags=RD,
        )

        def heard(came: Reply) -> None:
            self._under_way -= 1
            if came.message is None:
                tell(TracedAnswer(SERVFAIL))
            elif came.message.flags & TC and transport == "udp":
                self._forward(name, rtype, "tcp", tell)
            else:
                answer = answer_of(came.message)
                self.layer.put(name, rtype, answer, self._now_s())
                tell(answer)

        self._ask(exchange, heard)
