"""What people write in options."""

from __future__ import annotations

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from netlab import notation
from netlab.cli import option_values
from netlab.notation import Address


@pytest.mark.parametrize(
    ("text", "size"),
    [("64", 64), ("16K", 16384), ("16k", 16384), ("16KiB", 16384), ("1 M", 1 << 20), ("0", 0), ("2GB", 2 << 30)],
)
def test_sizes(text: str | int, size: int) -> None:
    assert notation.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "-1", "1.5K", "K", "12X", "1e3", "²"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError):
        notation.size_bytes(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:7007", Address("127.0.0.1", 7007)),
        ("[::1]:80", Address("::1", 80)),
        ("localhost:65535", Address("localhost", 65535)),
        (":7007", Address("127.0.0.1", 7007)),
        ("7007", Address("127.0.0.1", 7007)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert notation.address(text) == address


@pytest.mark.parametrize("text", ["", ":", "a:b", "h:0", "h:65536", "::1:80", "[::1]", "[::1:80", "host"])
def test_no_addresses(text: str) -> None:
    with pytest.raises(ValueError):
        notation.address(text)


@given(st.text())
def test_any_text_is_a_value_or_a_bad_parameter(text: str) -> None:
    for parse in (notation.size_bytes, notation.address, notation.counts, notation.names):
        try:
            parse(text)
        except ValueError:
            pass


def test_lists() -> None:
    assert notation.counts("0, 100,1k") == (0, 100, 1000)
    assert notation.names("select,epoll") == ("select", "epoll")
    with pytest.raises(ValueError):
        notation.counts("1,,2")


def test_a_reader_takes_defaults_as_they_are_and_refuses_in_words() -> None:
    read = option_values.reader(notation.size_bytes)
    assert (read("16K"), read(16384)) == (16384, 16384)
    with pytest.raises(typer.BadParameter, match="'K' is no size"):
        read("K")
