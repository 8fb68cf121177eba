"""A chunk's line: `chunk-size [ chunk-ext ] CRLF` (RFC 9112 §7.1)."""

from __future__ import annotations

import re

from netlab.http import fields
from netlab.http.events import Note
from netlab.http.faults import Fault, named
from netlab.http.fields import Line

QUICK = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
"""A chunk line without extension and without fault."""

MOST_DIGITS = 16
_SIZE = re.compile(rb"[0-9A-Fa-f]*+")
_SPACE = re.compile(rb"[ \t]*+")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_QUOTED = re.compile(rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*+')
_RULE = "RFC 9112 §7.1"
_EXTENSION = "RFC 9112 §7.1.1"


def read(raw: bytes, base: int, number: int, lenient: bool, notes: list[Note]) -> tuple[int, bytes, int] | None:
    """Size, extension and length of the chunk line that raw begins with; None where its end has not come.

    `number` is the chunk's. Raises Fault at the first byte that is wrong.
    """
    where = f"chunk {number}"
    line = next(fields.lines(raw, 0), Line(0, 0, 0, False))
    found = _SIZE.match(raw, 0, line.end)
    assert found is not None
    at = found.end()
    if at > MOST_DIGITS:
        raise Fault(base, base + at, where, f"a chunk size of more than {MOST_DIGITS} digits", _RULE)
    if at == 0 and (line.end > 0 or line.whole):
        what = f"{named(raw[0])} where a chunk size (hexadecimal digits) begins"
        raise Fault(base, base + 1, where, what, _RULE)
    after = _extensions(raw, at, line, base, where, lenient, notes)
    if after is None:
        return None
    if not line.whole:
        return None
    fields.line_end(raw, line, base, where, notes, lenient)
    size = int(found[0], 16)
    if size > 2**63 - 1:
        raise Fault(base, base + at, where, "a chunk size above 2^63-1", _RULE)
    return size, raw[at : line.end], line.after


def _extensions(raw: bytes, at: int, line: Line, base: int, where: str, lenient: bool, notes: list[Note]) -> int | None:
    """Where *( BWS ";" BWS name [ BWS "=" BWS value ] ) ends: at the line's end, or None where that has not come."""
    end = line.end

    def wrong(position: int, what: str, source: str = _EXTENSION) -> Fault:
        if position < end and raw[position] == 13:
            what, source = "CR without LF after it", "RFC 9112 §2.2"
        return Fault(base + position, base + position + 1, where, what, source)

    def skip(position: int) -> int:
        found = _SPACE.match(raw, position, end)
        return found.end() if found else position

    def word(position: int) -> int | None:
        """After a token or quoted-string; None: the line ends too early, and may go on."""
        if position < end and raw[position] == 34:
            quoted = _QUOTED.match(raw, position, end)
            after = quoted.end() if quoted else position
            if after == end or (after == end - 1 and raw[after] == 92):
                if line.whole:
                    raise wrong(end, "a quoted string that does not end")
                return None
            if raw[after] != 34:
                raise wrong(after, f"{named(raw[after])} in a quoted string")
            return after + 1
        token = _TOKEN.match(raw, position, end)
        if token is None:
            if position >= end and not line.whole:
                return None
            raise wrong(position, "a chunk extension has a name, and a value after =")
        return token.end()

    while at < end:
        ahead = skip(at)
        if ahead == end:
            if not line.whole:
                return None
            if not lenient:
                raise wrong(at, "white space after the chunk size", _RULE)
            notes.append(Note(base + at, base + end, where, "white space after the chunk size", _RULE, True))
            return end
        if raw[ahead] != 59:
            raise wrong(ahead, f"{named(raw[ahead])} after the chunk size", _RULE)
        name = word(skip(ahead + 1))
        if name is None:
            return None
        at, equals = name, skip(name)
        if equals < end and raw[equals] == 61:
            value = word(skip(equals + 1))
            if value is None:
                return None
            at = value
    return at
