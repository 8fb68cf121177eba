"""Field lines: `name ":" OWS value OWS CRLF` (RFC 9112 §5), for heads and trailer sections alike.

`quick` reads a whole section by two compiled patterns. Where they do not fit, `read` walks over the same bytes line by
line and names the first one that is wrong, or says what it let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netlab.http.events import FieldLine, Note
from netlab.http.faults import ExaminedBytes, named

Pairs = list[tuple[bytes, bytes]]

# RFC 9110 §5.6.2 token; §5.5 field-content: HTAB, SP, VCHAR, obs-text. "++" and "*+" never go back: linear time.
_NAME = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*+"
_SECTION = re.compile(rb"(?:" + _NAME + rb":" + _VALUE + rb"\r\n)*+\r\n")
_LINE = re.compile(rb"(" + _NAME + rb"):[ \t]*+(" + _VALUE + rb")\r\n")
_TOKEN = re.compile(_NAME)
_WRONG = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")
_SPACE = re.compile(rb"[ \t]*+")


def quick(raw: bytes, pos: int) -> Pairs | None:
    """All fields of `raw` from `pos` to its end, if every line is as it should be; otherwise None."""
    if _SECTION.fullmatch(raw, pos) is None:
        return None
    return [(name, value.rstrip(b" \t")) for name, value in _LINE.findall(raw, pos)]


class RawLine(NamedTuple):
    """One line: its bytes are raw[start:end] without, raw[start:after] with the line end. `whole`: it has one."""

    start: int
    end: int
    after: int
    whole: bool


def lines(raw: bytes, pos: int) -> Iterator[RawLine]:
    """The lines of `raw` from `pos` on; the last may have no end (its lone CR could be half of one)."""
    while pos < len(raw):
        feed = raw.find(b"\n", pos)
        if feed < 0:
            end = len(raw) - 1 if raw.endswith(b"\r") else len(raw)
            yield RawLine(pos, max(end, pos), len(raw), False)
            return
        end = feed - 1 if feed > pos and raw[feed - 1] == 13 else feed
        yield RawLine(pos, end, feed + 1, True)
        pos = feed + 1


class FieldSection:
    """What `read` found: fields and where each is, notes, and the index after the empty line (None: not there yet)."""

    def __init__(self, notes: list[Note]) -> None:
        self.fields: Pairs = []
        self.places: list[FieldLine] = []
        self.notes = notes
        self.end: int | None = None
        self.unfinished: str = ""


def read(
    raw: bytes, pos: int, base: int, most: int, *, lenient: bool, first: str, what: str = "field line"
) -> FieldSection:
    """Read field lines of raw[pos:] up to the empty line; `base` is the place of raw[0] in the stream.

    At most `most` of them. `first` is what came before ("the status line"), `what` the lines are called. Raises Fault.
    """
    return _SectionReader(ExaminedBytes(raw, base, lenient), most, first, what).read(pos)


def line_end(examined: ExaminedBytes, line: RawLine, where: str) -> None:
    """A line must end in CR LF; a LF alone is refused, or noted where that is let pass."""
    if line.after - line.end == 1:
        examined.refuse(line.end, line.after, where, "LF without CR before it", "RFC 9112 §2.2")


def check_value(examined: ExaminedBytes, pos: int, end: int, where: str) -> None:
    """Field-content only: HTAB, SP, VCHAR, obs-text. NUL and CR are refused even where more is let pass."""
    raw = examined.raw
    while (wrong := _WRONG.search(raw, pos, end)) is not None:
        at = wrong.start()
        if raw[at] == 13:
            raise examined.fault(at, at + 1, where, "CR without LF after it", "RFC 9112 §2.2")
        what, source = f"{named(raw[at])} in the value", "RFC 9110 §5.5"
        if raw[at] == 0:
            raise examined.fault(at, at + 1, where, what, source)
        examined.refuse(at, at + 1, where, what, source)
        pos = at + 1


class _SectionReader:
    """Walks over the lines of one section; `where` is the line that it is at."""

    def __init__(self, examined: ExaminedBytes, most: int, first: str, what: str) -> None:
        self.examined, self.raw = examined, examined.raw
        self.most, self.first, self.what = most, first, what
        self.where = ""
        self.section = FieldSection(examined.notes)

    def read(self, pos: int) -> FieldSection:
        section = self.section
        skipping = False  # continuations of nothing
        for number, line in enumerate(lines(self.raw, pos), 1):
            self.where = f"{self.what} {number}"
            if line.whole and line.end == line.start:
                after = f" after {self.what} {number - 1}" if number > 1 else ""
                line_end(self.examined, line, f"the empty line{after}")
                section.end = line.after
                return section
            section.unfinished = self.where
            if self.raw[line.start] in b" \t":
                skipping = skipping or not section.places
                if skipping:
                    what = f"white space between {self.first} and the first field"
                    self._ignore(line, line.start, what, "RFC 9112 §2.2")
                else:
                    self._fold(line)
                continue
            skipping = False
            if len(section.places) >= self.most:
                what = f"more than {self.most} fields (netlab's limit)"
                raise self.examined.fault(line.start, line.start + 1, self.where, what, "RFC 9110 §5.4")
            if self._field(line) and line.whole:
                line_end(self.examined, line, self.where)
        return section

    def _field(self, line: RawLine) -> bool:
        """An ordinary line. False: it was ignored, or is not all there."""
        raw, start, end = self.raw, line.start, line.end
        token = _TOKEN.match(raw, start, end)
        after = token.end() if token else start
        if after == end and not line.whole:
            return False  # the colon may still come
        if start < after < end and raw[after] == 58:
            self._add(line, after, after)
            return True
        blank = _SPACE.match(raw, after, end)
        colon = blank.end() if blank else after
        if token and colon > after and colon == end and not line.whole:
            return False
        if token and after < colon < end and raw[colon] == 58:
            self.examined.refuse(after, colon, self.where, "white space before the colon", "RFC 9112 §5.1")
            self._add(line, after, colon)
            return True
        self._ignore(line, after, _wrong_name(raw, start, after, end), "RFC 9112 §5")
        return False

    def _add(self, line: RawLine, after: int, colon: int) -> None:
        """Keep the field whose name ends at `after`."""
        check_value(self.examined, colon + 1, line.end, self.where)
        value = self.raw[colon + 1 : line.end]
        stripped = value.strip(b" \t")
        value_at = colon + 1 + (len(value) - len(value.lstrip(b" \t")) if stripped else len(value))
        base, start = self.examined.base, line.start
        name, place = (base + start, base + after), (base + value_at, base + value_at + len(stripped))
        self.section.fields.append((self.raw[start:after], stripped))
        self.section.places.append(FieldLine((base + start, base + line.after), name, place))

    def _fold(self, line: RawLine) -> None:
        """obs-fold: the line continues the value before it, with one SP between (RFC 9112 §5.2)."""
        check_value(self.examined, line.start, line.end, self.where)
        if line.whole:
            line_end(self.examined, line, self.where)
        what = "a folded line (obs-fold), joined to the one before it by a space"
        self.examined.note(line.start, line.after, self.where, what, "RFC 9112 §5.2")
        fields, places, base = self.section.fields, self.section.places, self.examined.base
        name, value = fields[-1]
        more = self.raw[line.start : line.end].strip(b" \t")
        fields[-1] = (name, value + b" " + more if value and more else value or more)
        before = places[-1]
        places[-1] = FieldLine((before.line[0], base + line.after), before.name, (before.value[0], base + line.end))

    def _ignore(self, line: RawLine, at: int, what: str, source: str) -> None:
        """A line that is none: refused, or left out where that is let pass."""
        if not self.examined.lenient or (at < line.end and self.raw[at] in (0, 13)):
            raise self.examined.fault(at, min(at + 1, line.after), self.where, what, source)
        self.examined.note(line.start, line.after, self.where, f"{what}; the line is ignored", source, lenient=True)


def _wrong_name(raw: bytes, start: int, at: int, end: int) -> str:
    if at == end:
        return "no colon in the line"
    if raw[at] == 58:
        return "no name before the colon"
    if raw[at] == 13:
        return "CR without LF after it"
    return f"{named(raw[at])} in the field name"
