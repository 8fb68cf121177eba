"""What people write in options."""

from __future__ import annotations

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from netlab.cli import values
from netlab.cli.values import Address


@pytest.mark.parametrize(
    ("text", "size"),
    [("64", 64), ("16K", 16384), ("16k", 16384), ("16KiB", 16384), ("1 M", 1 << 20), ("0", 0), ("2GB", 2 << 30)],
)
def test_sizes(text: str | int, size: int) -> None:
    assert values.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "-1", "1.5K", "K", "12X", "1e3", "²"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        values.size_bytes(text)


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
    assert values.address(text) == address
    assert values.address(address) is address


@pytest.mark.parametrize("text", ["", ":", "a:b", "h:0", "h:65536", "::1:80", "[::1]", "[::1:80", "host"])
def test_no_addresses(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        values.address(text)


@given(st.text())
def test_any_text_is_a_value_or_a_bad_parameter(text: str) -> None:
    for parse in (values.size_bytes, values.address, values.counts, values.names):
        try:
            parse(text)
        except typer.BadParameter:
            pass


def test_lists() -> None:
    assert values.counts("0, 100,1k") == values.counts((0, 100, 1000)) == (0, 100, 1000)
    assert values.names("select,epoll") == ("select", "epoll")
    with pytest.raises(typer.BadParameter):
        values.counts("1,,2")
