"""A recursive resolver for stubs: takes a query, iterates for it, and answers. No sockets: the transport drives it.

The same question from several clients is resolved once. An answer that was just made is kept as bytes until the second
of its TTLs is over. Bounds: resolutions under way in all and for one client; what is beyond them is dropped and
counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from netlab.dns import message
from netlab.dns.iterate import Asking, Resolution
from netlab.dns.message import HEADER, QR, RA, RD, TC, FormatError, Message, Writer
from netlab.dns.names import Name
from netlab.dns.records import AXFR, BADVERS, FORMERR, IN, IXFR, NOTIMP, OPT, REFUSED, SERVFAIL
from netlab.dns.resolver import Resolver
from netlab.dns.steps import TracedAnswer

EDNS_BYTES = 1232
MOST_UNDER_WAY = 500
MOST_FOR_ONE_CLIENT = 100
MOST_COMPILED = 10_000
LONGEST_COMPILED = 4096  # octets: the two together bound what is kept

Reply = Callable[[bytes], None]
Drive = Callable[[Asking, Callable[[TracedAnswer], None]], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    data: bytes
    query: Message
    source: str
    tcp: bool
    reply: Reply


@dataclass(slots=True)
class _UnderWay:
    resolution: Resolution
    waiting: list[_Waiting] = field(default_factory=list)


class Recursor:
    """`drive` runs a resolution to its end; `resolved` is told of each. `counts`: what queries came to."""

    def __init__(
        self,
        resolver: Resolver,
        drive: Drive,
        now_s: Callable[[], float],
        resolved: Callable[[Resolution, TracedAnswer], None] | None = None,
    ) -> None:
        self.resolver = resolver
        self.counts: Counter[str] = Counter()
        self._drive, self._now_s, self._resolved = drive, now_s, resolved
        self._under_way: dict[tuple[Name, int], _UnderWay] = {}
        self._clients: Counter[str] = Counter()
        self._compiled: dict[tuple[bytes, bytes, bool], bytes] = {}
        self._second = 0

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """The answer, if the same was asked and answered within this second: but for the ID and the case of its
        letters."""
        second = int(self._now_s())
        if second != self._second:  # TTLs count whole seconds
            self._second = second
            self._compiled.clear()
            return None
        end = data.find(0, 12) + 5
        known = self._compiled.get((data[2:12] + data[end:], data[12 : end - 4].lower() + data[end - 4 : end], tcp))
        if known is None:
            return None
        self.counts["from the cache"] += 1
        return data[:2] + known[2:12] + data[12:end] + known[end:]

    def handle(self, data: bytes, source: tuple[str, int], tcp: bool, reply: Reply) -> bool:
        """Take a query; `reply` is called once, unless silence is the answer. True if that is to come later."""
        if len(data) < 12 or data[2] & 0x80:
            self.counts["ignored"] += 1
            return False
        try:
            query = message.read(data)
        except FormatError:
            self.counts["malformed"] += 1
            reply(_bare(data, FORMERR))
            return False
        question = query.question
        if query.opcode != message.QUERY:
            reply(_bare(data, NOTIMP))
        elif question is None or data[4:6] != b"\0\1":
            self.counts["malformed"] += 1
            reply(_bare(data, FORMERR))
        elif question.rclass != IN or question.rtype in (AXFR, IXFR, OPT) or query.edns_version:
            self.counts["refused"] += 1
            refusal = TracedAnswer(BADVERS if query.edns_version else REFUSED)
            reply(self._write(_Waiting(data, query, source[0], tcp, reply), refusal))
        else:
            return self._resolve(_Waiting(data, query, source[0], tcp, reply), question.name, question.rtype)
        return False

    def _resolve(self, waiting: _Waiting, name: Name, rtype: int) -> bool:
        if not waiting.query.flags & RD and self.resolver.cache.get(name, rtype, self._now_s()) is None:
            self.counts["refused"] += 1  # not to iterate on behalf of those who do not want it: RFC 1034 §4.3.1
            waiting.reply(self._write(waiting, TracedAnswer(REFUSED)))
            return False
        known = self._under_way.get((name, rtype))
        if self._clients[waiting.source] >= MOST_FOR_ONE_CLIENT or (
            known is None and len(self._under_way) >= MOST_UNDER_WAY
        ):
            self.counts["dropped"] += 1
            return False
        self._clients[waiting.source] += 1
        if known is not None:
            known.waiting.append(waiting)
            return True
        under_way = _UnderWay(Resolution(self.resolver, name, rtype, self._now_s()), [waiting])
        self._under_way[name, rtype] = under_way
        self._drive(under_way.resolution.run(), lambda answer: self._answered(under_way, answer))
        return (name, rtype) in self._under_way

    def _answered(self, under_way: _UnderWay, answer: TracedAnswer) -> None:
        resolution = under_way.resolution
        del self._under_way[resolution.name, resolution.rtype]
        self.counts["from the cache" if answer.from_cache else "resolved"] += len(under_way.waiting)
        self.counts["upstream"] += resolution.sent
        self.counts["failed"] += answer.rcode == SERVFAIL
        self.counts["ignored replies"] += resolution.ignored
        if self._resolved:
            self._resolved(resolution, answer)
        for waiting in under_way.waiting:
            self._clients[waiting.source] -= 1
            if not self._clients[waiting.source]:
                del self._clients[waiting.source]
            reply = self._write(waiting, answer)
            self._keep(waiting, answer, reply)
            waiting.reply(reply)

    def _keep(self, waiting: _Waiting, answer: TracedAnswer, reply: bytes) -> None:
        """As bytes, for who asks the same within this second; not what is in its last second, or not in the cache."""
        data, question = waiting.data, waiting.query.question
        sets = answer.answer + answer.authority
        if not sets or answer.rcode == SERVFAIL or question is None or len(self._compiled) >= MOST_COMPILED:
            return
        if len(data) + len(reply) > LONGEST_COMPILED:
            return
        lasts = all(rrset.ttl > 1 for rrset in sets)
        if lasts and data[12 : question.end].find(0) == question.end - 17 and question.rtype != 255:
            end = question.end
            key = (data[2:12] + data[end:], data[12 : end - 4].lower() + data[end - 4 : end], waiting.tcp)
            self._compiled[key] = reply

    def _write(self, waiting: _Waiting, answer: TracedAnswer) -> bytes:
        query, question = waiting.query, waiting.query.question
        assert question is not None
        edns = query.udp_size is not None
        limit = (65535 if waiting.tcp else min(query.udp_size or 512, EDNS_BYTES)) - (11 if edns else 0)
        writer = Writer(query.id, QR | RA | query.flags & RD | answer.rcode & 15, limit)
        writer.question(question.name, question.rtype, waiting.data[question.start : question.end - 4])
        if not all(
            writer.rrset(section, rrset)
            for section, sets in enumerate((answer.answer, answer.authority))
            for rrset in sets
        ):
            writer.flag(TC)
            self.counts["truncated"] += 1
        if edns:
            writer.edns(EDNS_BYTES, answer.rcode >> 4)
        return writer.finish()


def _bare(data: bytes, rcode: int) -> bytes:
    identifier, flags = HEADER.unpack_from(data)[:2]
    return HEADER.pack(identifier, QR | RA | flags & (0x7800 | RD) | rcode, 0, 0, 0, 0)
