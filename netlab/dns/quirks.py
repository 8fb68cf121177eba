"""Servers that misbehave on purpose, so that there is something for a resolver to get right. zones/servers.toml uses
them.

Each quirk takes what an honest `Authority` would answer and spoils it in one way that is met on the real Internet.
"""

from __future__ import annotations

from collections.abc import Callable

from netlab.dns import message
from netlab.dns.authority import AnswerDraft, Authority
from netlab.dns.message import AA, HEADER, FormatError, Writer
from netlab.dns.names import from_text, to_wire
from netlab.dns.records import IXFR, NOERROR, NS, NXDOMAIN, SERVFAIL, A, RRset

Quirk = Callable[["OddAuthority", bytes, str, bool], list[bytes]]


class OddAuthority(Authority):
    """An authority with one quirk."""

    quirk = ""

    def handle(self, data: bytes, source: str, tcp: bool) -> list[bytes]:
        """As an Authority, then spoiled."""
        return QUIRKS[self.quirk](self, data, source, tcp)

    def honest(self, data: bytes, source: str, tcp: bool) -> list[bytes]:
        """What a good server says."""
        return Authority.handle(self, data, source, tcp)

    def answer(self, name: tuple[bytes, ...], rtype: int) -> AnswerDraft:
        """With "poison" and "deny-ents", the answer itself is wrong."""
        reply = super().answer(name, rtype)
        if self.quirk == "poison":
            forged = RRset(from_text("www.kaola.com"), A, 86400, (bytes((198, 51, 100, 66)),))
            reply.answer.append(forged)
            reply.authority.append(RRset(from_text("com"), NS, 86400, (to_wire(from_text("ns.poison.test")),)))
            reply.additional.append(forged)
        if self.quirk == "deny-ents" and not reply.answer and reply.rcode == NOERROR:
            zone = self.zone_of(name)
            if zone is not None and name not in zone.nodes:
                reply.rcode = NXDOMAIN
        return reply


def _silent(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    return []


def _servfail(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    return [_with_rcode(reply, SERVFAIL) for reply in server.honest(data, source, tcp)]


def _with_rcode(reply: bytes, rcode: int) -> bytes:
    """Header and question of a reply, with this rcode and nothing else."""
    identifier, flags, *_ = HEADER.unpack_from(reply)
    question = message.read_question(reply)
    end = question.end if question else 12
    return HEADER.pack(identifier, flags & ~(AA | 15) | rcode, 1 if question else 0, 0, 0, 0) + reply[12:end]


def _upward(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """ "Ask the root", as servers did that had lost a zone."""
    try:
        query = message.read(data)
    except FormatError:
        return server.honest(data, source, tcp)
    if query.question is None or query.flags & message.QR:
        return []
    writer = Writer(query.id, message.QR, 512)
    writer.question(query.question.name, query.question.rtype, data[12 : query.question.end - 4])
    writer.rrset(1, RRset((), NS, 3600, (to_wire(from_text("a.root-servers.net")),)))
    return [writer.finish()]


def _wrong_question(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """Answers whatever it is asked with another name's answer, ID and all."""
    other = message.write_query(int.from_bytes(data[:2], "big"), from_text("other.example"), A)
    return [_with_rcode(reply, 0) for reply in server.honest(other, source, tcp)]


def _no_edns(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """FORMERR, header only, to anything with an additional section: a server from before 1999."""
    if len(data) >= 12 and not data[2] & 0x80 and data[10:12] != b"\0\0":
        return [data[:2] + b"\x80\x01" + bytes(8)]
    return server.honest(data, source, tcp)


def _no_aa(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    return [reply[:2] + bytes((reply[2] & ~0x04,)) + reply[3:] for reply in server.honest(data, source, tcp)]


def _lower_case(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """Does not keep the case of the question."""
    question = message.read_question(data)
    end = question.end - 4 if question else 12
    return [reply[:12] + reply[12:end].lower() + reply[end:] for reply in server.honest(data, source, tcp)]


def _forged(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """Replies as an attacker would send them, guessing, arrive before the honest one."""
    honest = server.honest(data, source, tcp)
    if tcp or not honest or len(data) < 12:
        return honest
    wrong_id = bytes((data[0] ^ 0xFF, data[1])) + honest[0][2:]
    return [wrong_id, *_wrong_question(server, data, source, tcp), b"\0", *honest]


def _garbled(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """The header promises records that the bytes do not hold."""
    return [reply[:6] + b"\0\5" + reply[8:] for reply in server.honest(data, source, tcp)]


def _bad_ixfr(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    """Its differences are for another version than it was told that one has."""
    question = message.read_question(data)
    if question is None or question.rtype != IXFR:
        return server.honest(data, source, tcp)
    try:
        query = message.read(data)
    except FormatError:
        return server.honest(data, source, tcp)
    zone = server.zones.get(question.name)
    if zone is None or not tcp or not query.authority:
        return server.honest(data, source, tcp)
    foreign = RRset((b"never-there", *zone.origin), A, 60, (b"\x7f\0\0\1",))
    writer = Writer(query.id, message.QR | AA, 65535)
    writer.question(zone.origin, IXFR)
    for rrset in (zone.soa_set, query.authority[0], foreign, zone.soa_set, zone.soa_set):
        writer.rrset(0, rrset)
    return [writer.finish()]


def _default(server: OddAuthority, data: bytes, source: str, tcp: bool) -> list[bytes]:
    return server.honest(data, source, tcp)


QUIRKS: dict[str, Quirk] = {
    "silent": _silent,
    "servfail": _servfail,
    "upward": _upward,
    "wrong-question": _wrong_question,
    "no-edns": _no_edns,
    "no-aa": _no_aa,
    "lower-case": _lower_case,
    "forged": _forged,
    "garbled": _garbled,
    "bad-ixfr": _bad_ixfr,
    "poison": _default,
    "deny-ents": _default,
}
