"""Something with a length, an entity tag and perhaps a date: all of it, a part, or word that it has not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate

from netlab.http_origin.message import Field, OriginAnswer, Piece, ReceivedRequest, text
from netlab.http_origin.selection import Unsatisfiable, not_modified, selected

PATTERN = bytes(range(33, 127)) * 697  # printable, and 65,518 long: no power of two, so that a shift would show


def representation(
    request: ReceivedRequest,
    length: int,
    tag: str,
    modified_s: int | None,
    kind: Field,
    body: Callable[[int, int], Iterator[Piece]],
    finished: Callable[[], None] | None = None,
) -> OriginAnswer:
    """A representation of `length` bytes, or the part of it that was asked for: 200, 206, 304 or 416."""
    common: list[Field] = [("ETag", tag), ("Accept-Ranges", "bytes")]
    if modified_s is not None:
        common.append(("Last-Modified", formatdate(modified_s, usegmt=True)))
    if not_modified(tag, modified_s, request.field("If-None-Match"), request.field("If-Modified-Since")):
        return OriginAnswer(304, common, finished=finished)
    wanted = request.field("Range") if request.method == "GET" else None  # RFC 9110 §14.2: for GET only
    if request.field("If-Range") not in (None, tag):
        wanted = None  # it has changed: the whole (RFC 9110 §13.1.5)
    try:
        span = selected(length, wanted)
    except Unsatisfiable:
        answer = text("there is nothing in that range\n", 416, *common, ("Content-Range", f"bytes */{length}"))
        answer.finished = finished
        return answer
    if span is None:
        return OriginAnswer(200, [kind, *common], body(0, length), length, finished=finished)
    start, end = span
    common.append(("Content-Range", f"bytes {start}-{end - 1}/{length}"))
    return OriginAnswer(206, [kind, *common], body(start, end), end - start, finished=finished)


def pattern(start: int, end: int) -> Iterator[Piece]:
    """Bytes `start` to `end` of the endless pattern, in pieces of at most 64 KiB."""
    while start < end:
        offset = start % len(PATTERN)
        piece = PATTERN[offset : offset + end - start]
        yield piece
        start += len(piece)
