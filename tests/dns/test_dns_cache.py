"""What is remembered, for how long and on whose word; by a clock that we move."""

from __future__ import annotations

from netlab.dns.cache import LONGEST_TTL_S, Cache, Rank, ServersSeen
from netlab.dns.cache_layers import CacheLayer, good_for
from netlab.dns.names import from_text, to_wire
from netlab.dns.records import MX, NOERROR, NS, NXDOMAIN, SOA, A, RRset, Soa
from netlab.dns.steps import TracedAnswer

NAME = from_text("www.example")
ONE, OTHER = RRset(NAME, A, 100, (b"\1\1\1\1",)), RRset(NAME, A, 100, (b"\2\2\2\2",))
NO = RRset(NAME[1:], SOA, 500, (Soa(NAME, NAME, 1, 2, 3, 4, 60).to_wire(),))


def test_ttls_count_down_to_the_second_and_end() -> None:
    cache = Cache()
    cache.put(ONE, Rank.AUTHORITATIVE, 10.0)
    entry = cache.get(NAME, A, 10.5)
    assert entry is not None and entry.left(10.5) == 99 and entry.aged(ONE, 60.0).ttl == 50
    assert cache.get(NAME, A, 109.99) is not None and cache.get(NAME, A, 110.0) is None
    assert len(cache) == 0


def test_a_better_word_is_not_replaced_by_a_worse_one_while_it_lives() -> None:
    cache = Cache()
    cache.put(ONE, Rank.AUTHORITATIVE, 0)
    cache.put(OTHER, Rank.GLUE, 1)
    assert cache.get(NAME, A, 2).rrset == ONE  # type: ignore[union-attr]
    cache.put(OTHER, Rank.GLUE, 101)
    assert cache.get(NAME, A, 102) is None  # glue is no answer
    assert cache.get(NAME, A, 102, Rank.GLUE).rrset == OTHER  # type: ignore[union-attr]


def test_no_such_name_covers_all_types_and_no_such_record_only_its_own() -> None:
    cache = Cache()
    cache.put_negative(NAME, A, NXDOMAIN, NO, 0)
    assert cache.get(NAME, MX, 59) and not cache.get(NAME, MX, 60)
    cache.put_negative(NAME, A, NOERROR, NO, 100)
    assert cache.get(NAME, A, 101) and not cache.get(NAME, MX, 101)
    cache.put_negative(NAME, A, NXDOMAIN, None, 300)
    assert cache.get(NAME, A, 301) is None  # without an SOA nobody says for how long


def test_ttl_zero_is_not_remembered_and_a_long_one_is_cut() -> None:
    cache = Cache()
    cache.put(ONE._replace(ttl=0), Rank.AUTHORITATIVE, 0)
    assert len(cache) == 0
    cache.put(ONE._replace(ttl=(1 << 31) - 1), Rank.AUTHORITATIVE, 0)
    assert cache.get(NAME, A, LONGEST_TTL_S - 1) and not cache.get(NAME, A, LONGEST_TTL_S)


def test_it_is_bounded() -> None:
    cache = Cache(max_entries=100)
    for number in range(1000):
        cache.put(ONE._replace(owner=(f"n{number}".encode(),)), Rank.ANSWER, 0)
    assert len(cache) == 100 and cache.dropped == 900 and cache.get((b"n999",), A, 1)


def test_it_is_bounded_in_octets_too() -> None:
    cache = Cache(max_octets=100_000)
    for number in range(1000):
        large = tuple(f"{number}-{each}".encode() * 10 for each in range(20))
        cache.put(RRset((f"n{number}".encode(),), A, 10 + number % 5, large), Rank.ANSWER, 0)
    assert 10 < len(cache) < 60 and cache.get((b"n999",), A, 1)
    for number in range(1000):  # all of it expires, is found so, and gives its room back
        cache.get((f"n{number}".encode(),), A, 100)
    assert len(cache) == 0
    for number in range(50):
        cache.put(ONE._replace(owner=(f"m{number}".encode(),)), Rank.ANSWER, 100)
    assert len(cache) == 50


def test_the_deepest_zone_known_comes_first() -> None:
    cache = Cache()
    for zone in ("", "net", "xxsilence.net"):
        origin = from_text(zone or ".")
        cache.put(RRset(origin, NS, 100, (to_wire(from_text("dns.net")),)), Rank.REFERRAL, 0)
    found = [each.owner for each in cache.nearest_ns(from_text("a.b.xxsilence.net"), 1)]
    assert found == [from_text("xxsilence.net"), from_text("net"), ()]


def test_servers_rest_after_silence_until_they_speak_or_time_is_over() -> None:
    seen = ServersSeen()
    seen.silent("127.0.0.1", 0)
    assert seen.rests("127.0.0.1", 29) and not seen.rests("127.0.0.1", 30) and not seen.rests("127.0.0.2", 1)
    seen.spoke("127.0.0.1")
    assert not seen.rests("127.0.0.1", 1)
    for number in range(5000):
        seen.silent(str(number), 0)
        seen.knows_no_edns(str(number))
    assert seen.rests("4999", 1) and not seen.rests("0", 1) and not seen.takes_edns("4999") and seen.takes_edns("0")


def test_layers_have_policies_of_their_own() -> None:
    answer = TracedAnswer(NOERROR, [ONE._replace(ttl=1000)])
    browser, system = CacheLayer("browser", fixed_s=120), CacheLayer("system", longest_s=300)
    for layer, lasts in ((browser, 120), (system, 300)):
        layer.put(NAME, A, answer, 0)
        assert layer.get(NAME, A, lasts - 1).answer[0].ttl == 1  # type: ignore[union-attr]
        assert layer.get(NAME, A, lasts) is None
    browser.put(NAME, A, TracedAnswer(NOERROR, [ONE._replace(ttl=5)]), 0)
    assert browser.get(NAME, A, 100) is not None  # the one that does not care
    assert good_for(TracedAnswer(2)) == 0 and good_for(TracedAnswer(NXDOMAIN, [], [NO])) == 60
