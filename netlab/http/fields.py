"""Field lines: `name ":" OWS value OWS CRLF` (RFC 9112 §5), for heads and trailer sections alike.

`quick` reads a whole section by two compiled patterns. Where they do not fit, `read` walks over the same bytes line by
line and names the first one that is wrong, or says what it let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netlab.http.events import FieldLine, Note
from netlab.http.faults import Fault, named

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


class Line(NamedTuple):
    """One line: its bytes are raw[start:end] without, raw[start:after] with the line end. `whole`: it has one."""

    start: int
    end: int
    after: int
    whole: bool


def lines(raw: bytes, pos: int) -> Iterator[Line]:
    """The lines of `raw` from `pos` on; the last may have no end (its lone CR could be half of one)."""
    while pos < len(raw):
        feed = raw.find(b"\n", pos)
        if feed < 0:
            end = len(raw) - 1 if raw.endswith(b"\r") else len(raw)
            yield Line(pos, max(end, pos), len(raw), False)
            return
        end = feed - 1 if feed > pos and raw[feed - 1] == 13 else feed
        yield Line(pos, end, feed + 1, True)
        pos = feed + 1


class Section:
    """What `read` found: fields and where each is, notes, and the index after the empty line (None: not there yet)."""

    def __init__(self) -> None:
        self.fields: Pairs = []
        self.places: list[FieldLine] = []
        self.notes: list[Note] = []
        self.end: int | None = None
        self.unfinished: str = ""


def read(raw: bytes, pos: int, base: int, most: int, *, lenient: bool, first: str, what: str = "field line") -> Section:
    """Read field lines of raw[pos:] up to the empty line; `base` is the place of raw[0] in the stream.

    At most `most` of them. `first` is what came before ("the status line"), `what` the lines are called. Raises Fault.
    """
    section = Section()
    number = 0
    skipping = False
    for line in lines(raw, pos):
        number += 1
        where = f"{what} {number}"
        if line.whole and line.end == line.start:
            line_end(
                raw,
                line,
                base,
                f"the empty line after {what} {number - 1}" if number > 1 else "the empty line",
                section.notes,
                lenient,
            )
            section.end = line.after
            return section
        section.unfinished = where
        opening = raw[line.start : line.start + 1]
        if opening in (b" ", b"\t"):
            if not section.places or skipping:
                skipping = True
                what_ = f"white space between {first} and the first field"
                _ignored(section, raw, line, base, where, line.start, what_, "RFC 9112 §2.2", lenient)
            else:
                _fold(section, raw, line, base, where, lenient)
            continue
        skipping = False
        if len(section.places) >= most:
            raise Fault(
                base + line.start,
                base + line.start + 1,
                where,
                f"more than {most} fields (netlab's limit)",
                "RFC 9110 §5.4",
            )
        if _one(section, raw, line, base, where, lenient) and line.whole:
            line_end(raw, line, base, where, section.notes, lenient)
    return section


def line_end(raw: bytes, line: Line, base: int, where: str, notes: list[Note], lenient: bool) -> None:
    """A line must end in CR LF; a LF alone is refused, or noted where that is let pass."""
    if line.after - line.end != 1:
        return
    what, source = "LF without CR before it", "RFC 9112 §2.2"
    if not lenient:
        raise Fault(base + line.end, base + line.after, where, what, source)
    notes.append(Note(base + line.end, base + line.after, where, what, source, True))


def check_value(
    section_notes: list[Note], raw: bytes, pos: int, end: int, base: int, where: str, lenient: bool
) -> None:
    """Field-content only: HTAB, SP, VCHAR, obs-text. NUL and CR are refused even where more is let pass."""
    while (wrong := _WRONG.search(raw, pos, end)) is not None:
        at = wrong.start()
        what = "CR without LF after it" if raw[at] == 13 else f"{named(raw[at])} in the value"
        if not lenient or raw[at] in (0, 13):
            raise Fault(base + at, base + at + 1, where, what, "RFC 9112 §2.2" if raw[at] == 13 else "RFC 9110 §5.5")
        section_notes.append(Note(base + at, base + at + 1, where, what, "RFC 9110 §5.5", True))
        pos = at + 1


def _one(section: Section, raw: bytes, line: Line, base: int, where: str, lenient: bool) -> bool:
    """An ordinary line. False: it was ignored."""
    start, end = line.start, line.end
    token = _TOKEN.match(raw, start, end)
    after = token.end() if token else start
    if after == end and not line.whole:
        return False  # the colon may still come
    if after in (start, end) or raw[after] != 58:
        blank = _SPACE.match(raw, after, end)
        colon = blank.end() if blank else after
        if token and colon > after and colon == end and not line.whole:
            return False
        if token and after < colon < end and raw[colon] == 58:
            what, source = "white space before the colon", "RFC 9112 §5.1"
            if not lenient:
                raise Fault(base + after, base + colon, where, what, source)
            section.notes.append(Note(base + after, base + colon, where, what, source, True))
            return _value(section, raw, line, base, where, lenient, start, after, colon)
        _ignored(section, raw, line, base, where, after, _wrong_name(raw, start, after, end), "RFC 9112 §5", lenient)
        return False
    return _value(section, raw, line, base, where, lenient, start, after, after)


def _wrong_name(raw: bytes, start: int, at: int, end: int) -> str:
    if at == end:
        return "no colon in the line"
    if raw[at] == 58:
        return "no name before the colon"
    if raw[at] == 13:
        return "CR without LF after it"
    return f"{named(raw[at])} in the field name"


def _value(
    section: Section, raw: bytes, line: Line, base: int, where: str, lenient: bool, start: int, after: int, colon: int
) -> bool:
    check_value(section.notes, raw, colon + 1, line.end, base, where, lenient)
    value = raw[colon + 1 : line.end]
    stripped = value.strip(b" \t")
    value_at = colon + 1 + (len(value) - len(value.lstrip(b" \t")) if stripped else len(value))
    section.fields.append((raw[start:after], stripped))
    section.places.append(
        FieldLine(
            (base + start, base + line.after),
            (base + start, base + after),
            (base + value_at, base + value_at + len(stripped)),
        )
    )
    return True


def _fold(section: Section, raw: bytes, line: Line, base: int, where: str, lenient: bool) -> None:
    """obs-fold: the line continues the value before it, with one SP between (RFC 9112 §5.2)."""
    check_value(section.notes, raw, line.start, line.end, base, where, lenient)
    if line.whole:
        line_end(raw, line, base, where, section.notes, lenient)
    what = "a folded line (obs-fold), joined to the one before it by a space"
    section.notes.append(Note(base + line.start, base + line.after, where, what, "RFC 9112 §5.2"))
    name, value = section.fields[-1]
    more = raw[line.start : line.end].strip(b" \t")
    section.fields[-1] = (name, value + b" " + more if value and more else value or more)
    before = section.places[-1]
    section.places[-1] = FieldLine((before.line[0], base + line.after), before.name, (before.value[0], base + line.end))


def _ignored(
    section: Section, raw: bytes, line: Line, base: int, where: str, at: int, what: str, source: str, lenient: bool
) -> None:
    """A line that is none: refused, or left out where that is let pass."""
    if not lenient or (at < line.end and raw[at] in (0, 13)):
        raise Fault(base + at, base + min(at + 1, line.after), where, what, source)
    section.notes.append(
        Note(base + line.start, base + line.after, where, f"{what}; the line is ignored", source, True)
    )
