"""What a reply means to somebody who asked the servers of one zone: answer, alias, referral, no, or of no use.

Bailiwick: a server is believed only in what lies within the zone for which it was asked; all else is dropped, and the
reading says what and why. A referral must lead down, towards the name. RFC 1034 §5.3.3, RFC 2308 §2, RFC 6672, RFC
5452 §6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from netlab.dns.message import AA, TC, Message
from netlab.dns.names import LONGEST_WIRE, Name, below, to_text, to_wire, wire_length, within
from netlab.dns.records import (
    ADDRESSES,
    ANY,
    CNAME,
    DNAME,
    FORMERR,
    NOERROR,
    NS,
    NXDOMAIN,
    SOA,
    YXDOMAIN,
    RRset,
    rcode_text,
)


class Outcome(StrEnum):
    """What a step of a resolution came to. The first group are the readings of a reply."""

    ANSWER = "answer"
    ALIAS = "alias"
    REFERRAL = "referral"
    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    YXDOMAIN = "yxdomain"
    TRUNCATED = "truncated"
    NO_EDNS = "no edns"
    LAME = "lame"

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CACHED = "cached"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record set that was not believed, and why."""

    rrset: RRset
    section: str
    why: str


@dataclass(slots=True)
class Reading:
    """A reply, understood. `aliases`: the CNAMEs and DNAMEs followed, in order; `name`: what is known now of which
    name."""

    kind: Outcome
    name: Name
    aliases: list[RRset] = field(default_factory=list)
    answer: list[RRset] = field(default_factory=list)
    soa: RRset | None = None
    ns: RRset | None = None
    glue: list[RRset] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    reason: str = ""
    authoritative: bool = False


def interpret(reply: Message, name: Name, rtype: int, zone: Name) -> Reading:
    """Read `reply` to the question for `name` and `rtype` that a server of `zone` was asked."""
    if reply.flags & TC:
        return Reading(Outcome.TRUNCATED, name, reason="truncated (TC)")
    if reply.rcode == FORMERR:
        return Reading(Outcome.NO_EDNS, name, reason="FORMERR")
    if reply.rcode not in (NOERROR, NXDOMAIN, YXDOMAIN):
        return Reading(Outcome.LAME, name, reason=f"lame: {rcode_text(reply.rcode)} for a zone it is named for")
    reading = Reading(Outcome.LAME, name, authoritative=bool(reply.flags & AA))
    answers = {(each.owner, each.rtype): each for each in _within(reply.answer, zone, "answer", reading)}
    authority = _within(reply.authority, zone, "authority", reading)
    if answers and _follow(answers, rtype, zone, reading):
        _within(reply.additional, zone, "additional", reading)  # not used here, but a forger's attempt is worth showing
        return reading
    reading.soa = next((each for each in authority if each.rtype == SOA and within(reading.name, each.owner)), None)
    return _without_answer(reply, authority, rtype, zone, reading)


def _within(rrsets: list[RRset], zone: Name, section: str, reading: Reading) -> list[RRset]:
    if not zone:
        return rrsets
    kept = []
    for rrset in rrsets:
        if within(rrset.owner, zone):
            kept.append(rrset)
        else:
            reading.dropped.append(Dropped(rrset, section, f"not within {to_text(zone)}, the zone asked"))
    return kept


def _follow(answers: dict[tuple[Name, int], RRset], rtype: int, zone: Name, reading: Reading) -> bool:
    """Walk from the name through aliases to records of the type; True where that settles the reading."""
    seen = {reading.name}
    while True:
        name = reading.name
        if rtype == ANY:
            reading.answer = [each for (owner, _), each in answers.items() if owner == name]
        elif (name, rtype) in answers:
            reading.answer = [answers[name, rtype]]
        if reading.answer:
            reading.kind = Outcome.ANSWER
            return True
        alias = next((answers[key] for depth in range(1, len(name)) if (key := (name[depth:], DNAME)) in answers), None)
        if alias is not None:
            cname = synthesise(alias, name)
            reading.aliases.append(alias)
            if cname is None:
                reading.kind = Outcome.YXDOMAIN
                reading.reason = "the DNAME makes a name of more than 255 octets"
                return True
            reading.aliases.append(cname)
            reading.name = cname.targets()[0]
        elif (name, CNAME) in answers and rtype != CNAME:
            reading.aliases.append(answers[name, CNAME])
            reading.name = answers[name, CNAME].targets()[0]
        else:
            return False
        if reading.name in seen or not within(reading.name, zone):
            reading.kind = Outcome.ALIAS  # a loop ends in the resolver, which counts names over all replies
            return True
        seen.add(reading.name)


def synthesise(dname: RRset, name: Name) -> RRset | None:
    """The CNAME that a DNAME stands for at `name`; None where it would be too long (RFC 6672 §2.2)."""
    target = name[: len(name) - len(dname.owner)] + dname.targets()[0]
    if wire_length(target) > LONGEST_WIRE:
        return None
    return RRset(name, CNAME, dname.ttl, (to_wire(target),))


def _without_answer(reply: Message, authority: list[RRset], rtype: int, zone: Name, reading: Reading) -> Reading:
    name = reading.name
    if reply.rcode == YXDOMAIN:
        reading.reason = "lame: YXDOMAIN without a DNAME that is too long"
        return reading
    if reply.rcode == NXDOMAIN:
        reading.kind, reading.reason = Outcome.NXDOMAIN, "the name does not exist"
        return reading
    servers = [each for each in authority if each.rtype == NS]
    down = next((each for each in servers if below(each.owner, zone) and within(name, each.owner)), None)
    if reading.aliases and (down is not None or reading.soa is None):
        reading.kind = Outcome.ALIAS
        return reading
    if down is not None and not (reading.soa and reading.authoritative):
        reading.kind, reading.ns, reading.soa = Outcome.REFERRAL, down, None
        reading.glue = _glue(reply.additional, down, zone, reading)
        return reading
    if reading.soa is not None or (reading.authoritative and not servers):
        reading.kind, reading.reason = Outcome.NODATA, "the name exists, with no record of this type"
        return reading
    upward = next((each for each in reply.authority if each.rtype == NS), None)
    if upward is not None:
        where = "upward" if within(zone, upward.owner) else "sideways"
        reading.reason = f"lame: a referral {where}, to {to_text(upward.owner)}; it must lead down from {to_text(zone)}"
    elif reading.dropped:
        reading.reason = "lame: nothing within its zone"
    else:
        reading.reason = "lame: an empty answer that is not authoritative"
    return reading


def _glue(additional: list[RRset], ns: RRset, zone: Name, reading: Reading) -> list[RRset]:
    """Addresses of the name servers of a referral, as far as the zone may speak for them."""
    names, glue = set(ns.targets()), []
    for rrset in additional:
        if rrset.rtype in ADDRESSES and rrset.owner in names and within(rrset.owner, zone):
            glue.append(rrset)
        elif not within(rrset.owner, zone):
            reading.dropped.append(Dropped(rrset, "additional", f"not within {to_text(zone)}, the zone asked"))
        else:
            reading.dropped.append(Dropped(rrset, "additional", "no address of a name server of this referral"))
    return glue
