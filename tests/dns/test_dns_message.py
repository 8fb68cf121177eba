"""Messages: dnspython reads what we write and we read what it writes; no bytes make the reader do more than say no."""

from __future__ import annotations

import dns.message
import dns.name
import dns.rdataclass
import dns.rrset
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.dns import message
from netlab.dns.message import AA, QR, FormatError, Writer
from netlab.dns.names import LONGEST_WIRE, from_text, reverse, to_text, to_wire, wire_length, within
from netlab.dns.records import MX, NS, PTR, TXT, A, RRset, Soa, data_text, rcode_text, soa, type_from_text, type_text
from netlab.errors import UsageError

labels = st.binary(min_size=1, max_size=12).map(lambda label: label.lower())
names = st.lists(labels, max_size=6).map(tuple)
ttls = st.integers(0, (1 << 31) - 1)


def wire_name(name: tuple[bytes, ...]) -> bytes:
    return b"".join(bytes((len(label),)) + label for label in name) + b"\0"


rrsets = st.one_of(
    st.builds(
        lambda o, t, d: RRset(o, A, t, tuple(dict.fromkeys(d))),
        names,
        ttls,
        st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=4),
    ),
    st.builds(lambda o, t, n, r: RRset(o, r, t, (wire_name(n),)), names, ttls, names, st.sampled_from([NS, PTR, 39])),
    st.builds(lambda o, t, n: RRset(o, MX, t, (b"\0\x0a" + wire_name(n),)), names, ttls, names),
    st.builds(lambda o, t, d: RRset(o, TXT, t, (bytes((len(d),)) + d,)), names, ttls, st.binary(max_size=40)),
)


@given(names, st.lists(rrsets, max_size=6), st.lists(rrsets, max_size=4))
@examples(150)
def test_what_we_write_dnspython_and_we_read_alike(
    name: tuple[bytes, ...], answer: list[RRset], more: list[RRset]
) -> None:
    writer = Writer(4711, QR | AA, 65535)
    writer.question(name, A)
    sets = {(each.owner, each.rtype): each for each in answer}
    others = {(each.owner, each.rtype): each for each in more}
    for section, group in ((0, sets), (2, others)):
        for each in group.values():
            assert writer.rrset(section, each)
    writer.edns(1232)
    data = writer.finish()
    ours, theirs = message.read(data), dns.message.from_wire(data)
    assert ours.question is not None and ours.question.name == name and ours.udp_size == 1232 == theirs.payload
    assert {(each.owner, each.rtype): each for each in ours.answer} == sets
    assert {(each.owner, each.rtype): each for each in ours.additional} == others
    assert len(theirs.answer) == len(sets) and len(theirs.additional) == len(others)
    for rrset in theirs.answer:
        owner = tuple(label.lower() for label in rrset.name.labels[:-1])
        mine = sets[owner, int(rrset.rdtype)]
        assert rrset.ttl == mine.ttl
        assert {rdata.to_wire() for rdata in rrset} == set(mine.data)


def test_we_read_what_dnspython_writes() -> None:
    query = dns.message.make_query("my.xxsilence.net", "A", use_edns=0, payload=1400)
    reply = dns.message.make_response(query)
    for text in (
        "my.xxsilence.net. 60 IN A 192.0.2.80",
        "xxsilence.net. 60 IN MX 10 mail.xxsilence.net.",
        "xxsilence.net. 60 IN SOA dns.xxsilence.net. host.xxsilence.net. 1 2 3 4 5",
        "x. 60 IN SRV 1 2 3 my.xxsilence.net.",
    ):
        owner, ttl, rclass, rtype, data = text.split(" ", 4)
        reply.answer.append(dns.rrset.from_text(owner, int(ttl), rclass, rtype, data))
    ours = message.read(reply.to_wire())
    assert [(type_text(each.rtype), each.texts()[0]) for each in ours.answer] == [
        ("A", "192.0.2.80"),
        ("MX", "10 mail.xxsilence.net."),
        ("SOA", "dns.xxsilence.net. host.xxsilence.net. 1 2 3 4 5"),
        ("SRV", "1 2 3 my.xxsilence.net."),
    ]
    assert ours.flag_names() == ["qr", "rd"]


@given(st.binary(max_size=200))
@examples(400)
def test_random_bytes_are_a_message_or_a_format_error(data: bytes) -> None:
    try:
        message.read(data)
    except FormatError:
        pass


@given(st.data())
@examples(200)
def test_spoiled_messages_too(data: st.DataObject) -> None:
    writer = Writer(1, QR, 512)
    name = from_text("my.xxsilence.net")
    writer.question(name, A)
    writer.rrset(0, RRset(name, A, 60, (b"\1\2\3\4", b"\1\2\3\5")))
    writer.rrset(1, RRset(name[1:], NS, 60, (to_wire(from_text("dns.xxsilence.net")),)))
    whole = bytearray(writer.finish())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        message.read(cut)
    except FormatError:
        pass


@pytest.mark.parametrize(
    "data",
    [
        bytes(4) + b"\0\1" + bytes(6) + b"\xc0\x0c\0\1\0\1",  # a pointer to itself
        bytes(4) + b"\0\1" + bytes(6) + b"\xc0\x0e\xc0\x0c\0\1\0\1",  # a pointer forward
        bytes(4) + b"\0\1" + bytes(6) + b"\x3f" + b"a" * 20,  # a label cut short
        bytes(4) + b"\0\1" + bytes(6) + b"\x80a\0\0\1\0\1",  # a label type that does not exist
        bytes(4) + b"\0\1" + bytes(6) + (b"\x3f" + b"a" * 63) * 5 + b"\0\0\1\0\1",  # longer than 255 octets
        bytes(6) + b"\xff\xff" + bytes(4),  # 65,535 records promised, none there
    ],
)
def test_messages_that_are_none(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"byte|header"):
        message.read(data)


def test_a_message_never_grows_over_its_limit() -> None:
    writer = Writer(1, QR, 100)
    name = from_text("a.example")
    writer.question(name, A)
    big = RRset(name, TXT, 1, tuple(b"\x20" + bytes((n,)) * 32 for n in range(10)))
    assert not writer.rrset(0, big)
    assert writer.rrset(0, RRset(name, A, 1, (b"\1\2\3\4",)))
    found = message.read(writer.finish())
    assert len(found.answer) == 1 and found.size <= 100


@pytest.mark.parametrize(
    ("text", "said"), [("a" * 64 + ".net", "label"), ("a." * 130 + "net", "255"), ("a..b", "empty"), ("\udcff.x", "")]
)
def test_names_that_are_none(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        from_text(text)
    assert said in error.value.message.lower() and len(error.value.message) < 200


def test_names() -> None:
    name = from_text("My.XXsilence.net")
    assert name == (b"my", b"xxsilence", b"net") and to_text(name) == "my.xxsilence.net." and to_text(()) == "."
    assert from_text("bücher.example") == (b"xn--bcher-kva", b"example")
    assert wire_length(name) == len(to_wire(name)) <= LONGEST_WIRE
    assert within(name, ()) and within(name, name) and not within(name[1:], name)
    assert to_text(reverse("192.0.2.80")) == "80.2.0.192.in-addr.arpa."
    assert to_text(reverse("2001:db8::80")).endswith("8.b.d.0.1.0.0.2.ip6.arpa.")
    with pytest.raises(UsageError):
        reverse("192.0.2")


def test_types_and_data() -> None:
    assert type_from_text("aaaa") == 28 and type_from_text("TYPE65280") == 65280 and type_text(65280) == "TYPE65280"
    for wrong in ("FOO", "OPT", "AXFR", "", "TYPE99999"):
        with pytest.raises(UsageError):
            type_from_text(wrong)
    assert data_text(A, b"\1\2\3") == "\\# 3 010203"
    assert rcode_text(23) == "RCODE23"
    one = Soa(from_text("a.example"), from_text("b.example"), 1, 2, 3, 4, 5)
    assert soa(one.to_wire()) == one
