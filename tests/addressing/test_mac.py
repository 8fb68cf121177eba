"""MAC addresses: notations, bits, what is made from them, and who they were given to."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netlab.addressing import ipv4, ipv6, mac, oui
from netlab.addressing.mac import Mac
from netlab.addressing.mistakes import AddressError

SAME = (
    "00:1b:21:aa:bb:cc",
    "00-1B-21-AA-BB-CC",
    "001b.21aa.bbcc",
    "001b21aabbcc",
    "0:1b:21:aa:bb:cc",
    "001b:21aa:bbcc",
    "001b21-aabbcc",
)

WRONG = {  # text: (what is said of it, what it may have been meant to be)
    "": ("empty", None),
    "123": ("3 hexadecimal digits", None),
    "001b21aabbc": ("11 hexadecimal digits", None),
    "00:1b:21:aa:bb": ("5 groups", None),
    "00:1b:21:aa:bb:cc:dd": ("7 groups", None),
    "00:1b:21:aa:bb:ccc": ("more than two digits", None),
    "00:1b:21::bb:cc": ("a group is missing", None),
    "00:1b-21:aa:bb:cc": ("mixed separators", "00:1b:21:aa:bb:cc"),
    "00 1b 21 aa bb cc": ("spaces between", "00:1b:21:aa:bb:cc"),
    " 00:1b:21:aa:bb:cc": ("spaces around", "00:1b:21:aa:bb:cc"),
    "٠٠:1b:21:aa:bb:cc": ("not one of 0 to 9", None),
    "OO:1b:21:aa:bb:cc": ("the letter O", "00:1b:21:aa:bb:cc"),
    "00:1b:21:aa:bb:cg": ("no hexadecimal digit", None),
    "10.0.0.1/8": ("an IP address, not a MAC address", None),
}


@pytest.mark.parametrize("text", SAME)
def test_all_notations_are_one_address(text: str) -> None:
    assert mac.parse(text) == Mac(0x001B21AABBCC)


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_wrong_forms_say_what_is_wrong(text: str, said: tuple[str, str | None]) -> None:
    with pytest.raises(AddressError) as caught:
        mac.parse(text)
    what, meant = said
    assert what in caught.value.message
    assert caught.value.meant == meant


@given(st.one_of(st.integers(0, (1 << 48) - 1).map(Mac), st.integers(0, (1 << 64) - 1).map(lambda v: Mac(v, 64))))
def test_every_notation_goes_through_text_unchanged(one: Mac) -> None:
    for text in (one.text(), one.text("-").upper(), one.text(".", 4), one.text("")):
        assert mac.parse(text) == one


@given(st.one_of(st.text(max_size=30), st.text(string.hexdigits + ":-. ", max_size=30)))
@example("0" * 5000)
@example(":" * 5000)
def test_any_text_is_a_mac_address_or_one_clear_error(text: str) -> None:
    try:
        found = mac.parse(text)
    except AddressError as error:
        assert 0 < len(error.message) < 200
        if error.meant is not None:
            mac.parse(error.meant)
    else:
        assert mac.parse(str(found)) == found


def test_the_interface_id_inverts_the_u_l_bit() -> None:
    universal, local = mac.parse("00:1b:21:aa:bb:cc"), mac.parse("02:42:ac:11:00:02")
    assert universal.link_local is not None
    assert local.link_local is not None
    assert ipv6.to_text(universal.link_local) == "fe80::21b:21ff:feaa:bbcc"
    assert ipv6.to_text(local.link_local) == "fe80::42:acff:fe11:2"
    eui64 = mac.parse("02:1b:21:ff:fe:aa:bb:cc")  # an EUI-64 is only inverted: RFC 4291 appendix A
    assert eui64.interface_id == 0x001B21FFFEAABBCC


@pytest.mark.parametrize("text", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01"])
def test_groups_have_no_interface_id(text: str) -> None:
    found = mac.parse(text)
    assert found.is_group
    assert found.interface_id is None
    assert found.link_local is None
    assert found.slap is None


@pytest.mark.parametrize(
    ("text", "quadrant"), [("02", "AAI"), ("0a", "ELI"), ("06", "reserved"), ("0e", "SAI"), ("f2", "AAI")]
)
def test_slap_quadrants_are_rfc_8948s(text: str, quadrant: str) -> None:
    found = mac.parse(f"{text}:00:00:00:00:01").slap
    assert found is not None
    assert found.startswith(quadrant)


@given(st.integers(0xE0000000, 0xEFFFFFFF))
def test_an_ipv4_group_is_one_of_the_32_of_its_mac_address(group: int) -> None:
    groups = mac.groups4(mac.of_group4(group))
    assert groups is not None
    assert group in groups
    assert len(set(groups)) == 32
    assert {mac.of_group4(each) for each in groups} == {mac.of_group4(group)}


def test_groups_both_ways() -> None:
    assert str(mac.of_group4(ipv4.parse("224.0.0.251"))) == "01:00:5e:00:00:fb"
    assert str(mac.of_group4(ipv4.parse("239.128.0.251"))) == "01:00:5e:00:00:fb"  # the top bit of 24 is lost
    assert str(mac.of_group6(ipv6.parse("ff02::1:ff28:9c5a")[0])) == "33:33:ff:28:9c:5a"
    assert mac.group6(mac.parse("33:33:ff:28:9c:5a")) == 0xFF289C5A
    assert mac.groups4(mac.parse("01:00:5e:80:00:01")) is None  # the 25th bit is not RFC 1112's
    with pytest.raises(AddressError):
        mac.of_group4(ipv4.parse("10.0.0.1"))


@given(st.integers(0, (1 << 48) - 1))
def test_a_random_address_is_local_and_of_one_station(bits: int) -> None:
    found = mac.random_mac(bits)
    assert found.is_local
    assert not found.is_group
    assert found.slap is not None
    assert found.slap.startswith("AAI")


@pytest.mark.parametrize(
    ("text", "registry", "owner"),
    [
        ("00:1b:21:aa:bb:cc", "MA-L", "Intel Corporate"),
        ("c8:5c:e2:7f:00:00", "MA-M", "SYNERGY SYSTEMS AND SOLUTIONS"),
        ("8c:1f:64:af:a1:23", "MA-S", "DATA ELECTRONIC DEVICES, INC"),
        ("01:80:c2:00:00:0e", "MA-L", "IEEE 802.1 Chair"),  # a group's vendor is that without the group bit
        ("00:1b:21:ff:fe:aa:bb:cc", "MA-L", "Intel Corporate"),
    ],
)
def test_vendors_by_the_longest_assignment(text: str, registry: str, owner: str) -> None:
    found = oui.registry().find(mac.parse(text))
    assert found is not None
    assert (found.registry, found.owner) == (registry, owner)


def test_the_listing_is_whole_and_in_order() -> None:
    listings = oui.registry()
    assert len(listings.date) == 10
    assert len(listings) > 50_000
    assert listings.find(mac.parse("02:00:00:00:00:01")) is None
    found = list(listings.owned_by("RASPBERRY pi"))
    assert found
    assert all("raspberry pi" in each.owner.casefold() for each in found)
    for each in found:
        again = listings.find(Mac(each.value << 48 - each.bits))
        assert again is not None
        assert again.owner == each.owner
    assert not list(listings.owned_by("no such vendor at all"))


def test_known_addresses_are_recognised() -> None:
    assert mac.parse("ff:ff:ff:ff:ff:ff").known_as == ("broadcast", "IEEE 802")
    for text, name in (
        ("01:80:c2:00:00:00", "spanning tree"),
        ("01:80:c2:00:00:0e", "LLDP"),
        ("01:00:5e:01:02:03", "IPv4 multicast"),
        ("33:33:00:00:00:01", "IPv6 multicast"),
        ("00:00:5e:00:01:0a", "VRRP"),
        ("00:00:5e:00:53:01", "documentation"),
        ("01:00:5e:90:10:01", "documentation"),
    ):
        known = mac.parse(text).known_as
        assert known is not None, text
        assert name in known[0], text
    assert mac.parse("00:1b:21:aa:bb:cc").known_as is None
