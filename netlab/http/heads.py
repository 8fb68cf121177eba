"""The status line, `HTTP-version SP status-code SP [reason-phrase] CRLF` (RFC 9112 §4), and a whole head."""

from __future__ import annotations

import re
from typing import NamedTuple

from netlab.http import fields
from netlab.http.events import FieldLine, Note
from netlab.http.faults import ExaminedBytes, Fault, named
from netlab.http.fields import Pairs, RawLine

_QUICK = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*+)\r\n")
_VERSIONS = {b"0": (1, 0), b"1": (1, 1)}
_LINE = "status line"
_RULE = "RFC 9112 §4"
_VERSION = "RFC 9112 §2.3"


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
    examined = ExaminedBytes(raw, base, lenient)
    told = _StatusLine(examined, line).read()
    if told is None or not line.whole:
        return None, 0, _LINE
    fields.line_end(examined, line, _LINE)
    section = fields.read(raw, line.after, base, most, lenient=lenient, first="the status line")
    if section.end is None:
        return None, 0, section.unfinished or "field line 1"
    return Read(*told, section.fields, examined.notes + section.notes), section.end, ""


def field_lines(raw: bytes, base: int) -> tuple[FieldLine, ...]:
    """Where each field of an accepted head is."""
    after = raw.index(b"\n") + 1
    section = fields.read(raw, after, base, len(raw), lenient=True, first="the status line")
    return tuple(section.places)


class _StatusLine:
    """Walks over a status line; `at` is the byte that it is at. What is not all there yet is None."""

    def __init__(self, examined: ExaminedBytes, line: RawLine) -> None:
        self.examined, self.raw, self.lenient = examined, examined.raw, examined.lenient
        self.at, self.end, self.whole = line.start, line.end, line.whole

    def read(self) -> tuple[tuple[int, int], int, bytes] | None:
        """Version, status and reason. Raises Fault."""
        self._name()
        minor = self._version()
        if minor is None or (self.at >= self.end and not self.whole):
            return None
        self._blank("version and status code")
        status = self._status()
        if status is None:
            return None
        version, at = (1, min(minor, 1)), self.at
        if at >= self.end:
            if self.whole:
                self.examined.note(at, at, _LINE, "no SP after the status code", _RULE)
            return version, status, b""
        if self.raw[at] == 32:
            self.at += 1  # what follows it is the reason phrase, even more SP
        else:
            self._blank("status code and reason phrase")
        fields.check_value(self.examined, self.at, self.end, _LINE)
        return version, status, self.raw[self.at : self.end]

    def _wrong(self, what: str, source: str = _RULE, length: int = 1) -> Fault:
        return self.examined.fault(self.at, self.at + length, _LINE, what, source)

    def _name(self) -> None:
        for expected in b"HTTP/":
            if self.at < self.end:
                if self.raw[self.at] != expected:
                    raise self._wrong("a response begins with HTTP/", _VERSION)
                self.at += 1

    def _version(self) -> int | None:
        """The minor version; the major one is 1."""
        digits: list[int] = []
        for expected in b"0.0"[: max(0, self.end - self.at)]:
            byte = self.raw[self.at]
            if expected == 48:
                if not 48 <= byte <= 57:
                    raise self._wrong(f"{named(byte)} where a digit of the version belongs", _VERSION)
                digits.append(byte - 48)
            elif byte != 46:
                form = "it is one digit, a dot, one digit"
                raise self._wrong(f"{named(byte)} where the version has a dot: {form}", _VERSION)
            self.at += 1
        if len(digits) < 2:
            if self.whole:
                raise self._wrong("the line ends in the middle of the version", _VERSION)
            return None
        major, minor = digits
        if major != 1:
            self.at -= 3
            raise self._wrong(f"HTTP/{major}.{minor} is not spoken here, only HTTP/1.1 and 1.0", _VERSION, 3)
        if minor > 1:
            what = f"HTTP/1.{minor} is taken for HTTP/1.1"
            self.examined.note(self.at - 1, self.at, _LINE, what, "RFC 9110 §2.5")
        return minor

    def _blank(self, then: str) -> None:
        """Step over one SP; over more only if that is let pass."""
        at, after = self.at, self.at
        while self.lenient and after < self.end and self.raw[after] in b" \t":
            after += 1
        if not self.lenient and at < self.end and self.raw[at] == 32:
            after = at + 1
        if after == at:
            raise self._wrong(f"{_byte(self.raw, at, self.end)} where one SP separates {then}")
        if self.raw[at:after] != b" ":
            self.examined.note(at, after, _LINE, f"more than one SP before {then}", _RULE, lenient=True)
        self.at = after

    def _status(self) -> int | None:
        first = self.at
        while self.at < self.end and self.at < first + 3:
            if not 48 <= self.raw[self.at] <= 57:
                raise self._wrong(f"{named(self.raw[self.at])} in the status code, which is three digits")
            self.at += 1
        if self.at < first + 3:
            if self.whole:
                raise self._wrong("the status code is three digits")
            return None
        status = int(self.raw[first : self.at])
        if not 100 <= status <= 599:
            what = f"status {status:03} is in no class: taken for 5xx"
            self.examined.note(first, self.at, _LINE, what, "RFC 9110 §15")
        return status


def _byte(raw: bytes, at: int, end: int) -> str:
    return named(raw[at]) if at < end else "the end of the line"
