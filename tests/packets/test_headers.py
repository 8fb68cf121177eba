"""Headers: bytes to dataclasses and back without a change, whatever the fields say; and the tables that say how."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import HEADERS, headers

from netlab.packets import option
from netlab.packets.field import Field, Layout
from netlab.packets.header import Header, StopError
from netlab.packets.option import Option
from netlab.packets.tcp import OPTIONS as TCP_OPTIONS
from netlab.packets.tcp import Tcp, sack, sack_blocks

every_header = pytest.mark.parametrize("kind", HEADERS, ids=lambda kind: kind.__name__)


def parser(kind: type[Header]) -> type[Header]:
    """The class whose `parse` finds headers of `kind`: ICMP messages are told apart by the parser of all of them."""
    return next(base for base in reversed(kind.__mro__) if hasattr(base, "NAME") and hasattr(base, "LAYOUT"))


@every_header
@given(st.data())
def test_encoded_and_parsed_is_the_same(kind: type[Header], data: st.DataObject) -> None:
    header, after = data.draw(headers(kind)), data.draw(st.binary(max_size=5))
    encoded = header.encode()
    assert parser(kind).parse(encoded + after) == (header, len(encoded))


@every_header
@given(st.data())
def test_any_bytes_parse_or_stop_within_them(kind: type[Header], data: st.DataObject) -> None:
    size = kind.LAYOUT.size
    octets = data.draw(st.one_of(st.binary(max_size=80), st.binary(min_size=size, max_size=size + 40)))
    try:
        header, taken = parser(kind).parse(octets)
    except StopError as stop:
        assert 0 <= stop.at <= len(octets) and stop.why
    else:
        assert header.encode() == octets[:taken]


@every_header
def test_every_field_is_explained(kind: type[Header]) -> None:
    at = 0
    for placed in kind.LAYOUT.placed:
        assert placed.first == at and placed.last - placed.first + 1 == placed.field.bits
        assert placed.field.meaning and placed.field.label
        at = placed.last + 1
    assert at == kind.LAYOUT.size * 8


def test_a_value_that_does_not_fit_is_refused() -> None:
    layout = Layout(Field("low", "Low", 4, "four bits"), Field("high", "High", 4, "four bits"))
    assert layout.pack({"low": 15, "high": 0}) == b"\xf0"
    for wrong in (16, -1):
        with pytest.raises(ValueError, match="does not fit in 4 bits"):
            layout.pack({"low": wrong, "high": 0})


@given(st.binary(max_size=40))
def test_any_options_keep_their_bytes(data: bytes) -> None:
    parsed = option.parse(data)
    assert b"".join(each.encode() for each in parsed) == data
    for each in parsed:
        assert isinstance(option.text_of(each, TCP_OPTIONS), str)


@pytest.mark.parametrize("lie", [b"\x02", b"\x02\x00", b"\x02\x01\x05", b"\x02\x05\x05\xb4", b"\x01\x08\x0a\x00"])
def test_a_lying_option_ends_the_list_and_is_said(lie: bytes) -> None:
    last = option.parse(lie)[-1]
    assert last.broken and "lie" in option.text_of(last, TCP_OPTIONS)
    assert option.complaints([last], TCP_OPTIONS)


def test_an_option_of_the_wrong_size_is_said() -> None:
    assert option.complaints([Option(2, b"\x05")], TCP_OPTIONS) and not option.complaints(
        [Option(2, b"12")], TCP_OPTIONS
    )


def test_sack_blocks() -> None:
    assert sack_blocks(sack((1, 2), (2**32 - 1, 5)).data) == [(1, 2), (2**32 - 1, 5)]


@pytest.mark.parametrize(("flags", "words"), [({"syn": 1}, "SYN"), ({"syn": 1, "ack": 1}, "SYN+ACK"),
                                              ({"fin": 1, "ack": 1}, "FIN+ACK"), ({}, "no flags")])  # fmt: skip
def test_flags_in_words(flags: dict[str, int], words: str) -> None:
    assert Tcp(1, 2, **flags).flags() == words
