"""What is an address and what is not: every form tools differ on, both ways through, and no text that crashes."""

from __future__ import annotations

import ipaddress
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netlab.addressing import ipv4, ipv6, prefix
from netlab.addressing.mistakes import AddressError

RIGHT = {
    "10.100.122.2/24": "10.100.122.2/24",
    "0.0.0.0/0": "0.0.0.0/0",
    "255.255.255.255": "255.255.255.255/32",
    "1.2.3.4/0.0.0.255": "1.2.3.4/24",
    "1.2.3.4/255.255.255.0": "1.2.3.4/24",
    "1.2.3.4/0.0.0.0": "1.2.3.4/0",
    "1.2.3.4/255.255.255.255": "1.2.3.4/32",
    "::": "::/128",
    "::/0": "::/0",
    "2001:DB8::1/64": "2001:db8::1/64",
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1/128",  # RFC 5952 §4.2.3: the first of equal runs
    "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1/128",  # §4.2.2: one group is no run
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1/128",  # §4.2.3: the longest
    "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0/128",
    "::2:3:4:5:6:7:8": "0:2:3:4:5:6:7:8/128",
    "::ffff:192.0.2.1": "::ffff:192.0.2.1/128",  # §5
    "::FFFF:c000:0201": "::ffff:192.0.2.1/128",
    "64:ff9b::192.0.2.1": "64:ff9b::c000:201/128",
    "fe80::1%eth0/64": "fe80::1%eth0/64",
    "fe80::1%25": "fe80::1%25/128",
}

WRONG = {  # text: (what is said of it, what it may have been meant to be)
    "": ("empty", None),
    "010.0.0.1": ("leading zero", "10.0.0.1"),
    "10.0.0.01": ("leading zero", "10.0.0.1"),
    "00.0.0.0": ("leading zero", "0.0.0.0"),
    "10.0.0.1/024": ("leading zero", "10.0.0.1/24"),
    "10.1": ("2 octets", "10.0.0.1"),
    "10.1.257": ("3 octets", "10.1.1.1"),
    "167772161": ("one number", "10.0.0.1"),
    "0x0a000001": ("hexadecimal", "10.0.0.1"),
    "1.2.3.4.5": ("5 octets", None),
    "1.2.3.": ("missing", None),
    ".1.2.3": ("missing", None),
    "1.2.3.256": ("larger than 255", None),
    "1.2.3.4/": ("without a length", "1.2.3.4/32"),
    "1.2.3.4/33": ("longer than the 32 bits", None),
    "1.2.3.4/-1": ("a length is a number", None),
    "1.2.3.4/٢٤": ("a length is a number", None),
    "1.2.3.4/255.0.255.0": ("hole", "1.2.3.4/255.0.0.0"),
    "1.2.3.4/0.255.0.255": ("hole", None),
    "1.2.3.4/0xffffff00": ("hexadecimal", "1.2.3.4/255.255.255.0"),
    "1.2.3.4 ": ("spaces", "1.2.3.4"),
    "1.2.3.4/24 ": ("a length is a number", None),
    "1,2,3,4": ("commas", "1.2.3.4"),
    "١.2.3.4": ("not one of 0 to 9", "1.2.3.4"),
    "1.2.3.4:80": ("no port", "1.2.3.4"),
    "1.2.3.4%eth0": ("no zone", "1.2.3.4"),
    "www.example.com": ("a name", None),
    "localhost": ("a name", None),
    "::1/129": ("longer than the 128 bits", None),
    "::1/ffff:ffff::": ("no masks", "::1/32"),
    ":::": ("three colons", "::"),
    "1::2::3": ("twice", None),
    "1:2:3:4:5:6:7::8": ("already", "1:2:3:4:5:6:7:8"),
    "1:2:3:4:5:6:7": ("7 groups", None),
    "1:2:3:4:5:6:7:8:9": ("9 groups", None),
    "00001::": ("more than four digits", "1::"),
    "12345::": ("more than four digits", None),
    ":1:2:3:4:5:6:7": ("a colon begins it", None),
    "1:2:3:4:5:6:7:": ("a colon ends it", None),
    "g::": ("no hexadecimal digit", None),
    "::1.2.3.04": ("leading zero", "::1.2.3.4"),
    "1.2.3.4::": ("dotted decimal stands at the end", None),
    "fe80::1%": ("without a zone", "fe80::1"),
    "fe80::1%/64": ("without a zone", "fe80::1/64"),
    "fe80::1%a b": ("cannot be in a zone", None),
    "[::1]": ("brackets", "::1"),
    "00:1b:21:aa:bb:cc": ("MAC address", None),
}


@pytest.mark.parametrize(("text", "canonical"), RIGHT.items())
def test_right_forms_have_one_canonical_text(text: str, canonical: str) -> None:
    assert str(prefix.parse(text)) == canonical
    assert prefix.parse(canonical) == prefix.parse(text)


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_wrong_forms_say_what_is_wrong_and_what_may_be_meant(text: str, said: tuple[str, str | None]) -> None:
    with pytest.raises(AddressError) as caught:
        prefix.parse(text)
    what, meant = said
    assert what in caught.value.message
    assert 0 <= caught.value.position <= len(text)
    if meant is not None:
        assert caught.value.meant == meant
        prefix.parse(meant)


def test_a_leading_zero_shows_both_readings() -> None:
    with pytest.raises(AddressError) as caught:
        prefix.parse("010.0.0.1")
    assert caught.value.hint is not None
    assert "10.0.0.1" in caught.value.hint
    assert "8.0.0.1" in caught.value.hint


@given(st.integers(0, ipv4.ALL), st.integers(0, 32))
def test_ipv4_goes_through_text_unchanged(value: int, length: int) -> None:
    one = prefix.Prefix(4, value, length)
    assert prefix.parse(str(one)) == one
    assert ipv4.to_text(value) == str(ipaddress.IPv4Address(value))
    assert prefix.parse_with_mask(ipv4.to_text(value), ipv4.to_text(one.mask)) == one
    if 0 < length < 32:
        assert prefix.parse(f"{ipv4.to_text(value)}/{ipv4.to_text(one.hosts_mask)}") == one


sparse = st.lists(st.one_of(st.just(0), st.integers(0, 0xFFFF)), min_size=8, max_size=8).map(
    lambda groups: sum(group << 16 * index for index, group in enumerate(groups))
)


@given(st.one_of(sparse, st.integers(0, ipv6.ALL)), st.integers(0, 128))
@example(0xFFFF_C000_0201, 128)
def test_ipv6_goes_through_text_unchanged(value: int, length: int) -> None:
    one = prefix.Prefix(6, value, length)
    assert prefix.parse(str(one)) == one
    assert ipv6.parse(ipv6.full_text(value)) == (value, "")
    if value >> 32 != 0xFFFF:  # Python before 3.13 does not follow RFC 5952 §5
        assert ipv6.to_text(value) == str(ipaddress.IPv6Address(value))


@given(st.one_of(st.text(max_size=40), st.text(string.hexdigits + ":./%xg ", max_size=45)))
@example("1" * 5000)
@example("0" * 300 + ".1.1.1")
@example("1.2.3.4/" + "0" * 5000)
@example("1.2.3.4/" + "9" * 5000)
@example("0x" + "f" * 5000)
@example(":" * 3000)
def test_any_text_is_a_prefix_or_one_clear_error(text: str) -> None:
    try:
        found = prefix.parse(text)
    except AddressError as error:
        assert error.message
        assert len(error.message) < 250
        assert 0 <= error.position <= len(text)
        if error.meant is not None:
            prefix.parse(error.meant)
    else:
        assert prefix.parse(str(found)) == found


@given(st.text("0123456789abcdefABCDEF:.", max_size=45))
def test_python_takes_the_same_addresses(text: str) -> None:
    try:
        theirs: int | None = int(ipaddress.ip_address(text))
    except ValueError:
        theirs = None
    try:
        ours: int | None = prefix.parse_address(text).value
    except AddressError:
        ours = None
    assert ours == theirs
