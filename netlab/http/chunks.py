"""A chunk's line: `chunk-size [ chunk-ext ] CRLF` (RFC 9112 §7.1)."""

from __future__ import annotations

import re

from netlab.http import fields
from netlab.http.faults import ExaminedBytes, Fault, named
from netlab.http.fields import RawLine

QUICK = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
"""A chunk line without extension and without fault."""

MOST_DIGITS = 16
_SIZE = re.compile(rb"[0-9A-Fa-f]*+")
_SPACE = re.compile(rb"[ \t]*+")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_QUOTED = re.compile(rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*+')
_RULE = "RFC 9112 §7.1"
_EXTENSION = "RFC 9112 §7.1.1"


def read(examined: ExaminedBytes, number: int) -> tuple[int, bytes, int] | None:
    """Size, extension and length of the chunk line that the bytes begin with; None where its end has not come.

    `number` is the chunk's. Raises Fault at the first byte that is wrong.
    """
    raw, where = examined.raw, f"chunk {number}"
    line = next(fields.lines(raw, 0), RawLine(0, 0, 0, False))
    found = _SIZE.match(raw, 0, line.end)
    assert found is not None
    at = found.end()
    if at > MOST_DIGITS:
        raise examined.fault(0, at, where, f"a chunk size of more than {MOST_DIGITS} digits", _RULE)
    if at == 0 and (line.end > 0 or line.whole):
        what = f"{named(raw[0])} where a chunk size (hexadecimal digits) begins"
        raise examined.fault(0, 1, where, what, _RULE)
    if not _Extensions(examined, line, where).complete(at) or not line.whole:
        return None
    fields.line_end(examined, line, where)
    size = int(found[0], 16)
    if size > 2**63 - 1:
        raise examined.fault(0, at, where, "a chunk size above 2^63-1", _RULE)
    return size, raw[at : line.end], line.after


class _Extensions:
    """Walks over *( BWS ";" BWS name [ BWS "=" BWS value ] )."""

    def __init__(self, examined: ExaminedBytes, line: RawLine, where: str) -> None:
        self.examined, self.raw, self.where = examined, examined.raw, where
        self.end, self.whole = line.end, line.whole

    def complete(self, at: int) -> bool:
        """True: they end where the line does. False: the line is not all there. Raises Fault."""
        while at < self.end:
            ahead = self._skip(at)
            if ahead == self.end:
                if self.whole:
                    what = "white space after the chunk size"
                    if not self.examined.lenient:
                        raise self._wrong(at, what, _RULE)
                    self.examined.note(at, self.end, self.where, what, _RULE, lenient=True)
                return self.whole
            if self.raw[ahead] != 59:
                raise self._wrong(ahead, f"{named(self.raw[ahead])} after the chunk size", _RULE)
            after = self._word(self._skip(ahead + 1))
            if after is None:
                return False
            at, equals = after, self._skip(after)
            if equals < self.end and self.raw[equals] == 61:
                after = self._word(self._skip(equals + 1))
                if after is None:
                    return False
                at = after
        return True

    def _wrong(self, at: int, what: str, source: str = _EXTENSION) -> Fault:
        if at < self.end and self.raw[at] == 13:
            what, source = "CR without LF after it", "RFC 9112 §2.2"
        return self.examined.fault(at, at + 1, self.where, what, source)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.raw, at, self.end)
        return found.end() if found else at

    def _word(self, at: int) -> int | None:
        """After a token or quoted-string; None: the line ends too early, and may go on."""
        if at < self.end and self.raw[at] == 34:
            return self._quoted(at)
        token = _TOKEN.match(self.raw, at, self.end)
        if token is not None:
            return token.end()
        if at >= self.end and not self.whole:
            return None
        raise self._wrong(at, "a chunk extension has a name, and a value after =")

    def _quoted(self, at: int) -> int | None:
        quoted = _QUOTED.match(self.raw, at, self.end)
        after = quoted.end() if quoted else at
        if after == self.end or (after == self.end - 1 and self.raw[after] == 92):
            if self.whole:
                raise self._wrong(self.end, "a quoted string that does not end")
            return None
        if self.raw[after] != 34:
            raise self._wrong(after, f"{named(self.raw[after])} in a quoted string")
        return after + 1
