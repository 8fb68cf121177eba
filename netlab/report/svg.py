"""The same charts as one self-contained SVG file: no script, no font to load, dark where the reader's page is dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from netlab.report.plot import Plot, Series
from netlab.report.units import significant

WIDTH, HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 28, 62, 58
_ROW = 20  # of the legend
_CHAR = 7.2  # about the width of a character of the labels

# Okabe and Ito's palette, which is told apart without red-green vision too; the last four are mixtures of it.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b2a100", "#7b6fd0")
_DASHES = ("", "7 4", "2 4")  # more series than colours

_STYLE = """
  .page { fill: #ffffff } .ink { fill: #1f2933 } .dim { fill: #5f6b7a }
  .line { stroke: #aab4c0 } .grid { stroke: #e4e8ed }
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif }
  .title { font-size: 17px; font-weight: 600 } .small { font-size: 11.5px }
  .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round } .grid, .line { stroke-width: 1; fill: none }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14181f } .ink { fill: #e6eaf0 } .dim { fill: #9aa5b4 }
    .line { stroke: #556070 } .grid { stroke: #2a313b }
  }
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something else than a chart: its elements, how high it is, and the rules of style that it needs."""

    elements: str
    height: int
    style: str


def document(plots: Sequence[Plot], footer: str, figure: Figure | None = None) -> str:
    """The figure if there is one, all plots under each other, and a line that says where the numbers come from."""
    parts, y = [], 0
    if figure:
        parts, y = [f"<g>\n{figure.elements}\n</g>"], figure.height
    for plot in plots:
        height = HEIGHT + _legend_rows(plot) * _ROW
        parts.append(f'<g transform="translate(0 {y})">\n' + "\n".join(_chart(plot, height)) + "\n</g>")
        y += height
    y += 26
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" role="img">\n'
        f"<title>{escape(', '.join(plot.title for plot in plots))}</title>\n"
        f"<style>{_STYLE}{figure.style if figure else ''}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{y}" rx="6"/>\n'
        + "\n".join(parts)
        + f"\n{text(WIDTH - _RIGHT, y - 12, footer, 'dim small', 'end')}\n</svg>\n"
    )


def _chart(plot: Plot, height: int) -> Iterator[str]:
    frame = _Frame(plot, height)
    yield text(_LEFT, 30, plot.title, "ink title")
    yield from _legend(plot)
    for value, label in plot.y.ticks:
        y = frame.y(value)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
        yield text(_LEFT - 8, y + 4.5, label, "dim", "end")
    yield f'<path class="line" d="M{_LEFT} {frame.top}V{frame.bottom}H{WIDTH - _RIGHT}"/>'
    scale = ", log scale" if plot.y.log else ""
    middle = (frame.top + frame.bottom) / 2
    yield (
        f'<text class="dim" text-anchor="middle" transform="translate(20 {middle:.1f}) rotate(-90)">'
        f"{escape(plot.y.label + scale)}</text>"
    )
    yield text((_LEFT + WIDTH - _RIGHT) / 2, height - 12, plot.x.label, "dim", "middle")
    yield from _bars(plot, frame) if plot.categories else _curves(plot, frame)


class _Frame:
    """Where values lie on the page."""

    def __init__(self, plot: Plot, height: int) -> None:
        self.plot = plot
        self.slot = (WIDTH - _RIGHT - _LEFT) / max(len(plot.categories), 1)
        self.slanted = any(len(label) * _CHAR > self.slot for label in plot.categories)
        self.top, self.bottom = _TOP + _legend_rows(plot) * _ROW, height - _BOTTOM - (26 if self.slanted else 0)

    def x(self, value: float) -> float:
        return _LEFT + self.plot.x.at(value) * (WIDTH - _RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return self.bottom - self.plot.y.at(value) * (self.bottom - self.top)


def _curves(plot: Plot, frame: _Frame) -> Iterator[str]:
    end = 0.0
    for value, label in plot.x.ticks:
        x = frame.x(value)
        yield f'<path class="line" d="M{x:.1f} {frame.bottom}v5"/>'
        half = len(label) * _CHAR / 2
        if x - half > end:  # a label that would touch the one before is left out
            yield text(x, frame.bottom + 20, label, "dim", "middle")
            end = x + half + 4
    for index, series in enumerate(plot.series):
        colour = _colour(index)
        path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in series.points)
        yield f'<polyline class="curve" stroke="{colour}"{_dash(index)} points="{path}"/>'
        for x, y in series.points if plot.marked else ():
            tip = f"{series.name} {plot.x.label} {significant(x)}: {significant(y)}".strip()
            yield (
                f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="3.6" fill="{colour}">'
                f"<title>{escape(tip)}</title></circle>"
            )


def _bars(plot: Plot, frame: _Frame) -> Iterator[str]:
    width = min(frame.slot * 0.76 / len(plot.series), 56)
    widest = max(len(significant(y)) for series in plot.series for _, y in series.points)
    labelled = widest * _CHAR * 0.9 <= frame.slot / len(plot.series)
    for number, category in enumerate(plot.categories):
        centre = frame.x(number)
        yield _category(centre, frame.bottom, category, frame.slanted)
        for index, series in enumerate(plot.series):
            left = centre + (index - len(plot.series) / 2) * width
            for value in (y for x, y in series.points if x == number):
                top, base = sorted((frame.y(value), frame.y(0) if not plot.y.log else frame.bottom))
                yield (
                    f'<rect x="{left + 1:.1f}" y="{top:.1f}" width="{max(width - 2, 1):.1f}" '
                    f'height="{max(base - top, 0.5):.1f}" rx="2" fill="{_colour(index)}">'
                    f"<title>{escape(f'{category} {series.name}: {significant(value)}')}</title></rect>"
                )
                if labelled:
                    yield text(left + width / 2, top - 5, significant(value), "dim small", "middle")


def _category(x: float, bottom: float, label: str, slanted: bool) -> str:
    """The label under a bar; all are slanted if one is wider than its slot."""
    if not slanted:
        return text(x, bottom + 19, label, "dim", "middle")
    short = label if len(label) <= 12 else label[:11] + "…"
    return (
        f'<text class="dim small" text-anchor="end" transform="translate({x + 4:.1f} {bottom + 14}) rotate(-30)">'
        f"{escape(short)}</text>"
    )


def _legend(plot: Plot) -> Iterator[str]:
    for index, (series, (x, row)) in enumerate(zip(plot.series, _legend_places(plot.series), strict=True)):
        if len(plot.series) == 1 and not series.name:
            return
        y = 52 + row * _ROW
        yield f'<path class="curve" stroke="{_colour(index)}"{_dash(index)} d="M{x:.1f} {y - 4}h18"/>'
        yield f'<circle cx="{x + 9:.1f}" cy="{y - 4}" r="3.6" fill="{_colour(index)}"/>'
        yield text(x + 24, y, series.name, "ink")


def _legend_places(series: Sequence[Series]) -> list[tuple[float, int]]:
    """(x, row) of every entry: left to right, then the next row."""
    places: list[tuple[float, int]] = []
    x, row = float(_LEFT), 0
    for each in series:
        width = 24 + len(each.name) * _CHAR + 20
        if x + width > WIDTH - _RIGHT and x > _LEFT:
            x, row = float(_LEFT), row + 1
        places.append((x, row))
        x += width
    return places


def _legend_rows(plot: Plot) -> int:
    if len(plot.series) == 1 and not plot.series[0].name:
        return 0
    return _legend_places(plot.series)[-1][1] + 1


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _dash(index: int) -> str:
    dash = _DASHES[index // len(_COLOURS) % len(_DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""


def text(x: float, y: float, words: str, classes: str, anchor: str = "start") -> str:
    """Words at a place, `anchor`ed at their start, middle or end."""
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
