"""The status line, `HTTP-version SP status-code SP [reason-phrase] CRLF` (RFC 9112 §4), and a whole head."""

from __future__ import annotations

import re
from typing import NamedTuple

from netlab.http import fields
from netlab.http.events import FieldLine, Note
from netlab.http.faults import Fault, named
from netlab.http.fields import Line, Pairs

_QUICK = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*+)\r\n")
_VERSIONS = {b"0": (1, 0), b"1": (1, 1)}
_LINE = "status line"
_RULE = "RFC 9112 §4"


class Read(NamedTuple):
    """What a head says."""

    version: tuple[int, int]
    status: int
    reason: bytes
    fields: Pairs
    notes: list[Note]


def quick(raw: bytes) -> Read | None:
    """A head without fault: None where a closer look is needed."""
    line = _QUICK.match(raw)
    if line is None:
        return None
    pairs = fields.quick(raw, line.end())
    return None if pairs is None else Read(_VERSIONS[line[1]], int(line[2]), line[3], pairs, [])


def read(raw: bytes, base: int, most: int, lenient: bool) -> tuple[Read | None, int, str]:
    """Read the head that raw begins with, slowly. None in front where its empty line has not come; then the third says
    what was being read. Otherwise the second is its length. Raises Fault at the first byte that is wrong.
    """
    line = next(fields.lines(raw, 0), None)
    if line is None:
        return None, 0, _LINE
    notes: list[Note] = []
    told = _status_line(raw, line, base, notes, lenient)
    if told is None or not line.whole:
        return None, 0, _LINE
    fields.line_end(raw, line, base, _LINE, notes, lenient)
    section = fields.read(raw, line.after, base, most, lenient=lenient, first="the status line")
    if section.end is None:
        return None, 0, section.unfinished or "field line 1"
    return Read(*told, section.fields, notes + section.notes), section.end, ""


def field_lines(raw: bytes, base: int) -> tuple[FieldLine, ...]:
    """Where each field of an accepted head is."""
    after = raw.index(b"\n") + 1
    section = fields.read(raw, after, base, len(raw), lenient=True, first="the status line")
    return tuple(section.places)


def _status_line(
    raw: bytes, line: Line, base: int, notes: list[Note], lenient: bool
) -> tuple[tuple[int, int], int, bytes] | None:
    """Version, status and reason; None where the line is not all there. Raises Fault."""
    at, end = line.start, line.end

    def wrong(what: str, source: str = _RULE, length: int = 1) -> Fault:
        return Fault(base + at, base + at + length, _LINE, what, source)

    def blank(then: str) -> int:
        """Step over one SP; over more only if that is let pass."""
        after = at
        while lenient and after < end and raw[after] in b" \t":
            after += 1
        if not lenient and at < end and raw[at] == 32:
            after = at + 1
        if after == at:
            raise wrong(f"{_byte(raw, at, end)} where one SP separates {then}")
        if raw[at:after] != b" ":
            notes.append(Note(base + at, base + after, _LINE, f"more than one SP before {then}", _RULE, True))
        return after

    for expected in b"HTTP/":
        if at >= end:
            break
        if raw[at] != expected:
            raise wrong("a response begins with HTTP/", "RFC 9112 §2.3")
        at += 1
    version: list[int] = []
    for expected in b"0.0":
        if at >= end:
            break
        if expected == 48 and not 48 <= raw[at] <= 57:
            raise wrong(f"{named(raw[at])} where a digit of the version belongs", "RFC 9112 §2.3")
        if expected == 46 and raw[at] != 46:
            raise wrong(
                f"{named(raw[at])} where the version has a dot: it is one digit, a dot, one digit", "RFC 9112 §2.3"
            )
        if expected == 48:
            version.append(raw[at] - 48)
        at += 1
    if len(version) < 2:
        if line.whole:
            raise wrong("the line ends in the middle of the version", "RFC 9112 §2.3")
        return None
    if version[0] != 1:
        at -= 3
        raise wrong(f"HTTP/{version[0]}.{version[1]} is not spoken here, only HTTP/1.1 and 1.0", "RFC 9112 §2.3", 3)
    if version[1] > 1:
        notes.append(
            Note(base + at - 1, base + at, _LINE, f"HTTP/1.{version[1]} is taken for HTTP/1.1", "RFC 9110 §2.5")
        )
    if at >= end and not line.whole:
        return None
    at = blank("version and status code")
    digits = 0
    while at < end and digits < 3:
        if not 48 <= raw[at] <= 57:
            raise wrong(f"{named(raw[at])} in the status code, which is three digits")
        at, digits = at + 1, digits + 1
    if digits < 3:
        if line.whole:
            raise wrong("the status code is three digits")
        return None
    status = int(raw[at - 3 : at])
    if not 100 <= status <= 599:
        notes.append(
            Note(base + at - 3, base + at, _LINE, f"status {status:03} is in no class: taken for 5xx", "RFC 9110 §15")
        )
    if at >= end:
        if line.whole:
            notes.append(Note(base + at, base + at, _LINE, "no SP after the status code", _RULE))
        return (1, min(version[1], 1)), status, b""
    at = blank("status code and reason phrase") if raw[at] != 32 else at + 1
    reason = at
    fields.check_value(notes, raw, at, end, base, _LINE, lenient)
    return (1, min(version[1], 1)), status, raw[reason:end]


def _byte(raw: bytes, at: int, end: int) -> str:
    return named(raw[at]) if at < end else "the end of the line"
