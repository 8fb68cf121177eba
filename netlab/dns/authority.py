"""An authoritative server: a query in, messages out. No sockets; the transport says by which way and from whom it came.

Answers follow RFC 1034 §4.3.2 (aliases within the server's own zones are followed), referrals carry glue, "no"
carries the SOA (RFC 2308 §3), what has no room in a datagram is cut with TC (RFC 2181 §9). What is not a query gets
FORMERR, NOTIMP or no reply at all: a reply to a reply would go on for ever. Left out: DNSSEC, dynamic update, TSIG.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netlab.dns import message, transfers
from netlab.dns.message import AA, HEADER, QR, RD, TC, FormatError, Message, Question, Writer
from netlab.dns.names import Name, below
from netlab.dns.readings import synthesise
from netlab.dns.records import (
    ADDRESSES,
    AXFR,
    BADVERS,
    CNAME,
    FORMERR,
    IN,
    IXFR,
    MX,
    NOERROR,
    NOTAUTH,
    NOTIMP,
    NS,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    SOA,
    SRV,
    YXDOMAIN,
    RRset,
    name_at,
    soa,
)
from netlab.dns.zone import Says, Zone

EDNS_BYTES = 1232
MOST_COMPILED = 4096
LONGEST_COMPILED = 4096  # octets: the two together bound what is kept
MOST_ALIASES = 16
_ALL_CLASSES = 255


@dataclass(slots=True)
class AnswerDraft:
    """An answer under construction."""

    rcode: int = NOERROR
    aa: bool = True
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    additional: list[RRset] = field(default_factory=list)


class Authority:
    """The zones of one server. `counts`: what it was sent, by what became of it. `notified`: zones a NOTIFY came
    for."""

    def __init__(
        self, zones: Iterable[Zone], *, transfer_to: Iterable[str] = (), notify_from: Iterable[str] = ()
    ) -> None:
        self.zones = {zone.origin: zone for zone in zones}
        self.counts: Counter[str] = Counter()
        self.notified: list[Name] = []
        self.expired: set[Name] = set()
        self._transfer_to = [ipaddress.ip_network(each) for each in transfer_to]
        self._notify_from = set(notify_from)
        self._compiled: dict[tuple[bytes, bytes, bool], bytes] = {}

    def changed(self) -> None:
        """To be called when a zone is not what it was."""
        self._compiled.clear()

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """The answer, if the same question was answered before: but for the ID and the case of its letters it is the
        same."""
        end = data.find(0, 12) + 5
        known = self._compiled.get((data[2:12] + data[end:], data[12 : end - 4].lower() + data[end - 4 : end], tcp))
        if known is None:
            return None
        self.counts["answered"] += 1
        return data[:2] + known[2:12] + data[12:end] + known[end:]

    def handle(self, data: bytes, source: str, tcp: bool) -> list[bytes]:
        """The messages that answer `data`, which came from address `source`; none where silence is the answer."""
        ready = self.at_once(data, tcp)
        if ready is not None:
            return [ready]
        replies, keep = self._consider(data, source, tcp)
        if keep and len(replies) == 1 and len(data) + len(replies[0]) <= LONGEST_COMPILED:
            if len(self._compiled) >= MOST_COMPILED:
                self._compiled.clear()
            end = data.find(0, 12) + 5
            self._compiled[data[2:12] + data[end:], data[12 : end - 4].lower() + data[end - 4 : end], tcp] = replies[0]
        return replies

    def _consider(self, data: bytes, source: str, tcp: bool) -> tuple[list[bytes], bool]:
        """The replies, and whether the next one who asks the same may have them as well."""
        if len(data) < 12 or data[2] & 0x80:
            self.counts["ignored"] += 1
            return [], False
        try:
            query = message.read(data)
        except FormatError:
            self.counts["malformed"] += 1
            return [self._bare(data, FORMERR)], False
        question = query.question
        if query.opcode == message.NOTIFY:
            return [self._notify(data, query, source)], False
        if query.opcode != message.QUERY:
            self.counts["not implemented"] += 1
            return [self._bare(data, NOTIMP)], False
        if question is None or data[4:6] != b"\0\1":
            self.counts["malformed"] += 1
            return [self._bare(data, FORMERR)], False
        if query.edns_version:
            return [self._write(data, query, question, AnswerDraft(BADVERS, aa=False), 512)], False
        if question.rclass not in (IN, _ALL_CLASSES):
            return [self._refuse(data, query, question)], False
        if question.rtype in (AXFR, IXFR):
            return self._transfer(data, query, question, source, tcp), False
        self.counts["answered"] += 1
        reply = self.answer(question.name, question.rtype)
        limit = 65535 if tcp else min(query.udp_size or 512, EDNS_BYTES)
        if reply.rcode == REFUSED:
            self.counts["refused"] += 1
        plain = (
            question.start >= 12 and data[12 : question.end].find(0) == question.end - 17
        )  # no pointers, no odd labels
        return [self._write(data, query, question, reply, limit)], plain

    # --- answers

    def zone_of(self, name: Name) -> Zone | None:
        """The deepest zone here that `name` is in."""
        for depth in range(len(name) + 1):
            zone = self.zones.get(name[depth:])
            if zone is not None:
                return zone
        return None

    def answer(self, name: Name, rtype: int) -> AnswerDraft:
        """What this server says to a question."""
        reply = AnswerDraft()
        seen: set[Name] = set()
        while True:
            zone = self.zone_of(name)
            if zone is None or zone.origin in self.expired:
                if not reply.answer:
                    reply.rcode, reply.aa = REFUSED if zone is None else SERVFAIL, False
                return reply
            found = zone.find(name, rtype)
            if found.says in (Says.ALIAS, Says.DNAME):
                target = self._alias(found.rrsets[0], name, reply)
                seen.add(name)
                if target is None or target in seen or len(seen) > MOST_ALIASES or self.zone_of(target) is None:
                    return reply
                name = target
                continue
            self._conclude(found.says, found.rrsets, zone, reply)
            return reply

    def _alias(self, alias: RRset, name: Name, reply: AnswerDraft) -> Name | None:
        """Add a CNAME, or a DNAME and the CNAME it makes; the name to go on with, if any."""
        reply.answer.append(alias)
        if alias.rtype == CNAME:
            return alias.targets()[0]
        cname = synthesise(alias, name)
        if cname is None:
            reply.rcode = YXDOMAIN
            return None
        reply.answer.append(cname)
        return cname.targets()[0]

    def _conclude(self, says: Says, rrsets: tuple[RRset, ...], zone: Zone, reply: AnswerDraft) -> None:
        if says is Says.ANSWER:
            reply.answer += rrsets
            reply.additional += self._additional(rrsets)
        elif says is Says.REFERRAL:
            reply.aa = bool(reply.answer)  # AA speaks for the first name in the answer (RFC 1035 §4.1.1)
            reply.authority += rrsets
            reply.additional += self._glue(rrsets[0], zone)
        else:
            reply.rcode = NXDOMAIN if says is Says.NXDOMAIN else NOERROR
            reply.authority.append(zone.negative_soa())

    def _glue(self, ns: RRset, zone: Zone) -> Iterator[RRset]:
        """Addresses of the name servers of a referral, from the parent's zone or any other that is here."""
        for server in ns.targets():
            here = list(zone.addresses(server, ADDRESSES))
            other = self.zone_of(server)
            yield from here or (other.addresses(server, ADDRESSES) if other else ())

    def _additional(self, rrsets: Iterable[RRset]) -> Iterator[RRset]:
        """Addresses of what NS, MX and SRV records name, as far as they are here."""
        offsets = {NS: 0, MX: 2, SRV: 6}
        for rrset in rrsets:
            if rrset.rtype in offsets:
                for data in rrset.data:
                    target = name_at(data, offsets[rrset.rtype])
                    zone = self.zone_of(target)
                    if zone is not None:
                        yield from zone.addresses(target, ADDRESSES)

    # --- messages

    def _bare(self, data: bytes, rcode: int) -> bytes:
        """Only a header, when the rest cannot be trusted."""
        identifier, flags = HEADER.unpack_from(data)[:2]
        return HEADER.pack(identifier, QR | flags & (0x7800 | RD) | rcode, 0, 0, 0, 0)

    def _refuse(self, data: bytes, query: Message, question: Question, rcode: int = REFUSED) -> bytes:
        self.counts["refused"] += 1
        return self._write(data, query, question, AnswerDraft(rcode, aa=False), 512)

    def _write(self, data: bytes, query: Message, question: Question, reply: AnswerDraft, limit: int) -> bytes:
        flags = QR | query.flags & (0x7800 | RD) | (AA if reply.aa else 0) | reply.rcode & 15
        room = limit - (11 if query.udp_size is not None else 0)
        writer = Writer(query.id, flags, room)
        writer.question(question.name, question.rtype, data[question.start : question.end - 4])
        whole = all(
            writer.rrset(section, rrset)
            for section, sets in enumerate((reply.answer, reply.authority))
            for rrset in sets
        )
        if not whole:
            writer.flag(TC)
            self.counts["truncated"] += 1
        else:
            for rrset in dict.fromkeys(reply.additional):
                # Glue that must be there and has no room is worth a TC (RFC 9471 §3.1); other additions are not.
                if not writer.rrset(2, rrset) and not reply.aa and _needed(rrset, reply.authority):
                    writer.flag(TC)
        if query.udp_size is not None:
            writer.edns(EDNS_BYTES, reply.rcode >> 4)
        return writer.finish()

    # --- transfers

    def _transfer(self, data: bytes, query: Message, question: Question, source: str, tcp: bool) -> list[bytes]:
        zone = self.zones.get(question.name)
        if zone is None or not any(ipaddress.ip_address(source) in network for network in self._transfer_to):
            return [self._refuse(data, query, question, NOTAUTH if zone is None else REFUSED)]
        if zone.origin in self.expired:
            return [self._refuse(data, query, question, SERVFAIL)]
        if not tcp and question.rtype == AXFR:
            return [self._bare(data, FORMERR)]  # RFC 5936 §4.2: not defined
        theirs = next((each for each in query.authority if each.rtype == SOA), None)
        have = soa(theirs.data[0]).serial if theirs is not None else None
        if not tcp:  # the SOA alone: "there is more, come by TCP" (RFC 1995 §2)
            return [self._write(data, query, question, AnswerDraft(answer=[zone.soa_set]), 512)]
        self.counts["transferred"] += 1
        return list(transfers.outgoing(zone, query.id, query.flags & RD, question.rtype, have))

    def _notify(self, data: bytes, query: Message, source: str) -> bytes:
        question = query.question
        if question is None or question.rtype != SOA:
            return self._bare(data, FORMERR)
        if question.name not in self.zones or source not in self._notify_from:
            return self._refuse(data, query, question, NOTAUTH if question.name not in self.zones else REFUSED)
        self.counts["notified"] += 1
        self.notified.append(question.name)
        return self._write(data, query, question, AnswerDraft(), 512)


def _needed(rrset: RRset, authority: Iterable[RRset]) -> bool:
    """True for the address of a server that lies within the zone it serves: without it, nobody gets there."""
    return any(
        each.rtype == NS and rrset.owner in each.targets() and below((b"", *rrset.owner), each.owner)
        for each in authority
    )
