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


@pytest.mark.parametrize("length", [65_528, 65_537, 65_600, 98_304, 98_305, 131_073, 1 << 20])
@pytest.mark.parametrize("size", [7_000, 1 << 15, 1 << 22])
@pytest.mark.parametrize("char", [b"1", b" ", b"x", b"10.0.0.1 "])
def test_a_line_that_is_too_long_is_one_bad_line(length: int, size: int, char: bytes) -> None:
    long = (char * length)[:length]
    text = b"192.0.2.1\n" + long + b"192.0.2.2\n192.0.2.3\nrubbish\n"
    found, errors = [], []
    line = 1
    for chunk in bulk.chunks(io.BytesIO(text), size):
        four, _, bad = packed(chunk, line)
        assert (four, bad) == (one_by_one(chunk, line)[0], one_by_one(chunk, line)[2])
        line += chunk.count(b"\n")
        found += [one.text_of(one.value) for one in bulk.unpacked(4, four)]
        errors += [number for number, _ in bad]
    assert (found, errors) == (["192.0.2.1", "192.0.2.3"], [2, 4])


@pytest.mark.parametrize("length", [10, 65_537, 1 << 20])
def test_a_long_comment_is_a_comment(length: int) -> None:
    text = b"#" * length + b" 10.0.0.0/8\n192.0.2.1 # " + b"10.0.0.0/8 " * length + b"\nrubbish"
    found, errors = [], []
    line = 1
    for chunk in bulk.chunks(io.BytesIO(text)):
        four, _, bad = packed(chunk, line)
        line += chunk.count(b"\n")
        found += [str(one) for one in bulk.unpacked(4, four)]
        errors += [number for number, _ in bad]
    assert (found, errors) == (["192.0.2.1/32"], [3])


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    for size in (1, 2, 100):
        pieces = b"".join(bulk.chunks(io.BytesIO(b"\xef\xbb\xbf10.0.0.1\n"), size))
        assert pieces == b"10.0.0.1\n"


def test_the_end_is_read_once() -> None:
    """On a terminal each read of the end wants a Ctrl-D of its own."""

    class Terminal(io.RawIOBase):
        """Lines as they are typed, then one end, and never another."""

        def __init__(self) -> None:
            self.typed = [b"10.0.0.1\n", b"10.0.0.2\n", b""]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = self.typed.pop(0)
            buffer[: len(line)] = line
            return len(line)

    assert b"".join(bulk.chunks(io.BufferedReader(Terminal()))) == b"10.0.0.1\n10.0.0.2\n"


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
