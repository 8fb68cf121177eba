"""A timeline as a ladder diagram in SVG: a vertical line a host, an arrow a packet, beside them calls and states.

It draws what timeline_view.py prints. Rungs are in the order of time, one below the other, not to scale: what matters
happens within microseconds, or after a second of nothing. The times stand in the margin.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlab.experiments.wire.timeline_rows import TimelineRow
from netlab.experiments.wire.timeline_view import MOST_SHOWN, calls_joined, moments
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.svg import Figure, text

_WIDTH, _MARGIN, _TOP, _ROW = 760, 84, 74, 26
_LIFELINES = {"client": 300, "server": 540}
_STATE_CHAR, _MOST_CHARS = 7.6, 36

_STYLE = """
  .life { stroke: #aab4c0; stroke-width: 2 } .arrow { stroke: #009e73; stroke-width: 1.8; fill: none }
  .lost { stroke: #d55e00; stroke-width: 1.8; stroke-dasharray: 5 3 } .head { fill: #009e73 } .cross { fill: #d55e00 }
  .pill { fill: #6a5acd } .state { fill: #ffffff; font-size: 11px; font-weight: 600 } .said { font-style: italic }
  .over { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) { .over { stroke: #14181f } .life { stroke: #556070 } }
"""


def drawn(found: Measurement) -> Figure | None:
    """The diagram; None where the measurement has no timeline of two hosts."""
    events = rows_of(TimelineRow, found)
    if not events:
        return None
    rungs = list(moments(calls_joined(events)))
    shown = rungs[:MOST_SHOWN]
    height = _TOP + _ROW * (len(shown) + 1) + 20
    arrows, labels = [], []
    for name, x in _LIFELINES.items():
        labels.append(text(x, _TOP - 16, name, "ink", "middle"))
        arrows.append(f'<path class="life" d="M{x} {_TOP - 8}V{height - 20}"/>')
    arrivals = {id(event): number for number, (_, event, _, arriving) in enumerate(shown) if arriving}
    before = ""
    for number, (at_s, event, side, arriving) in enumerate(shown):
        y = _TOP + _ROW * number + 10
        time = f"{at_s * 1e3:,.2f} ms"
        if time != before and event.view != "course":
            labels.append(text(_MARGIN, y + 4, time, "dim small", "end"))
            before = time
        if event.view != "wire":
            labels += _beside(event, side, y)
        elif not arriving:
            rung = arrivals.get(id(event), len(shown) if event.arrived is not None else None)
            arrows += _arrow(event, side, y, None if rung is None else _TOP + _ROW * rung + 10)
            labels.append(_label(event, side, y))
    if len(rungs) > len(shown):
        labels.append(text(_WIDTH / 2, height - 4, f"… and {len(rungs) - len(shown)} more", "dim small", "middle"))
    title = text(_MARGIN, 30, "From top to bottom, as it happened", "ink title")
    return Figure("\n".join([title, *arrows, *labels]), height, _STYLE)


def _beside(event: TimelineRow, side: str, y: float) -> Iterator[str]:
    """A call on the outer side of its host's line, a state on it, the course's words between the two."""
    what, detail = printable(event.what), printable(event.detail)
    if event.view == "course":
        yield text(sum(_LIFELINES.values()) / 2, y + 4, f"“{what}”", "dim small said over", "middle")
        return
    x, outward = _LIFELINES[side], -1 if side == "client" else 1
    if event.view == "kernel":
        width = len(what) * _STATE_CHAR + 12
        yield f'<rect class="pill" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="16" rx="8"/>'
        yield text(x, y + 4, what, "state", "middle")
        return
    if what.endswith(" returns"):
        what = f"{what.partition('(')[0]}() → {detail}".rstrip(" →")
    yield text(x + outward * 10, y + 4, _cut(what), "ink small", "end" if outward < 0 else "start")


def _arrow(event: TimelineRow, side: str, y: float, end: float | None) -> Iterator[str]:
    """A packet's way across, down to the rung of its arrival; None: it was lost, and gets half the way."""
    here = _LIFELINES[side]
    there = next(x for name, x in _LIFELINES.items() if name != side)
    way = 1 if there > here else -1
    if end is None:
        middle = (here + there) / 2
        yield f'<path class="lost" d="M{here} {y:.1f}L{middle} {y + 8:.1f}"/>'
        fate = printable(event.detail or "still on the wire")
        yield text(middle + way * 8, y + 12, f"✗ {fate}", "cross small", "start" if way > 0 else "end")
        return
    yield f'<path class="arrow" d="M{here} {y:.1f}L{there} {end:.1f}"/>'
    yield f'<path class="head" d="M{there} {end:.1f}l{-way * 10} -4.5v9z"/>'


def _label(event: TimelineRow, side: str, y: float) -> str:
    way = 1 if side == "client" else -1
    what = _cut(printable(event.what))
    return text(_LIFELINES[side] + way * 12, y - 4, what, "ink small over", "start" if way > 0 else "end")


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_CHARS else words[: _MOST_CHARS - 1] + "…"
