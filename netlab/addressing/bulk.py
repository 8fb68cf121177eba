"""Many lines of prefixes at once: text in, packed numbers out, a million lines in well under two seconds.

A chunk of lines is parsed as a whole: what is left of it without its digits shows whether every line has the
right shape, and inet_pton(3), which is just as strict as our own parsers and opens no socket, makes the
numbers. Only where that fails is the chunk read again line by line by the exact parser (prefix.py), which
says what is wrong with which line. Both ways give the same numbers for the same text; a test holds them to
it.

Packed: 5 bytes a prefix of IPv4 (address, length), 17 of IPv6; network byte order, host bits as written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from socket import AF_INET, AF_INET6, inet_pton
from typing import BinaryIO

from netlab.addressing import prefix as prefixes
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix

Report = Callable[[int, AddressError], None]
"""Called with the number of a line (from 1) that is no prefix, and what is wrong with it."""

SIZE4, SIZE6 = 5, 17
CHUNK_BYTES = 1 << 15  # pieces of a chunk stay in the processor's cache
_LONGEST_LINE = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8: some editors begin files with it

_DIGITS4 = b"0123456789."
_DIGITS6 = b"0123456789abcdefABCDEF:."
_LENGTHS = {str(number): number for number in range(129)}


def chunks(file: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The file in pieces of whole lines, each ending in a newline (added at the end of the file if need be).

    A byte order mark at the beginning is left out. Of a line of more than 65536 bytes there is only the beginning, one
    byte too long: `each` reports it, unless it is a comment by then.
    """
    pieces = _whole_lines(file, size)
    yield next(pieces, b"").removeprefix(_BYTE_ORDER_MARK)
    yield from pieces


def _whole_lines(file: BinaryIO, size: int) -> Iterator[bytes]:
    # One system call a read: on a terminal, a read that waits for `size` bytes takes two Ctrl-D to end.
    read: Callable[[int], bytes] = getattr(file, "read1", file.read)
    rest = b""
    inside_of_long = False
    while data := read(size):
        if inside_of_long:
            _, newline, data = data.partition(b"\n")
            inside_of_long = not newline
        data = rest + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            yield data[:end]
        if len(rest) > _LONGEST_LINE:
            yield rest[: _LONGEST_LINE + 1] + b"\n"
            rest = b""
            inside_of_long = True
    if rest:
        yield rest + b"\n"


def pack(chunk: bytes, line: int, report: Report) -> tuple[bytes, bytes]:
    """The prefixes of a chunk of lines, packed: those of IPv4, those of IPv6. Its first line has the number
    `line`.

    Empty lines and comments (from "#") are skipped.
    """
    found = None
    if len(chunk) <= _LONGEST_LINE:  # else there may be a line that is too long
        found = _whole(chunk) or _tidied(chunk)
    return found if found is not None else _exactly(chunk, line, report)


def each(chunk: bytes, line: int, report: Report) -> Iterator[tuple[int, Prefix]]:
    """The prefixes of a chunk one by one with the number of their line: slower, and in order whatever their
    version.
    """
    for number, raw in enumerate(chunk.split(b"\n")[:-1], line):
        beginning, comment, _ = raw[: _LONGEST_LINE + 1].partition(b"#")
        text = beginning.strip().decode("utf-8", "backslashreplace")
        if len(raw) > _LONGEST_LINE and not comment:
            report(number, AddressError(text, 0, f"a line of more than {_LONGEST_LINE:,} bytes"))
            continue
        if not text:
            continue
        try:
            yield number, prefixes.parse(text)
        except AddressError as error:
            report(number, error)


def packed(prefix: Prefix) -> bytes:
    """One prefix, packed."""
    return prefix.value.to_bytes(prefix.width // 8, "big") + bytes((prefix.length,))


def unpacked(version: int, data: bytes) -> Iterator[Prefix]:
    """The prefixes of packed data of one version."""
    size = SIZE4 if version == 4 else SIZE6
    for at in range(0, len(data), size):
        yield Prefix(version, int.from_bytes(data[at : at + size - 1], "big"), data[at + size - 1])


def _whole(chunk: bytes) -> tuple[bytes, bytes] | None:
    """The chunk at once, if it is all of one version and of one shape; None if not."""
    try:
        if b":" not in chunk:
            return _at_once(chunk, AF_INET, _DIGITS4, 4), b""
        return b"", _at_once(chunk, AF_INET6, _DIGITS6, 16)
    except (KeyError, ValueError, OSError):
        return None


def _at_once(chunk: bytes, family: int, letters: bytes, size: int) -> bytes:
    """Raises OSError for an address, KeyError or ValueError for a length or a shape, that is not as it should
    be.
    """
    count = chunk.count(b"\n")
    shape = chunk.translate(None, letters)
    if shape == b"\n" * count:
        chunk = chunk.replace(b"\n", b"/%d\n" % (size * 8))
    elif shape != b"/\n" * count:
        raise ValueError
    pieces = chunk.replace(b"/", b"\n").decode("ascii").split("\n")
    pieces.pop()
    addresses = b"".join(map(inet_pton, repeat(family), pieces[::2]))
    lengths = bytes(map(_LENGTHS.__getitem__, pieces[1::2]))
    if count and max(lengths) > size * 8:
        raise ValueError
    return _interleaved(addresses, lengths, size)


def _interleaved(addresses: bytes, lengths: bytes, size: int) -> bytes:
    """`size` bytes of address, one of length, and so on."""
    record = bytearray(len(lengths) * (size + 1))
    for index in range(size):
        record[index :: size + 1] = addresses[index::size]
    record[size :: size + 1] = lengths
    return bytes(record)


def _tidied(chunk: bytes) -> tuple[bytes, bytes] | None:
    """The chunk without comments and spaces, IPv4 and IPv6 apart, bare addresses with their length, then at
    once.
    """
    version4, version6 = [], []
    for raw in chunk.split(b"\n"):
        line = raw.partition(b"#")[0].strip()
        if not line:
            continue
        if b":" in line:
            version6.append(line if b"/" in line else line + b"/128")
        else:
            version4.append(line if b"/" in line else line + b"/32")
    try:
        return (
            _at_once(b"\n".join([*version4, b""]), AF_INET, _DIGITS4, 4) if version4 else b"",
            _at_once(b"\n".join([*version6, b""]), AF_INET6, _DIGITS6, 16) if version6 else b"",
        )
    except (KeyError, ValueError, OSError):
        return None


def _exactly(chunk: bytes, line: int, report: Report) -> tuple[bytes, bytes]:
    version4, version6 = bytearray(), bytearray()
    for _, found in each(chunk, line, report):
        (version4 if found.version == 4 else version6).extend(packed(found))
    return bytes(version4), bytes(version6)
