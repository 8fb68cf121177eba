"""What a reply means to somebody who asked a server of `zone.test` for `www.zone.test A`; reply by reply."""

from __future__ import annotations

import ipaddress

import pytest

from netlab.dns.message import AA, QR, TC, Message
from netlab.dns.names import Name, from_text, to_text, to_wire
from netlab.dns.readings import Reading, interpret, synthesise
from netlab.dns.records import (
    AAAA,
    ANY,
    CNAME,
    DNAME,
    FORMERR,
    NS,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    SOA,
    TXT,
    YXDOMAIN,
    A,
    RRset,
    Soa,
)

ZONE, NAME = "zone.test", "www.zone.test"


def rr(owner: str, rtype: int, data: str) -> RRset:
    if rtype in (A, AAAA):
        return RRset(from_text(owner), rtype, 60, (ipaddress.ip_address(data).packed,))
    return RRset(from_text(owner), rtype, 60, (to_wire(from_text(data)),))


def soa(owner: str) -> RRset:
    ns = from_text("ns.zone.test")
    return RRset(from_text(owner), SOA, 60, (Soa(ns, ns, 1, 2, 3, 4, 5).to_wire(),))


def read(
    *,
    answer: tuple[RRset, ...] = (),
    authority: tuple[RRset, ...] = (),
    additional: tuple[RRset, ...] = (),
    rcode: int = 0,
    flags: int = AA,
    name: str = NAME,
    rtype: int = A,
    zone: str = ZONE,
) -> Reading:
    reply = Message(1, QR | flags | rcode, rcode, None, list(answer), list(authority), list(additional))
    return interpret(reply, from_text(name), rtype, from_text(zone))


def dropped(reading: Reading) -> list[tuple[str, str]]:
    return [(each.section, to_text(each.rrset.owner)) for each in reading.dropped]


def names(sets: list[RRset]) -> list[str]:
    return [to_text(each.owner) for each in sets]


HERE = rr(NAME, A, "192.0.2.1")
DOWN = rr("www.zone.test", NS, "ns.www.zone.test")


# What kind of reply it is


@pytest.mark.parametrize("flags", [AA, 0])
def test_an_answer_needs_no_aa(flags: int) -> None:
    reading = read(answer=(HERE,), flags=flags)
    assert reading.kind == "answer" and reading.answer == [HERE] and reading.authoritative is bool(flags)


def test_truncated_is_truncated_even_with_records() -> None:
    assert read(answer=(HERE,), flags=AA | TC).kind == "truncated"


@pytest.mark.parametrize(
    ("rcode", "kind", "said"),
    [
        (REFUSED, "lame", "REFUSED"),
        (SERVFAIL, "lame", "SERVFAIL"),
        (FORMERR, "no edns", "FORMERR"),
        (YXDOMAIN, "lame", "without a DNAME"),
    ],
)
def test_errors_are_of_no_use(rcode: int, kind: str, said: str) -> None:
    reading = read(rcode=rcode)
    assert reading.kind == kind and said in reading.reason


@pytest.mark.parametrize("flags", [AA, 0])
@pytest.mark.parametrize("authority", [(soa(ZONE),), ()])
def test_nxdomain_counts_with_and_without_aa_and_soa(flags: int, authority: tuple[RRset, ...]) -> None:
    reading = read(rcode=NXDOMAIN, authority=authority, flags=flags)
    assert reading.kind == "nxdomain" and reading.soa == (authority[0] if authority else None)


@pytest.mark.parametrize(
    ("flags", "authority", "kind"),
    [
        (AA, (soa(ZONE),), "nodata"),  # RFC 2308 §2.2, type 1 and 2
        (AA, (), "nodata"),  # type 3
        (0, (soa(ZONE),), "nodata"),  # a server that never sets AA
        (0, (), "lame"),
        (AA, (rr(ZONE, NS, "ns.zone.test"),), "lame"),  # refers to itself
        (0, (rr(ZONE, NS, "ns.zone.test"),), "lame"),
    ],
)
def test_an_empty_answer_is_nodata_or_lame(flags: int, authority: tuple[RRset, ...], kind: str) -> None:
    reading = read(authority=authority, flags=flags)
    assert reading.kind == kind
    assert (reading.soa is not None) is any(each.rtype == SOA for each in authority)


# Referrals lead down, and towards the name


def test_a_referral() -> None:
    reading = read(authority=(DOWN,), flags=0)
    assert reading.kind == "referral" and reading.ns == DOWN and reading.soa is None


@pytest.mark.parametrize("flags", [AA, 0])
def test_a_referral_may_have_aa_by_mistake(flags: int) -> None:
    assert read(authority=(DOWN,), flags=flags).kind == "referral"


def test_a_referral_with_an_soa_that_is_not_authoritative_is_one() -> None:
    reading = read(authority=(DOWN, soa(ZONE)), flags=0)
    assert reading.kind == "referral" and reading.soa is None


def test_an_authoritative_no_with_ns_records_beside_it_is_a_no() -> None:
    assert read(authority=(DOWN, soa(ZONE)), flags=AA).kind == "nodata"


@pytest.mark.parametrize(
    ("owner", "where"),
    [(owner, "upward") for owner in (ZONE, "test", ".")]
    + [(owner, "sideways") for owner in ("other.test", "example", "b.ample.test")],
)
def test_a_referral_that_does_not_lead_down_is_lame(owner: str, where: str) -> None:
    reading = read(authority=(rr(owner, NS, "ns.elsewhere"),), flags=0)
    assert reading.kind == "lame" and f"a referral {where}, to {to_text(from_text(owner))}" in reading.reason


def test_a_referral_down_but_not_towards_the_name_is_lame() -> None:
    assert read(authority=(rr("ftp.zone.test", NS, "ns.elsewhere"),), flags=0).kind == "lame"


def test_labels_are_compared_whole() -> None:
    """ "notzone.test" ends in the letters of "zone.test"."""
    forged = rr("www.notzone.test", NS, "ns.elsewhere")
    reading = read(name="www.notzone.test", authority=(forged,), flags=0)
    assert reading.kind == "lame" and dropped(reading) == [("authority", "www.notzone.test.")]
    reading = read(answer=(HERE, rr("notzone.test", A, "192.0.2.66")))
    assert dropped(reading) == [("answer", "notzone.test.")]


# Bailiwick


@pytest.mark.parametrize("outside", ["www.example", "www.other.test", "test", "notzone.test"])
@pytest.mark.parametrize("zone", [ZONE, "test"])
def test_what_lies_outside_of_the_zone_is_dropped_from_every_section(outside: str, zone: str) -> None:
    forged = rr(outside, A, "192.0.2.66")
    reading = read(answer=(HERE, forged), authority=(rr(outside, NS, "ns.elsewhere"),), additional=(forged,), zone=zone)
    assert reading.kind == "answer" and reading.answer == [HERE]
    inside = zone == "test" and outside != "www.example"
    sections = ["answer", "authority", "additional"]
    assert [section for section, _ in dropped(reading)] == ([] if inside else sections)
    assert all(each.why == f"not within {to_text(from_text(zone))}, the zone asked" for each in reading.dropped)


def test_the_root_may_speak_for_everything() -> None:
    reading = read(zone=".", authority=(rr("test", NS, "ns.example"),), additional=(rr("ns.example", A, "192.0.2.2"),))
    assert reading.kind == "referral" and names(reading.glue) == ["ns.example."] and not reading.dropped


def test_only_what_is_forged_is_no_answer() -> None:
    reading = read(answer=(rr("www.example", A, "192.0.2.66"),), flags=0)
    assert reading.kind == "lame" and "nothing within its zone" in reading.reason and not reading.answer


def test_an_soa_from_outside_says_no_to_nothing() -> None:
    for owner in ("test", "example", "."):
        reading = read(authority=(soa(owner),), flags=0)
        assert reading.kind == "lame" and reading.soa is None and reading.dropped


def test_an_soa_from_beside_the_name_says_no_to_nothing() -> None:
    """Within the zone asked, but the name is not within the SOA's: nothing to remember a "no" by."""
    reading = read(authority=(soa("ftp.zone.test"),), flags=AA)
    assert reading.kind == "nodata" and reading.soa is None
    assert read(authority=(soa("ftp.zone.test"),), flags=0).kind == "lame"


def test_the_soa_may_be_that_of_a_child_on_the_same_server() -> None:
    reading = read(authority=(soa("www.zone.test"),))
    assert reading.kind == "nodata" and reading.soa == soa("www.zone.test")


def test_a_childs_answer_on_the_parents_server_counts() -> None:
    reading = read(name="deep.child.zone.test", answer=(rr("deep.child.zone.test", A, "192.0.2.1"),))
    assert reading.kind == "answer"


def test_glue_is_an_address_of_a_server_named_and_within_the_zone() -> None:
    ns = RRset(DOWN.owner, NS, 60, tuple(to_wire(from_text(n)) for n in ("ns.www.zone.test", "ns.example")))
    good, good6 = rr("ns.www.zone.test", A, "192.0.2.2"), rr("ns.www.zone.test", AAAA, "2001:db8::2")
    outside = rr("ns.example", A, "192.0.2.66")  # named, but not theirs to tell
    unnamed = rr("other.zone.test", A, "192.0.2.67")  # theirs, but not asked for
    no_address = RRset(from_text("ns.www.zone.test"), TXT, 60, (b"\1x",))
    reading = read(authority=(ns,), additional=(good, outside, unnamed, no_address, good6), flags=0)
    assert reading.kind == "referral" and reading.glue == [good, good6]
    assert [(to_text(each.rrset.owner), each.rrset.rtype, each.why) for each in reading.dropped] == [
        ("ns.example.", A, "not within zone.test., the zone asked"),
        ("other.zone.test.", A, "no address of a name server of this referral"),
        ("ns.www.zone.test.", TXT, "no address of a name server of this referral"),
    ]


# Aliases


def alias(owner: str, target: str) -> RRset:
    return rr(owner, CNAME, target)


def test_an_alias_within_the_zone_is_followed_through_the_reply() -> None:
    reading = read(answer=(alias(NAME, "a.zone.test"), rr("a.zone.test", A, "192.0.2.1")))
    assert reading.kind == "answer" and names(reading.aliases) == ["www.zone.test."]
    assert names(reading.answer) == ["a.zone.test."] and reading.name == from_text("a.zone.test")


def test_what_the_reply_says_of_an_aliass_target_elsewhere_is_not_believed() -> None:
    reading = read(answer=(alias(NAME, "www.example"), rr("www.example", A, "192.0.2.66")))
    assert reading.kind == "alias" and not reading.answer and reading.name == from_text("www.example")
    assert dropped(reading) == [("answer", "www.example.")]


def test_no_such_name_beside_an_alias_that_leads_elsewhere_is_not_theirs_to_say() -> None:
    reading = read(answer=(alias(NAME, "www.example"),), rcode=NXDOMAIN, authority=(soa(ZONE),))
    assert reading.kind == "alias" and reading.name == from_text("www.example")


def test_an_alias_asked_for_is_the_answer() -> None:
    reading = read(answer=(alias(NAME, "a.zone.test"),), rtype=CNAME)
    assert reading.kind == "answer" and not reading.aliases


def test_everything_asked_for_is_every_set_of_the_name() -> None:
    text = RRset(from_text(NAME), TXT, 60, (b"\1x",))
    reading = read(answer=(HERE, text, rr("a.zone.test", A, "192.0.2.9")), rtype=ANY)
    assert reading.kind == "answer" and reading.answer == [HERE, text]
    assert read(answer=(alias(NAME, "a.zone.test"),), rtype=ANY).kind == "answer"


@pytest.mark.parametrize(
    ("rcode", "authority", "kind"),
    [
        (0, (), "alias"),  # the target is for somebody else, or for the next query
        (0, (soa(ZONE),), "nodata"),
        (NXDOMAIN, (soa(ZONE),), "nxdomain"),
        (0, (rr("a.zone.test", NS, "ns.elsewhere"),), "alias"),  # the target lies in a child zone
        (0, (rr("a.zone.test", NS, "ns.elsewhere"), soa(ZONE)), "alias"),
    ],
)
def test_an_alias_and_what_comes_with_it(rcode: int, authority: tuple[RRset, ...], kind: str) -> None:
    reading = read(answer=(alias(NAME, "a.zone.test"),), rcode=rcode, authority=authority)
    assert reading.kind == kind and names(reading.aliases) == ["www.zone.test."]
    assert reading.name == from_text("a.zone.test")


def test_aliases_in_a_circle_within_one_reply_end() -> None:
    reading = read(answer=(alias(NAME, "a.zone.test"), alias("a.zone.test", NAME)))
    assert reading.kind == "alias" and len(reading.aliases) == 2 and reading.name == from_text(NAME)


def test_a_dname_makes_an_alias_for_what_is_below_it_only() -> None:
    dname = rr("tree.zone.test", DNAME, "other.zone.test")
    below = read(name="x.tree.zone.test", answer=(dname, rr("x.other.zone.test", A, "192.0.2.1")))
    assert below.kind == "answer" and [each.rtype for each in below.aliases] == [DNAME, CNAME]
    assert read(name="tree.zone.test", answer=(dname,), authority=(soa(ZONE),)).kind == "nodata"


@pytest.mark.parametrize(("length", "fits"), [(255, True), (256, False)])
def test_a_dname_makes_names_of_up_to_255_octets(length: int, fits: bool) -> None:
    owner = from_text("t.test")
    target: Name = (b"a" * 63, b"b" * 63, b"c" * 63)  # 3 * 64 + 1 octets
    made = synthesise(RRset(owner, DNAME, 60, (to_wire(target),)), (b"d" * (length - 194), *owner))
    assert (made is not None) is fits
