"""What happened on two hosts and between them, from top to bottom: system calls, kernel states, segments, the course.

The client is on the left, the server on the right; an arrow is where a segment leaves and where it arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from netlab.experiments.wire.timeline_rows import TimelineRow
from netlab.report import facts, grid
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.svg import Figure
from netlab.report.wrap import wrapped

MOST_SHOWN = 120
_STYLES = {"system call": "", "kernel": "bold magenta", "wire": "green", "course": "italic yellow"}


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The timeline, then facts and tables of results."""
    if found.shows("timeline", default=True):
        yield _timeline(rows_of(TimelineRow, found), width)
    yield facts.lines(found.facts, width)
    for table in found.tables:
        if table.shown:
            yield grid.table(table, width)


def _timeline(events: list[TimelineRow], width: int) -> Iterator[Text]:
    if not events:
        return
    lane = (width - 10) // 2
    head = Text(f"{'ms':>8}  ", style="dim")
    head.append(f"{'client':<{lane}}", "bold").append("server", "bold")
    yield head
    shown = list(moments(calls_joined(events)))
    before = ""
    for (at_s, _), group in groupby(shown[:MOST_SHOWN], key=lambda item: (item[0], item[1].view == "course")):
        for _, event, side, arriving in ((*item,) for item in group):
            time = f"{at_s * 1e3:8.2f}"
            yield from _line(time if time != before else " " * 8, event, side, arriving, lane, width)
            before = time
    if len(shown) > MOST_SHOWN:
        yield Text(f"          … and {len(shown) - MOST_SHOWN} more (--json has them)", style="dim")


def calls_joined(events: list[TimelineRow]) -> list[TimelineRow]:
    """The events without the return of a call that returned nothing, and before anything else happened."""
    kept: list[TimelineRow] = []
    for event in events:
        last = kept[-1] if kept else None
        if last and event.what == f"{last.what} returns" and event.host == last.host and not event.detail:
            continue
        kept.append(event)
    return kept


def moments(events: list[TimelineRow]) -> Iterator[tuple[float, TimelineRow, str, bool]]:
    """Each event with its time and side; a segment that arrived once more, at the other side, in the order of time."""
    found = []
    for number, event in enumerate(events):
        found.append((event.time, number, event, event.host, False))
        if event.view == "wire" and event.arrived is not None:
            other = "server" if event.host == "client" else "client"
            found.append((event.arrived, number, event, other, True))
    for at_s, _, event, side, arriving in sorted(found, key=lambda item: (item[0], item[1])):
        yield at_s, event, side, arriving


def _line(time: str, event: TimelineRow, side: str, arriving: bool, lane: int, width: int) -> Iterator[Text]:
    view = event.view
    what, detail = printable(event.what), printable(event.detail)
    if view == "course":
        yield from wrapped(f"“{what}”", width, first=" " * 10, style=_STYLES[view])
        return
    words = _words(view, what, detail, event, side, arriving, lane)
    line = Text(f"{time}  ", style="dim")
    line.append(" " * lane if side == "server" else "")
    for number, part in enumerate(wrapped(words, lane - 1, style=_STYLES[view])):
        if number:
            line = Text(" " * 10 + (" " * lane if side == "server" else ""))
        yield line + part


def _words(view: str, what: str, detail: str, event: TimelineRow, side: str, arriving: bool, lane: int) -> str:
    if view == "kernel":
        return f"▪ {what}"
    if view == "system call":
        if what.endswith(" returns"):
            name = what.partition("(")[0]
            return f"{name}() returns {detail}".rstrip()
        return what
    lost = event.arrived is None
    right = (side == "client") != arriving
    if arriving:
        return f"──▶ {what}" if right else f"{what} ◀──"
    if lost:
        return f"{what} ──✗ {detail or 'still on the wire'}" if right else f"✗── {what} {detail or 'still on the wire'}"
    dashes = "─" * max(2, lane - len(what) - 5)
    note = f" ({detail})" if detail else ""
    return f"{what}{note} {dashes if not note else '──'}▶" if right else f"◀── {what}{note}"


def drawn(found: Measurement) -> Figure | None:
    """The same as a ladder diagram."""
    from netlab.experiments.wire import ladder_view

    return ladder_view.drawn(found)
