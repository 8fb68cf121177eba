"""Zones and authoritative answers: RFC 1034 §4.3.2, wildcards of RFC 4592, empty non-terminals, truncation,
refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.dns import message, topology
from netlab.dns.authority import Authority
from netlab.dns.message import AA, RD, TC
from netlab.dns.names import from_text, to_text
from netlab.dns.records import ANY, CNAME, MX, NS, REFUSED, SOA, TXT, A, RRset, rcode_text, type_from_text
from netlab.dns.zone import Says, Zone, ZoneText, parse
from netlab.errors import UsageError

TEXT = """$ORIGIN example.
$TTL 300
@ SOA ns host 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
ns A 192.0.2.1
mail A 192.0.2.2
*.wild A 192.0.2.3
there.wild TXT "no address"
*.far.wild CNAME ns
a.b.c A 192.0.2.4
child NS ns.child
child NS elsewhere.test.
ns.child A 192.0.2.5
alias CNAME mail
tree DNAME other
x.other A 192.0.2.6
"""


PARSED = parse(ZoneText(from_text("example"), TEXT, "x"))  # for tests that only ask


@pytest.fixture(scope="module")
def zone() -> Zone:
    return parse(ZoneText(from_text("example"), TEXT, "example.zone"))


@pytest.mark.parametrize(
    ("name", "rtype", "says"),
    [
        ("example", SOA, Says.ANSWER),
        ("mail.example", A, Says.ANSWER),
        ("mail.example", TXT, Says.NODATA),
        ("mail.example", ANY, Says.ANSWER),
        ("nope.example", A, Says.NXDOMAIN),
        ("b.c.example", A, Says.NODATA),  # empty non-terminals
        ("c.example", A, Says.NODATA),
        ("x.c.example", A, Says.NXDOMAIN),
        ("x.wild.example", A, Says.ANSWER),
        ("x.y.wild.example", A, Says.ANSWER),  # a wildcard covers more than one label
        ("x.wild.example", TXT, Says.NODATA),
        ("there.wild.example", A, Says.NODATA),  # what exists is not covered
        ("x.there.wild.example", A, Says.NXDOMAIN),  # nor what is below it: its closest encloser has no wildcard
        ("wild.example", A, Says.NODATA),
        ("*.wild.example", A, Says.ANSWER),
        ("x.far.wild.example", A, Says.ALIAS),
        ("alias.example", A, Says.ALIAS),
        ("alias.example", CNAME, Says.ANSWER),
        ("x.alias.example", A, Says.NXDOMAIN),
        ("child.example", A, Says.REFERRAL),
        ("child.example", NS, Says.REFERRAL),
        ("child.example", 43, Says.NODATA),  # DS lives on this side
        ("deep.in.child.example", A, Says.REFERRAL),
        ("ns.child.example", A, Says.REFERRAL),  # glue is not an answer
        ("x.tree.example", A, Says.DNAME),
        ("tree.example", A, Says.NODATA),
        ("tree.example", 39, Says.ANSWER),
    ],
)
def test_what_a_zone_says(zone: Zone, name: str, rtype: int, says: Says) -> None:
    assert zone.find(from_text(name), rtype).says is says


def test_a_wildcards_records_have_the_name_that_was_asked(zone: Zone) -> None:
    found = zone.find(from_text("x.y.wild.example"), A)
    assert found.wildcard and to_text(found.rrsets[0].owner) == "x.y.wild.example."


def ask(zone: Zone, name: str, rtype: str = "A", *, udp_size: int | None = 1232, tcp: bool = False) -> message.Message:
    query = message.write_query(77, from_text(name), type_from_text(rtype), flags=RD, udp_size=udp_size)
    return message.read(Authority([zone]).handle(query, "127.0.0.1", tcp)[0])


def test_an_answer_is_authoritative_and_has_what_comes_next(zone: Zone) -> None:
    reply = ask(zone, "example", "MX")
    assert reply.flags & AA and reply.flags & RD and reply.id == 77
    assert [to_text(each.owner) for each in reply.additional] == ["mail.example."]


def test_a_referral_is_not_authoritative_and_has_glue(zone: Zone) -> None:
    reply = ask(zone, "www.child.example")
    assert not reply.flags & AA and not reply.answer
    assert reply.authority[0].rtype == NS and len(reply.authority[0].data) == 2
    assert [to_text(each.owner) for each in reply.additional] == ["ns.child.example."]


@pytest.mark.parametrize(("name", "rcode"), [("nope.example", "NXDOMAIN"), ("c.example", "NOERROR")])
def test_no_comes_with_the_soa_and_its_minimum(zone: Zone, name: str, rcode: str) -> None:
    reply = ask(zone, name)
    assert rcode_text(reply.rcode) == rcode and reply.flags & AA
    assert reply.authority[0].rtype == SOA and reply.authority[0].ttl == 60


def test_aliases_are_followed_within_the_server(zone: Zone) -> None:
    assert [each.rtype for each in ask(zone, "alias.example").answer] == [CNAME, A]
    assert [each.rtype for each in ask(zone, "x.tree.example").answer] == [39, CNAME, A]


def test_what_is_not_served_is_refused(zone: Zone) -> None:
    assert ask(zone, "www.elsewhere.test").rcode == REFUSED


def test_truncation_goes_by_the_size_that_the_client_offers() -> None:
    many = TEXT + "".join(f"many A 10.0.0.{n}\n" for n in range(1, 200))
    zone = parse(ZoneText(from_text("example"), many, "many.zone"))
    for udp_size, most in ((None, 512), (600, 600), (4096, 1232)):
        reply = ask(zone, "many.example", udp_size=udp_size)
        assert reply.flags & TC and reply.size <= most
    whole = ask(zone, "many.example", tcp=True)
    assert not whole.flags & TC and len(whole.answer[0].data) == 199


def test_ten_thousand_records_do_not_fit_anywhere_and_that_is_said() -> None:
    small = parse(ZoneText(from_text("example"), TEXT, "small.zone"))  # of 10,000 lines, dnspython makes a day's work
    many = RRset(from_text("many.example"), A, 60, tuple((10 << 24 | n).to_bytes(4, "big") for n in range(10_000)))
    zone = Zone(small.origin, [*small.rrsets(), many])
    reply = ask(zone, "many.example", tcp=True)
    assert reply.flags & TC and reply.size <= 65535


def test_the_same_question_again_is_answered_from_what_was_composed_before(zone: Zone) -> None:
    server = Authority([zone])
    for identifier, name in ((1, b"MAIL"), (2, b"mail"), (3, b"MaIl")):
        query = message.write_query(
            identifier, from_text("mail.example"), A, spelled=b"\4" + name + b"\7example\0", udp_size=1232
        )
        reply = server.handle(query, "127.0.0.1", False)[0]
        assert reply[:2] == query[:2] and reply[12:30] == query[12:30]
        assert message.read(reply).answer[0].texts() == ["192.0.2.2"]
    zone_text = TEXT.replace("mail A 192.0.2.2", "mail A 192.0.2.77").replace("host 1 ", "host 2 ")
    server.zones[from_text("example")].replace(parse(ZoneText(from_text("example"), zone_text, "x")).rrsets())
    server.changed()
    assert message.read(server.handle(query, "127.0.0.1", False)[0]).answer[0].texts() == ["192.0.2.77"]


@given(st.binary(max_size=80))
@examples(300)
def test_random_bytes_at_a_server_are_answered_in_order_or_not_at_all(data: bytes) -> None:
    server = Authority([PARSED])
    for tcp in (False, True):
        for reply in server.handle(data, "127.0.0.1", tcp):
            assert reply[:2] == data[:2] and reply[2] & 0x80
            message.read(reply)


@given(st.data())
@examples(200)
def test_nearly_right_queries_too(data: st.DataObject) -> None:
    query = bytearray(message.write_query(1, from_text("x.y.wild.example"), MX, udp_size=1232))
    for _ in range(data.draw(st.integers(1, 3))):
        query[data.draw(st.integers(0, len(query) - 1))] = data.draw(st.integers(0, 255))
    server = Authority([PARSED], transfer_to=["127.0.0.0/8"])
    for tcp in (False, True):
        for reply in server.handle(bytes(query), "127.0.0.1", tcp):
            message.read(reply)


def test_a_reply_is_never_answered(zone: Zone) -> None:
    query = bytearray(message.write_query(1, from_text("mail.example"), A))
    query[2] |= 0x80
    server = Authority([zone])
    assert server.handle(bytes(query), "127.0.0.1", False) == [] and server.counts["ignored"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@ 60 A 192.0.2.1\n", "SOA"),
        ("@ 60 SOA ns host 1 2 3 4 5\n", "NS record"),
        (TEXT + "bad A 192.0.2.999\n", "example.zone:18"),
        (TEXT + "alias A 192.0.2.1\n", "CNAME"),
        (TEXT + "x" * 64 + " A 192.0.2.1\n", "label"),
        ("\x00\x01", ""),
    ],
)
def test_a_zone_file_that_is_none_is_said_with_file_and_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(ZoneText(from_text("example"), text, "example.zone"))
    assert said in error.value.message and "example" in error.value.message


def test_the_embedded_zones_are_all_there() -> None:
    plan = topology.load(topology.EMBEDDED)
    files = {path.name for path in topology.EMBEDDED.glob("*.zone")}
    assert len(files) >= 30 and len({server.address for server in plan.servers}) == len(plan.servers)
    assert all(server.address.startswith("127.53.") or server.address == "::1" for server in plan.servers)
    served = {to_text(zone.origin) for server in plan.servers for zone in server.zones}
    assert {".", "net.", "com.", "cn.", "arpa.", "xxsilence.net.", "kaola.com.", "163.com."} <= served


def test_a_topology_can_move_to_another_network() -> None:
    plan = topology.load(topology.EMBEDDED, 60)
    assert plan.roots[0][1] == "127.60.0.1"
    net = next(zone for server in plan.servers for zone in server.zones if zone.origin == from_text("net"))
    glue = net.find(from_text("www.xxsilence.net"), A)
    assert glue.says is Says.REFERRAL
    assert next(iter(net.addresses(from_text("dns.xxsilence.net"), [A]))).texts() == ["127.60.2.1"]


def test_zones_without_a_plan_are_served_where_their_names_say(tmp_path: Path) -> None:
    (tmp_path / "example.zone").write_text(TEXT.replace("ns A 192.0.2.1", "ns A 127.9.9.9"))
    (tmp_path / "test.zone").write_text("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.nowhere.\n")
    plan = topology.load(tmp_path)
    assert {server.address: [to_text(zone.origin) for zone in server.zones] for server in plan.servers} == {
        "127.9.9.9": ["example."],
        "127.53.0.1": ["test."],
    }


@pytest.mark.parametrize(
    "plan",
    [
        "[[server]]\nname = 1",
        "not toml",
        '[[server]]\nname="a"\naddress="x"',
        '[[server]]\nname="a"\naddress="127.1.1.1"\nquirk="tall"',
        '[[server]]\nname="a"\naddress="127.1.1.1"\nzones=["gone"]',
    ],
)
def test_a_plan_that_is_wrong_is_said(tmp_path: Path, plan: str) -> None:
    (tmp_path / "servers.toml").write_text(plan)
    with pytest.raises(UsageError):
        topology.load(tmp_path)
