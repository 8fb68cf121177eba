"""Hex digits in the forms that people paste."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.packets import hexdump

DATA = bytes(range(40))


def hexdump_c(data: bytes) -> str:
    return "".join(
        f"{at:08x}  {data[at : at + 8].hex(' ')}  {data[at + 8 : at + 16].hex(' ')}  |................|\n"
        for at in range(0, len(data), 16)
    )


def tcpdump_x(data: bytes) -> str:
    return "".join(f"\t0x{at:04x}:  {data[at : at + 16].hex(' ', 2)}\n" for at in range(0, len(data), 16))


def xxd(data: bytes) -> str:
    return "".join(f"{at:08x}: {data[at : at + 16].hex(' ', 2)}  ..E.@..\n" for at in range(0, len(data), 16))


def wireshark(data: bytes) -> str:
    return "".join(f"{at:04x}   {data[at : at + 16].hex(' ')}   ........\n" for at in range(0, len(data), 16))


@pytest.mark.parametrize(
    "form",
    [
        bytes.hex,
        lambda data: data.hex(" "),
        lambda data: data.hex(":"),
        hexdump_c,
        tcpdump_x,
        xxd,
        wireshark,
        lambda data: ", ".join(f"0x{octet:02X}" for octet in data),
        lambda data: data.hex("\n", 8),
    ],
)
def test_every_form(form) -> None:  # type: ignore[no-untyped-def]
    assert hexdump.parse(form(DATA)) == DATA


@given(st.binary(max_size=70))
def test_any_bytes_in_plain_digits(data: bytes) -> None:
    assert hexdump.parse(data.hex()) == hexdump.parse(data.hex(" ")) == data


@pytest.mark.parametrize(("text", "why"), [("4g", "'g' is no hex digit"), ("450", "3 hex digits")])
def test_what_is_no_hex(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hexdump.parse(text)


def test_the_link_type_is_guessed() -> None:
    ip = bytes.fromhex("450000140000000040066ae60a0000010a000002")
    assert hexdump.link_of(ip) == 101 and hexdump.link_of(bytes(12) + b"\x08\x00" + ip) == 1
    assert hexdump.link_of(b"\x60\0\0\0\0\0" + bytes(34)) == 101 and hexdump.link_of(b"") == 1
