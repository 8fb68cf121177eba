"""The course's boxes (lecture 14): method, sp, URL, sp, version, cr lf; for each field name, colon, sp, value, cr lf.

A box is a part of a head with its byte range. Together the boxes of a head cover each of its bytes exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netlab.http.events import FieldLine


class ByteRange(NamedTuple):
    """Bytes [start, end) of the stream. `line` counts from 0, the first line of the head."""

    line: int
    part: str
    start: int
    end: int


REQUEST_LINE = ("method", "target", "version")
STATUS_LINE = ("version", "status", "reason")


def of_head(raw: bytes, base: int, parts: Sequence[str], places: Sequence[FieldLine]) -> list[ByteRange]:
    """The boxes of a head that begins at byte `base`; `places` is where its fields are. A trailer section has no first
    line, and so no `parts` of it."""
    boxes = list(_first_line(raw, base, parts)) if parts else []
    at = boxes[-1].end if boxes else base
    number = 0
    for number, place in enumerate(places, 1):
        if at < place.line[0]:
            boxes.append(ByteRange(number, "ignored", at, place.line[0]))
        boxes.extend(_field(raw, base, number, place))
        at = place.line[1]
    end = base + len(raw)
    if at < end:
        last = _line_end(raw, at - base, len(raw)) + base
        if at < last:
            boxes.append(ByteRange(number + 1, "ignored", at, last))
        boxes.append(ByteRange(number + 1, "line end", last, end))
    return boxes


def _first_line(raw: bytes, base: int, parts: Sequence[str]) -> Iterator[ByteRange]:
    """Three words with a SP between them; the last has everything up to the line end."""
    end = raw.find(b"\n") + 1
    text_end = _line_end(raw, 0, end)
    at = 0
    for number, part in enumerate(parts):
        stop = text_end
        if number < len(parts) - 1:
            space = raw.find(b" ", at, text_end)
            stop = text_end if space < 0 else space
        if stop > at:
            yield ByteRange(0, part, base + at, base + stop)
        if stop < text_end:
            yield ByteRange(0, "space", base + stop, base + stop + 1)
        at = min(stop + 1, text_end)
    yield ByteRange(0, "line end", base + text_end, base + end)


def _field(raw: bytes, base: int, number: int, place: FieldLine) -> Iterator[ByteRange]:
    (start, end), (name, name_end), (value, value_end) = place
    yield ByteRange(number, "name", name, name_end)
    colon = raw.find(b":", name_end - base) + base
    if colon > name_end:
        yield ByteRange(number, "space", name_end, colon)
    yield ByteRange(number, "colon", colon, colon + 1)
    text_end = base + _line_end(raw, value_end - base, end - base)
    if value == value_end:  # an empty value: all white space is before it
        value = value_end = text_end
    if value > colon + 1:
        yield ByteRange(number, "space", colon + 1, value)
    if value_end > value:
        yield ByteRange(number, "value", value, value_end)
    if text_end > value_end:
        yield ByteRange(number, "space", value_end, text_end)
    yield ByteRange(number, "line end", text_end, end)
    assert start == name


def _line_end(raw: bytes, low: int, end: int) -> int:
    """Where the line end before `end` begins."""
    if end > low and raw[end - 1 : end] == b"\n":
        return end - 2 if end - 2 >= low and raw[end - 2 : end - 1] == b"\r" else end - 1
    return end
