"""Reading many lines: at once or one by one, the numbers and the errors are the same."""

from __future__ import annotations

import io
import random

import pytest

from netlab.addressing import bulk, ipv4, ipv6, prefix
from netlab.addressing.mistakes import AddressError

Errors = list[tuple[int, str]]


def packed(chunk: bytes, line: int = 1) -> tuple[bytes, bytes, Errors]:
    errors: Errors = []
    four, six = bulk.pack(chunk, line, lambda number, error: errors.append((number, error.message)))
    return four, six, errors


def one_by_one(chunk: bytes, line: int = 1) -> tuple[bytes, bytes, Errors]:
    errors: Errors = []
    found = [one for _, one in bulk.each(chunk, line, lambda n, error: errors.append((n, error.message)))]
    four = b"".join(bulk.packed(one) for one in found if one.version == 4)
    return four, b"".join(bulk.packed(one) for one in found if one.version == 6), errors


def some_line(rng: random.Random) -> str:
    """A prefix, sometimes with one character too many, too few, or wrong."""
    if rng.random() < 0.5:
        mask = rng.choice((ipv6.ALL, ipv6.ALL << 64, ipv6.ALL << 80, 0xFFFF << 112 | 0xFF, 0, 0xFFFF << 32)) & ipv6.ALL
        text = ipv6.to_text(rng.getrandbits(128) & mask) + rng.choice(("", "/64", "/128", "/0"))
    else:
        text = ipv4.to_text(rng.getrandbits(32)) + rng.choice(("", "/24", "/0", "/32", "/255.255.0.0"))
    if rng.random() < 0.3:
        at, char = rng.randrange(len(text) + 1), rng.choice("0123456789abcdefF:./ %#z\r\t\0é")
        text = text[:at] + char + text[at:] if rng.random() < 0.5 else text[:at] + text[at + 1 :]
    return text


@pytest.mark.parametrize("seed", range(40))
def test_at_once_and_one_by_one_agree(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(100):
        lines = [some_line(rng) for _ in range(rng.randrange(1, 5))]
        if rng.random() < 0.5:
            lines = [line for line in lines if (":" in line) == (":" in lines[0])]
        chunk = "".join(f"{line}\n" for line in lines).encode()
        assert packed(chunk) == one_by_one(chunk)


def test_comments_empty_lines_and_spaces_are_no_errors() -> None:
    four, six, errors = packed(b"# a list\r\n\r\n10.0.0.0/8 # private\r\n  ::1\r\n192.0.2.1\t\n")
    assert [str(one) for one in bulk.unpacked(4, four)] == ["10.0.0.0/8", "192.0.2.1/32"]
    assert [str(one) for one in bulk.unpacked(6, six)] == ["::1/128"]
    assert errors == []


def test_a_bad_line_is_reported_with_its_number_and_the_others_are_read() -> None:
    four, _, errors = packed(b"10.0.0.0/8\nrubbish\n11.0.0.0/8\n12.0.0.0/33\n", 100)
    assert len(four) == 2 * bulk.SIZE4
    assert [number for number, _ in errors] == [101, 103]


@pytest.mark.parametrize("size", range(1, 40))
def test_chunks_end_at_lines_wherever_a_read_ends(size: int) -> None:
    text = b"10.0.0.0/8\n\n::1\n192.0.2.0/24 # no newline at the end"
    chunks = list(bulk.chunks(io.BytesIO(text), size))
    assert b"".join(chunks) == text + b"\n"
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_a_line_without_end_has_a_bound() -> None:
    chunks = list(bulk.chunks(io.BytesIO(b"1" * (1 << 20))))
    assert max(map(len, chunks)) <= 1 << 17


def test_all_bytes_are_a_line_or_an_error() -> None:
    for value in range(256):
        chunk = bytes((value,)) + b"\n"
        four, six, errors = packed(chunk)
        assert (four, six) == (b"", b"")
        assert len(errors) <= 1


def test_packing_is_the_number_and_the_length() -> None:
    assert bulk.packed(prefix.parse("10.0.0.1/24")) == bytes((10, 0, 0, 1, 24))
    assert list(bulk.unpacked(6, bulk.packed(prefix.parse("::1/64")))) == [prefix.parse("::1/64")]
    with pytest.raises(AddressError):
        prefix.parse("rubbish")
