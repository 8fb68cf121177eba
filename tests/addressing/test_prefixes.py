"""Networks, masks, broadcasts and counts: against Python's ipaddress where it is right, against RFCs where not."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.addressing import ipv4, prefix, reverse, splitting
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix
from netlab.errors import UsageError

prefixes = st.one_of(
    st.builds(Prefix, st.just(4), st.integers(0, ipv4.ALL), st.integers(0, 32)),
    st.builds(Prefix, st.just(6), st.integers(0, (1 << 128) - 1), st.integers(0, 128)),
)


def python(one: Prefix) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address = ipaddress.IPv4Address(one.value) if one.version == 4 else ipaddress.IPv6Address(one.value)
    return ipaddress.ip_network(f"{address}/{one.length}", strict=False)


@given(prefixes)
def test_the_network_is_pythons(one: Prefix) -> None:
    theirs = python(one)
    assert one.network == int(theirs.network_address)
    assert one.last == int(theirs.broadcast_address)
    assert one.mask == int(theirs.netmask)
    assert one.hosts_mask == int(theirs.hostmask)
    assert one.count == theirs.num_addresses


@pytest.mark.parametrize(
    ("text", "broadcast", "usable", "count"),
    [
        ("10.0.0.5/24", "10.0.0.255", ("10.0.0.1", "10.0.0.254"), 254),
        ("10.0.0.5/30", "10.0.0.7", ("10.0.0.5", "10.0.0.6"), 2),
        ("10.0.0.5/31", None, ("10.0.0.4", "10.0.0.5"), 2),  # RFC 3021
        ("10.0.0.5/32", None, ("10.0.0.5", "10.0.0.5"), 1),
        ("0.0.0.0/0", "255.255.255.255", ("0.0.0.1", "255.255.255.254"), (1 << 32) - 2),
        ("224.0.0.0/3", "255.255.255.255", ("224.0.0.1", "255.255.255.254"), (1 << 29) - 2),
        ("0.0.0.0/32", None, None, 0),
        ("0.0.0.0/31", None, ("0.0.0.0", "0.0.0.1"), 2),
        ("255.255.255.255/32", None, None, 0),
        ("255.255.255.254/31", None, ("255.255.255.254", "255.255.255.255"), 2),
        ("::/128", None, None, 0),
        ("::/126", None, ("::", "::3"), 4),
        ("::/0", None, ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1 << 128),
        ("224.0.0.0/24", None, None, 0),
        ("2001:db8::1/64", None, ("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"), 1 << 64),
        ("2001:db8::1/127", None, ("2001:db8::", "2001:db8::1"), 2),  # RFC 6164
        ("2001:db8::1/128", None, ("2001:db8::1", "2001:db8::1"), 1),
        ("ff02::1/128", None, None, 0),
    ],
)
def test_who_may_have_an_address(text: str, broadcast: str | None, usable: tuple[str, str] | None, count: int) -> None:
    one = prefix.parse(text)
    assert (one.text_of(one.broadcast) if one.broadcast is not None else None) == broadcast
    assert (tuple(map(one.text_of, one.usable)) if one.usable else None) == usable
    assert one.usable_count == count


@given(prefixes, prefixes)
def test_contains_is_subnet_of(one: Prefix, other: Prefix) -> None:
    theirs = one.version == other.version and python(other).subnet_of(python(one))  # type: ignore[arg-type]
    assert one.contains(other) == theirs
    assert one.contains(Prefix(one.version, one.last, one.width))


def test_a_mapped_address_is_no_ipv4_address() -> None:
    assert not prefix.parse("192.0.2.0/24").contains(prefix.parse("::ffff:192.0.2.1"))


@given(st.integers(0, ipv4.ALL))
def test_a_mask_is_ones_then_zeros_or_the_reverse(mask: int) -> None:
    bits = f"{mask:032b}"
    netmask, wildcard = "01" not in bits, "10" not in bits
    try:
        length = prefix.length_of_mask(ipv4.to_text(mask))
    except AddressError:
        assert not netmask and not wildcard
    else:
        assert netmask or wildcard
        assert length == (bits.count("1") if netmask else bits.count("0"))


@given(prefixes)
def test_the_pointer_name_is_pythons(one: Prefix) -> None:
    host = python(Prefix(one.version, one.value, one.width))[0]
    assert reverse.pointer(one.version, one.value) == host.reverse_pointer


@given(prefixes)
def test_reverse_zones_are_the_prefix(one: Prefix) -> None:
    zones = list(reverse.zones(one))
    assert len(zones) == len(set(zones)) == reverse.zone_count(one)
    bits = 8 if one.version == 4 else 4
    sizes = [one.width - bits * (zone.count(".") - 1) for zone in zones]
    assert sum(1 << size for size in sizes) == one.count


def test_a_zone_on_no_boundary_is_a_list() -> None:
    assert list(reverse.zones(prefix.parse("192.0.2.0/23"))) == ["2.0.192.in-addr.arpa", "3.0.192.in-addr.arpa"]
    assert list(reverse.zones(prefix.parse("2001:db8::/31")))[-1] == "9.b.d.0.1.0.0.2.ip6.arpa"
    assert reverse.pointer(6, prefix.parse("fe80::1%eth0").value).startswith("1.0.0")
    assert reverse.delegation(prefix.parse("192.0.2.64/26")) == ("2.0.192.in-addr.arpa", "64/26.2.0.192.in-addr.arpa")


@given(prefixes, st.integers(0, 6))
def test_parts_make_the_whole(one: Prefix, bits: int) -> None:
    length = min(one.length + bits, one.width)
    parts = list(splitting.by_length(one, length))
    assert [part.network for part in parts] == list(range(one.network, one.last + 1, 1 << one.width - length))
    assert {part.length for part in parts} == {length}
    assert parts == list(splitting.by_count(one, len(parts)))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_subnets_for_hosts_fit_and_do_not_overlap(hosts: list[int]) -> None:
    whole = prefix.parse("10.0.0.0/22")
    parts, rest = splitting.by_hosts(whole, hosts)
    for wanted, part in zip(hosts, parts, strict=True):
        assert part.usable_count >= wanted
        assert part.length == 32 or Prefix(4, part.network, part.length + 1).usable_count < wanted
    ends = sorted((part.network, part.last) for part in [*parts, *rest])
    assert ends[0][0] == whole.network
    assert ends[-1][1] == whole.last
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ends))


def test_what_cannot_be_divided_says_so() -> None:
    whole = prefix.parse("10.0.0.0/30")
    for attempt in (
        lambda: splitting.by_length(whole, 29),
        lambda: splitting.by_count(whole, 5),
        lambda: splitting.by_count(whole, 0),
        lambda: splitting.by_hosts(whole, [3]),
        lambda: splitting.by_hosts(whole, [0]),
        lambda: splitting.by_hosts(whole, [1 << 40]),
        lambda: splitting.between(prefix.parse("10.0.0.2"), prefix.parse("10.0.0.1")),
        lambda: splitting.between(prefix.parse("10.0.0.2"), prefix.parse("::1")),
    ):
        with pytest.raises(UsageError):
            attempt()
