"""Headers: bytes to dataclasses and back without a change, whatever the fields say; and the tables that say how."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import HEADERS, fields, headers

from netlab.packets import header_option
from netlab.packets.field import Field, Is, Layout
from netlab.packets.header import Header, StopError
from netlab.packets.header_option import HeaderOption
from netlab.packets.tcp import OPTIONS as TCP_OPTIONS
from netlab.packets.tcp import Tcp, sack, sack_blocks

every_header = pytest.mark.parametrize("kind", HEADERS, ids=lambda kind: kind.__name__)


def parser(kind: type[Header]) -> type[Header]:
    """The class whose `parse` finds headers of `kind`: ICMP messages are told apart by the parser of all of them."""
    return next(base for base in reversed(kind.__mro__) if hasattr(base, "NAME") and hasattr(base, "LAYOUT"))


@every_header
@examples(25)
@given(st.data())
def test_encoded_and_parsed_is_the_same(kind: type[Header], data: st.DataObject) -> None:
    header, after = data.draw(headers(kind)), data.draw(st.binary(max_size=5))
    encoded = header.encode()
    assert parser(kind).parse(encoded + after) == (header, len(encoded))


@every_header
@examples(25)
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
    assert all(field.meaning and field.label for field in kind.LAYOUT.fields)
    names = [field.name for field in kind.LAYOUT.fields]
    for field in kind.LAYOUT.fields:
        if field.when is not None:
            assert field.when.name in names[: names.index(field.name)]  # what has been read by then


@every_header
@examples(25)
@given(st.data())
def test_fields_follow_one_another_and_fill_the_header(kind: type[Header], data: st.DataObject) -> None:
    values, at = data.draw(fields(kind)), 0
    for placed in kind.LAYOUT.placed(values):
        assert placed.first == at and placed.last - placed.first + 1 == placed.field.bits
        at = placed.last + 1
    assert at == kind.LAYOUT.size_of(values) * 8 >= kind.LAYOUT.size * 8
    assert kind.LAYOUT.unpack(kind.LAYOUT.pack(values)) == values


def test_a_value_that_does_not_fit_is_refused() -> None:
    layout = Layout(Field("low", "Low", 4, "four bits"), Field("high", "High", 4, "four bits"))
    assert layout.pack({"low": 15, "high": 0}) == b"\xf0"
    for wrong in (16, -1):
        with pytest.raises(ValueError, match="does not fit in 4 bits"):
            layout.pack({"low": wrong, "high": 0})


BRIEF = Layout(
    Field("wide", "Wide", 1, "whether a wide number follows"),
    Field("kind", "Kind", 7, "of what follows"),
    Field("number", "Number", 16, "a wide one", when=Is("wide", 1)),
    Field("first", "First", 4, "of kinds 2 and 3", when=Is("kind", 2, 3)),
    Field("second", "Second", 4, "of kinds 2 and 3", when=Is("kind", 2, 3)),
    Field("end", "End", 8, "always"),
)


@pytest.mark.parametrize(
    ("octets", "values", "places"),
    [
        (b"\x00\x09", (0, 0, None, None, None, 9), (0, 1, 8)),
        (b"\x81\x12\x34\x09", (1, 1, 0x1234, None, None, 9), (0, 1, 8, 24)),
        (b"\x02\xab\x09", (0, 2, None, 10, 11, 9), (0, 1, 8, 12, 16)),
        (b"\x83\x12\x34\xab\x09", (1, 3, 0x1234, 10, 11, 9), (0, 1, 8, 24, 28, 32)),
    ],
)
def test_a_field_is_there_when_its_condition_holds(
    octets: bytes, values: tuple[int | None, ...], places: tuple[int, ...]
) -> None:
    named = dict(zip(("wide", "kind", "number", "first", "second", "end"), values, strict=True))
    assert BRIEF.unpack(octets) == named and BRIEF.pack(named) == octets
    assert BRIEF.size_of(named) == len(octets) and BRIEF.size == 2
    assert tuple(placed.first for placed in BRIEF.placed(named)) == places


def test_a_value_for_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Number: there only if wide is 1"):
        BRIEF.pack({"wide": 0, "kind": 0, "number": 5, "first": None, "second": None, "end": 0})


@pytest.mark.parametrize("bits", [7, 9])
def test_conditional_fields_fill_whole_octets(bits: int) -> None:
    with pytest.raises(AssertionError):
        Layout(Field("flag", "Flag", 8, ""), Field("odd", "Odd", bits, "", when=Is("flag", 1)))


@given(st.binary(max_size=40))
def test_any_options_keep_their_bytes(data: bytes) -> None:
    parsed = header_option.parse(data)
    assert b"".join(each.encode() for each in parsed) == data
    for each in parsed:
        assert isinstance(header_option.text_of(each, TCP_OPTIONS), str)


@pytest.mark.parametrize("lie", [b"\x02", b"\x02\x00", b"\x02\x01\x05", b"\x02\x05\x05\xb4", b"\x01\x08\x0a\x00"])
def test_a_lying_option_ends_the_list_and_is_said(lie: bytes) -> None:
    last = header_option.parse(lie)[-1]
    assert last.broken and "lie" in header_option.text_of(last, TCP_OPTIONS)
    assert header_option.complaints([last], TCP_OPTIONS)


def test_an_option_of_the_wrong_size_is_said() -> None:
    assert header_option.complaints([HeaderOption(2, b"\x05")], TCP_OPTIONS) and not header_option.complaints(
        [HeaderOption(2, b"12")], TCP_OPTIONS
    )


def test_sack_blocks() -> None:
    assert sack_blocks(sack((1, 2), (2**32 - 1, 5)).data) == [(1, 2), (2**32 - 1, 5)]


@pytest.mark.parametrize(
    ("flags", "words"),
    [({"syn": 1}, "SYN"), ({"syn": 1, "ack": 1}, "SYN+ACK"), ({"fin": 1, "ack": 1}, "FIN+ACK"), ({}, "no flags")],
)
def test_flags_in_words(flags: dict[str, int], words: str) -> None:
    assert Tcp(1, 2, **flags).flags() == words
