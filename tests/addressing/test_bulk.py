"""Reading many lines: at once or one by one, the numbers and the errors are the same."""

from __future__ import annotations

import io

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

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


MASKS = (ipv6.ALL, ipv6.ALL >> 64 << 64, ipv6.ALL >> 80 << 80, 0xFFFF << 112 | 0xFF, 0, 0xFFFF << 32)
LINES4 = st.tuples(
    st.integers(0, ipv4.ALL).map(ipv4.to_text), st.sampled_from(("", "/24", "/0", "/32", "/255.255.0.0"))
).map("".join)
LINES6 = st.tuples(
    st.tuples(st.integers(0, ipv6.ALL), st.sampled_from(MASKS)).map(lambda pair: ipv6.to_text(pair[0] & pair[1])),
    st.sampled_from(("", "/64", "/128", "/0")),
).map("".join)


@st.composite
def damaged(draw: st.DrawFn, lines: st.SearchStrategy[str]) -> str:
    """A line with one character too many, too few, or wrong."""
    line = draw(lines)
    at, more = draw(st.integers(0, len(line))), draw(st.sampled_from(["", *"0123456789abcdefF:./ %#z\r\t\0é"]))
    return line[:at] + more + line[at + (draw(st.booleans()) or not more) :]


def some_lines(lines: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.one_of(lines, lines, damaged(lines)), min_size=1, max_size=4)


@given(st.one_of(some_lines(LINES4), some_lines(LINES6), some_lines(LINES4 | LINES6)))
@examples(300)
def test_at_once_and_one_by_one_agree(lines: list[str]) -> None:
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


def test_chunks_end_at_lines_wherever_a_read_ends() -> None:
    text = b"10.0.0.0/8\n\n::1\n192.0.2.0/24 # no newline at the end"
    for size in range(1, 40):
        chunks = list(bulk.chunks(io.BytesIO(text), size))
        assert b"".join(chunks) == text + b"\n", size
        assert all(chunk.endswith(b"\n") for chunk in chunks), size


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
