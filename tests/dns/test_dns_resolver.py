"""What a resolver must get right: twelve things, each with a zone that provokes it. No sockets, no waiting."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from paper import PORT, Paper

from netlab.dns import message
from netlab.dns.cache import Rank
from netlab.dns.exchange import Query
from netlab.dns.names import from_text, to_text, within
from netlab.dns.records import AAAA, NXDOMAIN, A

SHOP = "106.114.138.24"


def test_the_course_in_three_queries(paper: Paper) -> None:
    told = paper.resolve("my.xxsilence.net")
    assert told.records == ["my.xxsilence.net. 3600 A 192.0.2.80"]
    assert [to_text(step.server or ()) for step in told.steps] == [
        "a.root-servers.net.",
        "dns.net.",
        "dns.xxsilence.net.",
    ]
    assert told.kinds == ["referral", "referral", "answer"]


# 1


def test_1_an_alias_into_another_tld_is_followed_from_the_best_zone_known(paper: Paper) -> None:
    told = paper.resolve("www.xxsilence.net")
    assert told.data == [["CNAME", "www.kaola.com."][1], SHOP]
    assert told.kinds == ["referral", "referral", "alias", "referral", "referral", "answer"]
    resolver = paper.resolver()
    paper.resolve("m.kaola.com", resolver=resolver)
    again = paper.resolve("www.xxsilence.net", resolver=resolver)
    assert again.kinds == ["referral", "referral", "alias", "cached"]  # the answer for the target was already there


def test_1_a_query_for_the_alias_itself_is_not_chased(paper: Paper) -> None:
    told = paper.resolve("www.xxsilence.net", "CNAME")
    assert told.records == ["www.xxsilence.net. 3600 CNAME www.kaola.com."]


def test_1_only_what_an_alias_stands_for_is_taken_from_its_memory(paper: Paper) -> None:
    """A remembered CNAME answers for other types, but not for CNAME's own absence, nor for ANY."""
    resolver = paper.resolver()
    paper.resolve("www.xxsilence.net", resolver=resolver)
    told = paper.resolve("www.xxsilence.net", "CNAME", resolver)
    assert told.resolution.sent == 0 and told.data == ["www.kaola.com."]
    told = paper.resolve("www.xxsilence.net", "ANY", resolver)
    assert told.resolution.sent == 1 and [line.split()[2] for line in told.records] == ["CNAME"]
    told = paper.resolve("www.xxsilence.net", "AAAA", resolver)  # the alias is known, its target's AAAA is not
    assert told.kinds[0] == "cached" and told.resolution.sent == 1


def test_1_everything_of_a_name_is_not_taken_for_one_of_its_types(paper: Paper) -> None:
    """RFC 1035 §7.4: an answer to ANY may be partial."""
    resolver = paper.resolver()
    assert paper.resolve("xxsilence.net", "ANY", resolver).rcode == "NOERROR"
    assert paper.resolve("xxsilence.net", "MX", resolver).resolution.sent == 1


def test_1_the_best_zone_known_is_one_whose_servers_can_be_asked(paper: Paper) -> None:
    """The addresses of its servers are over before its NS set is: the parent tells them again, and nobody else can."""
    resolver = paper.resolver()
    paper.resolve("my.xxsilence.net", resolver=resolver)
    for server in ("dns.xxsilence.net", "dns2.xxsilence.net"):
        resolver.cache._forget((from_text(server), A))
    resolver.cache._forget((from_text("my.xxsilence.net"), A))
    told = paper.resolve("my.xxsilence.net", resolver=resolver)
    assert told.data == ["192.0.2.80"] and [to_text(step.zone) for step in told.steps] == ["net.", "xxsilence.net."]


def test_1_a_zone_whose_servers_live_elsewhere_is_the_best_without_their_addresses(paper: Paper) -> None:
    resolver = paper.resolver()
    paper.resolve("www.163.com", resolver=resolver)
    for key in (("ns1.nease.net", A), ("www.163.com", A)):
        resolver.cache._forget((from_text(key[0]), key[1]))
    told = paper.resolve("www.163.com", resolver=resolver)
    assert told.data == ["192.0.2.163"]
    assert [(step.depth, to_text(step.zone)) for step in told.steps] == [
        (1, "net."),
        (1, "nease.net."),
        (0, "163.com."),
    ]


# 2


@pytest.mark.parametrize("name", ["lost.alias.test", "gone.alias.test"])
def test_2_an_alias_to_a_name_that_does_not_exist(paper: Paper, name: str) -> None:
    told = paper.resolve(name)
    assert told.rcode == "NXDOMAIN"
    assert [line.split()[2] for line in told.records] == ["CNAME"]
    assert told.answer.authority


def test_2_an_alias_to_a_name_without_such_a_record(paper: Paper) -> None:
    told = paper.resolve("empty.alias.test")
    assert told.rcode == "NOERROR" and told.data == ["nothing.alias.test."] and told.answer.authority


# 3


@pytest.mark.parametrize("name", ["self.alias.test", "one.alias.test", "far.alias.test"])
def test_3_aliases_in_a_circle_end_soon(paper: Paper, name: str) -> None:
    told = paper.resolve(name)
    assert told.rcode == "SERVFAIL" and told.resolution.sent <= 8
    assert "circle" in told.answer.reason


def test_3_eight_aliases_in_a_row_are_no_circle(paper: Paper) -> None:
    told = paper.resolve("hop1.alias.test")
    assert told.data[-1] == "192.0.2.11" and len(told.records) == 9


def test_3_a_circle_is_one_with_a_warm_cache_too(paper: Paper) -> None:
    resolver = paper.resolver()
    for _ in range(2):
        told = paper.resolve("one.alias.test", resolver=resolver)
        assert told.rcode == "SERVFAIL"
    assert told.resolution.sent == 0


# 4


@pytest.mark.parametrize(("name", "address"), [("www.old.dname.test", "192.0.2.12"), ("www.shop.dname.test", SHOP)])
def test_4_a_dname_is_told_with_the_alias_it_makes(paper: Paper, name: str, address: str) -> None:
    resolver = paper.resolver()
    for queries in (None, 0):
        told = paper.resolve(name, resolver=resolver)
        assert [line.split()[2] for line in told.records] == ["DNAME", "CNAME", "A"]
        assert told.data[-1] == address
        assert queries is None or told.resolution.sent == queries


def test_4_a_cached_dname_covers_names_never_asked(paper: Paper) -> None:
    resolver = paper.resolver()
    paper.resolve("www.kaola.cn", resolver=resolver)
    told = paper.resolve("nothing.kaola.cn", resolver=resolver)
    assert told.rcode == "NXDOMAIN" and told.kinds[0] == "cached"


def test_4_a_name_that_gets_too_long_is_yxdomain(paper: Paper) -> None:
    told = paper.resolve(f"{'x' * 40}.long.dname.test")
    assert told.rcode == "YXDOMAIN" and [line.split()[2] for line in told.records] == ["DNAME"]


# 5


def test_5_a_server_without_glue_is_looked_up_first(paper: Paper) -> None:
    told = paper.resolve("www.163.com")
    assert told.data == ["192.0.2.163"]
    assert {step.depth for step in told.steps} == {0, 1}
    assert "ns1.nease.net." in told.steps[2].purpose


def test_5_also_two_stages_deep(paper: Paper) -> None:
    told = paper.resolve("www.deep.test")
    assert told.data == ["192.0.2.31"]
    assert max(step.depth for step in told.steps) == 2


# 6


@pytest.mark.parametrize(("name", "queries"), [("www.circle-a.test", 4), ("www.noglue.test", 2)])
def test_6_delegations_that_cannot_be_followed_fail_at_once(paper: Paper, name: str, queries: int) -> None:
    told = paper.resolve(name)
    assert told.rcode == "SERVFAIL" and told.resolution.sent <= queries
    assert told.took_s < 0.1
    assert "skipped" in told.kinds
    said = " ".join(step.found for step in told.steps if step.kind == "skipped")
    assert ("circle" if "circle" in name else "glue") in said


def test_6_one_budget_for_all_lookups_within_lookups(paper: Paper) -> None:
    told = paper.resolve("www.deep.test", max_queries=5)
    assert told.rcode == "SERVFAIL" and told.resolution.sent == 5 and "budget" in told.answer.reason


def test_6_a_zone_of_servers_without_glue_does_not_multiply(paper: Paper) -> None:
    """NXNSAttack: a referral to many names that all have to be looked up, and none of which is of use."""
    zone = paper.servers["127.53.1.5"].zones[from_text("test")]
    many = "".join(f"many NS ns{n}.circle-a.test.\n" for n in range(60))
    sets = list(zone.rrsets()) + _records(f"$ORIGIN test.\n$TTL 60\n{many}", "test")
    zone.replace(sets)
    told = paper.resolve("www.many.test", max_queries=50)
    assert told.rcode == "SERVFAIL" and told.resolution.sent <= 50


def _records(text: str, origin: str) -> list[message.RRset]:
    from netlab.dns.zone import ZoneText, parse_records

    return parse_records(ZoneText(from_text(origin), text, "test"))


# 7


def test_7_a_name_server_whose_name_does_not_exist_is_a_failure_not_a_no(paper: Paper) -> None:
    told = paper.resolve("www.nsgone.test")
    assert told.rcode == "SERVFAIL"
    assert "NXDOMAIN" in told.answer.reason
    assert paper.resolve("www.nsgone.test").rcode == "SERVFAIL"


# 8


@pytest.mark.parametrize("zone", ["refused", "servfail", "upward", "wrong", "garbled", "lame"])
def test_8_only_lame_servers_is_a_failure(paper: Paper, zone: str) -> None:
    told = paper.resolve(f"www.{zone}.test")
    assert told.rcode == "SERVFAIL"
    assert {"lame", "unreachable"} & set(told.kinds)


def test_8_the_next_server_is_asked_and_the_lame_ones_are_shown(paper: Paper) -> None:
    told = paper.resolve("www.mixed.test")
    assert told.data == ["192.0.2.17"]
    assert told.kinds == ["referral", "referral", "lame", "lame", "lame", "answer"]
    said = [step.found for step in told.steps if step.kind == "lame"]
    assert ["REFUSED" in said[0], "SERVFAIL" in said[1], "upward" in said[2]] == [True] * 3


# 9


def test_9_one_of_two_dead_costs_one_timeout(paper: Paper) -> None:
    told = paper.resolve("www.halfdead.test")
    assert told.data == ["192.0.2.18"]
    assert 1.0 <= told.took_s < 1.1


def test_9_a_dead_server_is_asked_last_for_a_while(paper: Paper) -> None:
    resolver = paper.resolver()
    paper.resolve("www.halfdead.test", resolver=resolver)
    told = paper.resolve("other.halfdead.test", resolver=resolver)
    assert told.rcode == "NXDOMAIN" and told.took_s < 0.1


@pytest.mark.parametrize("name", ["www.dead.test", "www.closed.test"])
def test_9_all_dead_is_a_failure_within_five_seconds(paper: Paper, name: str) -> None:
    told = paper.resolve(name)
    assert told.rcode == "SERVFAIL" and told.took_s < 5


def test_9_even_when_everybody_is_dead(paper: Paper) -> None:
    paper.down = set(paper.servers)
    told = paper.resolve("my.xxsilence.net")
    assert told.rcode == "SERVFAIL" and told.took_s < 5


# 10


@pytest.mark.parametrize(
    ("name", "rtype", "rcode"),
    [
        ("www.lessons.test", "AAAA", "NOERROR"),
        ("nope.lessons.test", "A", "NXDOMAIN"),
        ("b.ent.lessons.test", "A", "NOERROR"),
        ("ent.lessons.test", "A", "NOERROR"),
        ("x.ent.lessons.test", "A", "NXDOMAIN"),
        ("com.cn", "A", "NOERROR"),
    ],
)
def test_10_no_such_name_and_no_such_record_are_told_apart(paper: Paper, name: str, rtype: str, rcode: str) -> None:
    told = paper.resolve(name, rtype)
    assert told.rcode == rcode and not told.records and told.answer.authority


def test_10_no_is_remembered_for_the_smaller_of_ttl_and_minimum(paper: Paper) -> None:
    resolver = paper.resolver()
    name = from_text("nope.lessons.test")
    paper.resolve("nope.lessons.test", resolver=resolver)
    entry = resolver.cache.get(name, AAAA, paper.now_s)
    assert entry is not None and entry.rcode == NXDOMAIN  # for every type
    assert entry.left(paper.now_s) in (59, 60)  # minimum 60, TTL of the SOA 3600
    paper.now_s += 58
    assert paper.resolve("nope.lessons.test", "MX", resolver).resolution.sent == 0
    paper.now_s += 3
    assert paper.resolve("nope.lessons.test", resolver=resolver).resolution.sent == 1


def test_10_answers_count_down_and_expire_by_the_clock(paper: Paper) -> None:
    resolver = paper.resolver()
    paper.resolve("my.xxsilence.net", resolver=resolver)
    paper.now_s += 3000
    told = paper.resolve("my.xxsilence.net", resolver=resolver)
    assert told.resolution.sent == 0 and told.answer.from_cache
    assert told.answer.answer[0].ttl in (599, 600)
    paper.now_s += 601
    told = paper.resolve("my.xxsilence.net", resolver=resolver)
    assert told.resolution.sent == 1 and told.answer.answer[0].ttl == 3600


# 11


@pytest.mark.parametrize(("name", "rtype", "records"), [("many.big.test", "A", 200), ("text.big.test", "TXT", 1)])
def test_11_what_is_cut_is_asked_again_by_tcp(paper: Paper, name: str, rtype: str, records: int) -> None:
    told = paper.resolve(name, rtype)
    assert len(told.records) == records
    assert told.kinds[-2:] == ["truncated", "answer"]
    assert [step.transport for step in told.steps[-2:]] == ["udp", "tcp"]


def test_11_edns_offers_1232_octets_and_is_left_out_for_those_who_do_not_know_it(paper: Paper) -> None:
    resolver = paper.resolver()
    told = paper.resolve("www.noedns.test", resolver=resolver)
    assert told.data == ["192.0.2.21"]
    assert [(str(step.kind), step.edns) for step in told.steps[-2:]] == [("no edns", True), ("answer", False)]
    assert paper.resolve("other.noedns.test", resolver=resolver).resolution.sent == 1  # remembered
    sent: list[bytes] = []
    paper.interfere = lambda exchange, replies: (
        sent.append(exchange.payload) or [(r, exchange.server[1], PORT) for r in replies]
    )  # type: ignore[func-returns-value]
    paper.resolve("my.xxsilence.net")
    assert {message.read(query).udp_size for query in sent} == {1232}


def test_11_ids_and_letters_are_random(paper: Paper) -> None:
    ids, spellings = set(), set()

    def watch(exchange: Query, replies: list[bytes]) -> list[tuple[bytes, str, int]]:
        ids.add(exchange.payload[:2])
        spellings.add(exchange.payload[12:30])
        return [(reply, exchange.server.address, PORT) for reply in replies]

    paper.interfere = watch
    resolver = paper.resolver()
    for _ in range(10):
        resolver.cache.clear()
        paper.resolve("my.xxsilence.net", resolver=resolver)
    assert len(ids) == 30 and len(spellings) == 30


def test_11_forged_replies_are_ignored_and_counted(paper: Paper) -> None:
    told = paper.resolve("www.forged.test")
    assert told.data == ["192.0.2.22"]
    assert told.resolution.ignored == 3
    assert "ID" in told.steps[-1].ignored_words[0] and "another question" in told.steps[-1].ignored_words[1]


@pytest.mark.parametrize(
    "forged",
    "address,port,id,question,type,class,case,query,short,nearly nothing,no question,"
    "an error for another question".split(","),
)
def test_11_what_does_not_match_in_one_thing_is_not_the_reply(paper: Paper, forged: str) -> None:
    def interfere(exchange: Query, replies: list[bytes]) -> list[tuple[bytes, str, int]]:
        address, good = exchange.server.address, replies[0]
        rest = len(good) - len(exchange.payload) + 11  # octets after the question: a query has but an OPT there
        changed = {
            "address": (good, "127.9.9.9", PORT),
            "port": (good, address, PORT + 1),
            "id": (bytes((good[0] ^ 1,)) + good[1:], address, PORT),
            "question": (good[:13] + b"q" + good[14:], address, PORT),
            "type": (good[: -4 - rest] + b"\0\x1c" + good[-2 - rest :], address, PORT),
            "class": (good[: -2 - rest] + b"\0\3" + good[len(good) - rest :], address, PORT),
            "nearly nothing": (good[:2], address, PORT),
            "no question": (good[:3] + bytes(9), address, PORT),
            "an error for another question": (good[:3] + b"\1" + good[4:13] + b"q" + good[14:], address, PORT),
            "case": (good[:12] + good[12:20].swapcase() + good[20:], address, PORT),
            "query": (exchange.payload, address, PORT),
            "short": (good[:11], address, PORT),
        }[forged]
        return [changed, (good, address, PORT)]

    paper.interfere = interfere
    told = paper.resolve("my.xxsilence.net")
    assert told.data == ["192.0.2.80"]
    assert told.resolution.ignored >= 3
    assert {step.transport for step in told.steps} == ({"udp", "tcp"} if forged == "case" else {"udp"})


def test_11_a_server_that_loses_the_case_is_asked_by_tcp(paper: Paper) -> None:
    told = paper.resolve("www.lowercase.test")
    assert told.data == ["192.0.2.25"]
    assert [step.transport for step in told.steps[-2:]] == ["udp", "tcp"] and told.took_s < 2


def _replies(exchange: Query, replies: list[bytes]) -> list[tuple[bytes, str, int]]:
    return [(reply, exchange.server.address, PORT) for reply in replies]


def test_11_what_is_cut_by_tcp_too_is_of_no_use(paper: Paper) -> None:
    def cut(exchange: Query, replies: list[bytes]) -> list[tuple[bytes, str, int]]:
        return _replies(exchange, [each[:2] + bytes((each[2] | 2,)) + each[3:] for each in replies])

    paper.interfere = cut
    told = paper.resolve("my.xxsilence.net")
    assert told.rcode == "SERVFAIL" and told.kinds == ["truncated", "lame"] * 2  # there are two roots
    assert [step.transport for step in told.steps] == ["udp", "tcp"] * 2
    assert "truncated over TCP, too" in told.answer.reason and "truncated over TCP" in told.steps[1].found


def test_11_formerr_without_edns_too_is_of_no_use(paper: Paper) -> None:
    paper.interfere = lambda exchange, replies: _replies(exchange, [exchange.payload[:2] + b"\x80\x01" + bytes(8)])
    told = paper.resolve("my.xxsilence.net")
    assert told.rcode == "SERVFAIL" and told.kinds == ["no edns", "lame"] * 2
    assert "FORMERR" in told.answer.reason


@pytest.mark.parametrize(("name", "address"), [("www.lowercase.test", "127.53.6.12"), ("www.wrong.test", "127.53.6.4")])
def test_11_who_sends_what_does_not_match_is_not_taken_for_dead(paper: Paper, name: str, address: str) -> None:
    resolver = paper.resolver()
    told = paper.resolve(name, resolver=resolver)
    assert address in {step.address for step in told.steps}
    assert not resolver.seen.rests(address, paper.now_s)


def test_9_who_was_silent_and_speaks_again_is_asked_again(paper: Paper) -> None:
    resolver, address = paper.resolver(), "127.53.1.1"
    paper.down = {address}
    paper.resolve("my.xxsilence.net", resolver=resolver)
    assert resolver.seen.rests(address, paper.now_s)
    paper.down = set()
    assert paper.resolve("my.xxsilence.net", resolver=resolver).rcode == "NOERROR"
    assert not resolver.seen.rests(address, paper.now_s)


# 12


def test_12_what_lies_outside_of_the_zone_asked_is_dropped_and_shown(paper: Paper) -> None:
    resolver = paper.resolver()
    told = paper.resolve("www.poison.test", resolver=resolver)
    assert told.data == ["192.0.2.23"]
    dropped = told.steps[-1].dropped
    assert {each.section for each in dropped} >= {"answer"}
    assert all("not within poison.test." in each.why for each in dropped)
    assert resolver.cache.get(from_text("www.kaola.com"), A, paper.now_s) is None
    assert paper.resolve("www.kaola.com", resolver=resolver).data == [SHOP]


def test_12_glue_is_believed_only_within_the_zone_that_gives_it(paper: Paper) -> None:
    zone = paper.servers["127.53.1.5"].zones[from_text("test")]

    def interfere(exchange: Query, replies: list[bytes]) -> list[tuple[bytes, str, int]]:
        if exchange.server.address != "127.53.1.5":
            return [(reply, exchange.server.address, PORT) for reply in replies]
        reply = message.read(replies[0])
        writer = message.Writer(reply.id, reply.flags, 1232)
        writer.question(exchange.name, exchange.rtype, exchange.payload[12 : 12 + len(exchange.payload) - 27])
        for rrset in reply.authority:
            writer.rrset(1, rrset)
        writer.rrset(2, message.RRset(from_text("ns1.nease.net"), A, 60, (bytes((127, 66, 6, 6)),)))
        return [(writer.finish(), exchange.server.address, PORT)]

    assert zone.origin == from_text("test")
    paper.interfere = interfere
    told = paper.resolve("www.glueless.test")
    assert told.data == ["192.0.2.30"]  # by the real address of ns1.nease.net
    assert [to_text(each.rrset.owner) for each in told.steps[1].dropped] == ["ns1.nease.net."]


def test_12_glue_and_referrals_are_no_answers_to_clients(paper: Paper) -> None:
    """RFC 2181 §5.4.1: they are for the resolver's own use; who asks for them is told by the zone itself."""
    resolver = paper.resolver()
    paper.resolve("my.xxsilence.net", resolver=resolver)
    for name, rtype in (("dns2.xxsilence.net", "A"), ("xxsilence.net", "NS")):
        told = paper.resolve(name, rtype, resolver)
        assert told.resolution.sent == 1 and told.kinds == ["answer"] and "aa" in told.steps[0].flags


def test_12_answers_without_aa_are_remembered_and_count_for_less(paper: Paper) -> None:
    resolver = paper.resolver()
    paper.resolve("www.noaa.test", resolver=resolver)
    assert paper.resolve("www.noaa.test", resolver=resolver).resolution.sent == 0
    entry = resolver.cache.get(from_text("www.noaa.test"), A, paper.now_s)
    assert entry is not None and entry.rank is Rank.ANSWER
    paper.resolve("my.xxsilence.net", resolver=resolver)
    entry = resolver.cache.get(from_text("my.xxsilence.net"), A, paper.now_s)
    assert entry is not None and entry.rank is Rank.AUTHORITATIVE


def test_12_referrals_must_descend(paper: Paper) -> None:
    told = paper.resolve("www.upward.test")
    zones = [step.zone for step in told.steps]
    assert zones == [(), from_text("test"), from_text("upward.test")]
    assert "upward" in told.steps[-1].found


def test_12_names_are_compared_by_whole_labels_and_in_any_case(paper: Paper) -> None:
    assert not within(from_text("notkaola.com"), from_text("kaola.com"))
    assert within(from_text("WWW.Kaola.COM"), from_text("kaola.com"))
    assert paper.resolve("MIXED.case.Lessons.TEST").data == ["192.0.2.16"]
    assert from_text(r"a\.b.com") != from_text("a.b.com")


def test_12_a_child_zone_on_its_parents_server_answers_without_a_referral(paper: Paper) -> None:
    told = paper.resolve("bench.lab.xxsilence.net")
    assert told.data == ["192.0.2.90"] and told.kinds == ["referral", "referral", "answer"]


def test_12_servers_that_never_set_aa_are_accepted(paper: Paper) -> None:
    told = paper.resolve("www.noaa.test")
    assert told.data == ["192.0.2.24"] and "aa" not in told.steps[-1].flags


# beyond the twelve


@pytest.mark.parametrize(
    "name",
    [
        "my.xxsilence.net",
        "www.xxsilence.net",
        "www.163.com",
        "bench.lab.xxsilence.net",
        "a.b.ent.denyents.test",
        "www.deep.test",
        "x.wild.lessons.test",
        "www.kaola.cn",
        "80.2.0.192.in-addr.arpa",
    ],
)
def test_minimised_names_lead_to_the_same_answer(paper: Paper, name: str) -> None:
    rtype = "PTR" if name.endswith("arpa") else "A"
    whole, minimised = paper.resolve(name, rtype), paper.resolve(name, rtype, qmin=True)
    assert sorted(minimised.records) == sorted(whole.records) and minimised.rcode == whole.rcode


def test_minimised_the_root_sees_one_label(paper: Paper) -> None:
    told = paper.resolve("my.xxsilence.net", qmin=True)
    assert [to_text(step.name) for step in told.steps] == ["net.", "xxsilence.net.", "my.xxsilence.net."]


def test_all_paths_ask_every_server_and_show_where_they_differ(paper: Paper) -> None:
    told = paper.resolve("www.paths.test", all_paths=True)
    assert told.data == ["192.0.2.19"]
    assert told.resolution.differences == [
        "www.paths.test. A: ns2.paths.test. (127.53.5.2) says 192.0.2.119, "
        "but ns.good.test. (127.53.5.1) says 192.0.2.19"
    ]
    assert paper.resolve("my.xxsilence.net", all_paths=True).resolution.differences == []
    asked = {step.address for step in paper.resolve("my.xxsilence.net", all_paths=True).steps}
    assert {"127.53.0.1", "127.53.0.2", "127.53.2.1", "127.53.2.2"} <= asked


@pytest.mark.parametrize("name", ["many.big.test", "www.noedns.test", "www.lowercase.test", "www.xxsilence.net"])
def test_all_paths_compare_the_last_word_of_each_server(paper: Paper, name: str) -> None:
    """A truncated reply and the whole one, with EDNS and without: that is one server, not two that differ."""
    assert paper.resolve(name, all_paths=True).resolution.differences == []


def test_all_paths_show_who_is_silent_or_lame(paper: Paper) -> None:
    silent = paper.resolve("www.halfdead.test", all_paths=True).resolution.differences
    assert len(silent) == 1 and "ns1.dead.test. (127.53.6.5) keeps silent, but ns.good.test." in silent[0]
    lame = paper.resolve("www.mixed.test", all_paths=True).resolution.differences
    assert [word for word in ("REFUSED", "SERVFAIL", "upward") if any(word in line for line in lame)] == [
        "REFUSED",
        "SERVFAIL",
        "upward",
    ]
    assert len(lame) == 3 and all(line.endswith("but ns.good.test. (127.53.5.1) says 192.0.2.17") for line in lame)


def test_by_tcp_only(paper: Paper) -> None:
    told = paper.resolve("my.xxsilence.net", tcp=True)
    assert {step.transport for step in told.steps} == {"tcp"}


def test_a_server_with_an_ipv6_address_only(paper: Paper) -> None:
    told = paper.resolve("www.v6only.test")
    assert told.rcode == "SERVFAIL" and "IPv6 is not asked" in told.answer.reason
    assert paper.resolve("www.v6only.test", ipv6=True).data == ["192.0.2.20"]


@given(dead=st.sets(st.sampled_from(sorted(Paper.embedded().servers))))
@examples(50)
def test_any_servers_dead_is_an_answer_or_a_failure_within_the_bounds(dead: set[str]) -> None:
    paper = Paper.embedded()
    paper.down = dead
    for name in ("www.xxsilence.net", "www.deep.test", "www.mixed.test", "www.163.com"):
        told = paper.resolve(name)
        assert told.rcode in ("NOERROR", "SERVFAIL") and told.took_s < 5 and told.resolution.sent <= 100
