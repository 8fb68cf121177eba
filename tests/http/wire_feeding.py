"""Ways to feed the parser, and what it said in a form that can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netlab.http.events import Data, Event, Head, Note, Refused
from netlab.http.limits import HeadLimits
from netlab.http.response import ResponseParser

Said = tuple[Any, ...]


def fed(
    pieces: Iterable[bytes],
    methods: tuple[str, ...] = ("GET",),
    *,
    ended: bool = False,
    lenient: bool = False,
    limits: HeadLimits | None = None,
    clean: bool = True,
) -> tuple[list[Event], ResponseParser]:
    """All events, and the parser after them."""
    parser = ResponseParser(limits, lenient=lenient)
    for method in methods:
        parser.expect(method)
    events: list[Event] = []
    for piece in pieces:
        events += parser.feed(piece)
    if ended:
        events += parser.feed_eof(clean=clean)
    return events, parser


def said(events: Iterable[Event]) -> list[Said]:
    """Events by their values; neighbouring Data joined, because they are cut where the input was."""
    found: list[Said] = []
    for event in events:
        if isinstance(event, Data):
            if found and found[-1][0] == "Data" and found[-1][2] == event.start:
                found[-1] = ("Data", found[-1][1], event.end, found[-1][3] + bytes(event.data))
            else:
                found.append(("Data", event.start, event.end, bytes(event.data)))
        elif isinstance(event, Head):
            line = (event.version, event.status, event.reason)
            rest = (tuple(event.fields), event.framing, event.keep_alive)
            found.append(("Head", event.start, event.end, *line, *rest))
        else:
            values = [getattr(event, name) for name in type(event).__slots__]
            found.append((type(event).__name__, *(tuple(v) if isinstance(v, list) else v for v in values)))
    return found


def bytewise(data: bytes) -> list[bytes]:
    """One byte a piece."""
    return [data[at : at + 1] for at in range(len(data))]


def body(events: Iterable[Event]) -> bytes:
    """The body's bytes."""
    return b"".join(bytes(event.data) for event in events if isinstance(event, Data))


def refusal(events: Iterable[Event]) -> Refused | None:
    """What was refused, if anything was."""
    return next((event for event in events if isinstance(event, Refused)), None)


def notes(events: Iterable[Event]) -> list[Note]:
    """What was let pass."""
    return [event for event in events if isinstance(event, Note)]
