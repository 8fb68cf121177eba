"""Transfers and the life of a secondary: sans-IO, by a clock that we move."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.dns import message, transfers
from netlab.dns.authority import Authority
from netlab.dns.message import RD
from netlab.dns.names import from_text
from netlab.dns.records import AXFR, IXFR, SOA, A, RRset
from netlab.dns.transfers import Incoming, NextTransfer, Secondary, newer, outgoing
from netlab.dns.zone import Zone, ZoneText, parse, singles
from netlab.errors import PeerError
from netlab.experiments.dns import transfer
from netlab.progress import silent

ORIGIN = from_text("example")


def version(serial: int, hosts: dict[str, str]) -> Zone:
    text = f"$TTL 60\n@ SOA ns host {serial} 100 10 1000 60\n@ NS ns\n"
    text += "".join(f"{name} A {address}\n" for name, address in hosts.items())
    return parse(ZoneText(ORIGIN, text, "example.zone"))


def fed(incoming: Incoming, messages: list[bytes]) -> bool:
    done = False
    for each in messages:
        assert not done, "a message after the last"
        done = incoming.feed(each)
    return done


def same(records: list[RRset], zone: Zone) -> bool:
    copy = Zone(ORIGIN, records)
    return copy.soa == zone.soa and singles(copy.rrsets()) == singles(zone.rrsets())


hosts = st.dictionaries(
    st.sampled_from([f"h{n}" for n in range(8)]), st.sampled_from([f"192.0.2.{n}" for n in range(1, 9)])
)


@given(st.lists(hosts, min_size=2, max_size=5), st.integers(0, 4))
@examples(60)
def test_any_row_of_changes_arrives_by_axfr_and_by_ixfr(versions: list[dict[str, str]], since: int) -> None:
    serials = [(1 << 32) - 2 + number for number in range(len(versions))]  # they wrap around in the midst of it
    zone = version(serials[0], versions[0])
    have = version(serials[min(since, len(versions) - 1)] % (1 << 32), versions[min(since, len(versions) - 1)])
    for serial, each in zip(serials[1:], versions[1:], strict=True):
        zone.replace(version(serial % (1 << 32), each).rrsets())
    whole = Incoming(ORIGIN, AXFR, None)
    assert fed(whole, list(outgoing(zone, 1, 0, AXFR, None))) and same(whole.apply(), zone)
    changes = Incoming(ORIGIN, IXFR, have)
    assert fed(changes, list(outgoing(zone, 1, 0, IXFR, have.soa.serial)))
    if changes.up_to_date:
        assert have.soa.serial == zone.soa.serial
    else:
        assert changes.incremental and same(changes.apply(), zone)


def test_a_serial_that_is_not_remembered_gets_the_whole_zone() -> None:
    zone = version(5, {"a": "192.0.2.1"})
    incoming = Incoming(ORIGIN, IXFR, version(3, {}))
    assert fed(incoming, list(outgoing(zone, 1, 0, IXFR, 3)))
    assert not incoming.incremental and same(incoming.apply(), zone)


def test_a_large_zone_takes_several_messages_and_all_of_them_count() -> None:
    zone = version(1, {f"host-with-a-long-name-{n}": f"10.0.{n >> 8}.{n & 255}" for n in range(3000)})
    messages = list(outgoing(zone, 9, RD, AXFR, None))
    assert len(messages) > 2 and max(map(len, messages)) <= transfers.ROOM
    incoming = Incoming(ORIGIN, AXFR, None)
    assert fed(incoming, messages) and same(incoming.apply(), zone) and incoming.messages == len(messages)


def test_differences_that_do_not_fit_are_refused() -> None:
    zone = version(1, {"a": "192.0.2.1"})
    zone.replace(version(2, {"b": "192.0.2.2"}).rrsets())
    messages = list(outgoing(zone, 1, 0, IXFR, 1))
    other = Incoming(ORIGIN, IXFR, version(1, {"c": "192.0.2.3"}))
    assert fed(other, messages)
    with pytest.raises(PeerError, match="not there"):
        other.apply()


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=4))
@examples(150)
def test_garbage_in_a_transfer_is_the_peers_error(messages: list[bytes]) -> None:
    incoming = Incoming(ORIGIN, AXFR, None)
    try:
        for each in messages:
            incoming.feed(each)
    except PeerError:
        pass


def test_who_may_transfer_and_notify_is_a_list() -> None:
    zone = version(1, {})
    server = Authority([zone], transfer_to=["127.0.0.2/32"], notify_from=["127.0.0.3"])
    query = transfers.axfr_query(1, ORIGIN)
    assert message.read(server.handle(query, "127.0.0.1", True)[0]).rcode == 5
    assert message.read(server.handle(query, "127.0.0.2", True)[0]).answer
    told = transfers.notify(2, zone)
    assert message.read(server.handle(told, "127.0.0.1", False)[0]).rcode == 5 and not server.notified
    assert message.read(server.handle(told, "127.0.0.3", False)[0]).rcode == 0 and server.notified == [ORIGIN]
    assert message.read(server.handle(transfers.axfr_query(1, from_text("other")), "127.0.0.2", True)[0]).rcode == 9


def test_ixfr_by_udp_is_told_to_come_by_tcp() -> None:
    server = Authority([version(2, {})], transfer_to=["127.0.0.1/32"])
    reply = message.read(server.handle(transfers.ixfr_query(1, version(1, {})), "127.0.0.1", False)[0])
    assert [each.rtype for each in reply.answer] == [SOA]


def test_a_secondary_refreshes_retries_expires_and_comes_back() -> None:
    zone = version(1, {})  # refresh 100, retry 10, expire 1000
    secondary = Secondary()
    assert secondary.next(0) is NextTransfer.ASK_SOA and secondary.expired(0)
    secondary.succeeded(zone, 0)
    assert secondary.next(99) is NextTransfer.WAIT and secondary.next(100) is NextTransfer.ASK_SOA
    secondary.failed(100)
    assert secondary.next(109) is NextTransfer.WAIT and secondary.next(110) is NextTransfer.ASK_SOA
    assert not secondary.expired(999) and secondary.expired(1000)
    secondary.succeeded(zone, 1005)
    assert not secondary.expired(1006)
    secondary.notified(1010)
    assert secondary.next(1010) is NextTransfer.ASK_SOA


def test_serial_numbers_go_round() -> None:
    assert newer(2, 1) and not newer(1, 2) and not newer(1, 1)
    assert newer(0, (1 << 32) - 1) and not newer((1 << 32) - 1, 0)


def test_a_secondary_wants_what_is_newer() -> None:
    secondary = Secondary()
    secondary.succeeded(version(5, {}), 0)
    for serial, wanted in ((4, False), (5, False), (6, True)):
        reply = message.Message(1, 0x8400, 0, None, answer=[version(serial, {}).soa_set])
        assert secondary.wants(reply) is wanted
    assert not secondary.wants(message.Message(1, 0x8400, 0, None, answer=[RRset(ORIGIN, A, 1, (b"\1\2\3\4",))]))


def test_a_copy_expires_so_long_after_the_last_contact() -> None:
    found = transfer.measure(transfer.Parameters(), silent)
    assert all(check.passed for check in found.checks)
    (diary,) = found.tables
    times = {str(row[0]).partition(":")[0]: row[1] for row in diary.rows}
    assert 86_400 <= times["expire"] < 86_400 + 3_600  # the refresh (3,600) and the retry that failed are part of it
