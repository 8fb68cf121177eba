"""A packet's way over many links in SVG: a vertical line for each host, an arrow for each packet on each stretch.

Time runs down, packet by packet; the distance between two rows is no time (a stretch may take a thousand times as long
as another). Drawn from the tables "steps", "ways" and "stretches". Two hosts and their states are in
wire/ladder_view.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from netlab.experiments.journey.journey_rows import JourneyStepRow, PathRow, StretchRow
from netlab.experiments.journey.journey_view import stretches_of
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.svg import WIDTH, Figure, text

_LEFT, _COLUMN, _WORDS_AT = 44, 68, 424
_TOP, _ROW, _STEP = 84, 30, 40
_SLOPE = 5  # pixels that a stretch goes down: what comes later is lower
_MOST = 60  # packets
_MOST_LETTERS = 47
_ORDER = ("dns", "client", "switch", "gateway", "router", "shop")
_COLOURS = {"ARP": "#cc79a7", "DNS": "#e69f00", "UDP": "#e69f00", "HTTP": "#009e73", "ICMP": "#d55e00"}
_OTHERS, _LOST = "#0072b2", "#d55e00"
_STYLE = """
  .heading { font-weight: 600 } .arrow { stroke-width: 1.8; fill: none } .tiny { font-size: 10px }
"""


def drawn(found: Measurement) -> Figure | None:
    """The whole picture; None where the measurement is of no journey."""
    ways, stretches = rows_of(PathRow, found), stretches_of(found)
    if not ways or not stretches:
        return None
    shown = ways[:_MOST]
    parts: list[str] = []
    y = _TOP
    for step in rows_of(JourneyStepRow, found):
        own = [way for way in shown if way.step == step.step]
        if own:
            y += _STEP
            parts.append(f'<path class="grid" d="M20 {y - 24}H{WIDTH - 20}"/>')
            parts.append(text(_WORDS_AT - 14, y - 6, f"{step.step}", "ink heading", "end"))
            parts.append(text(_WORDS_AT, y - 6, step.title, "ink heading"))
        for way in own:
            parts += _packet(way, stretches.get(way.packet, []), y)
            y += _ROW
    if len(ways) > len(shown):
        y += _ROW
        parts.append(text(_WORDS_AT, y - 8, f"… and {len(ways) - len(shown)} packets more", "dim small"))
    lines = [part for name in _ORDER for part in _host(name, y + 8)]
    title = text(20, 30, "Each packet, on each stretch of its way", "ink title")
    return Figure("\n".join([title, *lines, *parts]), y + 20, _STYLE)


def _x(name: str) -> float:
    return _LEFT + _COLUMN * _ORDER.index(name)


def _host(name: str, bottom: float) -> Iterator[str]:
    yield f'<path class="line" d="M{_x(name)} {_TOP - 12}V{bottom:.0f}"/>'
    yield text(_x(name), _TOP - 22, name, "ink heading", "middle")


def _packet(way: PathRow, stretches: Sequence[StretchRow], y: float) -> Iterator[str]:
    """Its arrows, one a stretch, and at the right what it says."""
    colour = _COLOURS.get(way.protocol, _OTHERS)
    reached = {stretches[0].sender: y} if stretches else {}
    with_ttl = bool(way.in_full) and len({each.ttl for each in stretches}) > 1
    for each in stretches:
        start = reached.get(each.sender, y)
        yield from _arrow(each, start, colour, with_ttl)
        reached[each.receiver] = start + _SLOPE
    said = printable(f"{way.protocol} {way.says}")
    said = said if len(said) <= _MOST_LETTERS else said[: _MOST_LETTERS - 1] + "…"
    yield text(_WORDS_AT - 14, y + 12, str(way.packet), "dim small", "end")
    yield text(_WORDS_AT, y + 12, said, "ink small")


def _arrow(row: StretchRow, y: float, colour: str, with_ttl: bool) -> Iterator[str]:
    """From the sender's line to the receiver's; half of it, and a cross, where the wire lost it."""
    start, end = _x(row.sender), _x(row.receiver)
    way = 1 if end > start else -1
    ttl = "" if row.ttl is None else f"TTL {row.ttl}"
    tip = f"{row.link}: {row.source_mac} → {row.destination_mac}" + (f", {ttl}" if ttl else "")
    if row.arrived is None:
        middle, low = (start + end) / 2, y + _SLOPE / 2
        yield _line(_LOST, f"M{start} {y:.1f}L{middle:.1f} {low:.1f}", tip)
        yield f'<path class="arrow" stroke="{_LOST}" d="M{middle - 4:.1f} {low - 4:.1f}l8 8m0 -8l-8 8"/>'
        return
    low = y + _SLOPE
    yield _line(colour, f"M{start} {y:.1f}L{end - 2 * way} {low:.1f}", tip)
    yield f'<path fill="{colour}" d="M{end - way} {low:.1f}l{-8 * way} -4.5l{way} 8.5z"/>'
    if with_ttl and ttl:
        yield text((start + end) / 2, y - 1, ttl, "dim tiny", "middle")


def _line(colour: str, path: str, tip: str) -> str:
    return f'<path class="arrow" stroke="{colour}" d="{path}"><title>{escape(tip)}</title></path>'
