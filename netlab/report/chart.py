"""A chart in a terminal: bars of eighth blocks, lines of braille dots with a mark of its own for every series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from netlab.report.plot import Axis, Plot, Series, plot_of
from netlab.report.quantity import Chart, Table
from netlab.report.units import significant
from netlab.report.wrap import wrapped

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MARKS = "●▲■◆○△□◇"
_COLOURS = ("cyan", "yellow", "magenta", "green", "red", "blue", "bright_cyan", "bright_yellow")
_ROWS = 11
_APART = 12  # columns between two marks of a curve
# The bits of the dots of a braille character (Unicode 16, block 2800), by column and row from the top.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def lines(chart: Chart, tables: Sequence[Table], width: int) -> Iterator[Text]:
    """The chart in at most `width` columns; nothing if its table has no numbers."""
    plot = plot_of(chart, tables)
    if plot is None:
        return
    scale = ", log scale" if plot.y.log else ""
    yield from wrapped(plot.title, width, style="bold")
    yield from wrapped(plot.y.label + scale, width, first="  ", style="dim")
    yield from _bars(plot, width) if plot.categories else _curves(plot, width)


def _bars(plot: Plot, width: int) -> Iterator[Text]:
    """One bar a line, category by category; with several series, their names stand beside the bars."""
    name_width = max(cell_len(each.name) for each in plot.series)
    value_width = max(len(significant(y)) for each in plot.series for _, y in each.points)
    room = width - 2 - value_width - 1 - (name_width + 1 if name_width else 0) - 1
    label_width = min(max(map(cell_len, plot.categories)), max(room - 10, 6))
    bar_width = max(min(room - label_width, 60), 4)
    for number, category in enumerate(plot.categories):
        label = category
        for index, series in enumerate(plot.series):
            for value in (y for x, y in series.points if x == number):
                line = Text.assemble("  ", (set_cell_size(label, label_width), "cyan"), " ")
                if name_width:
                    line.append(set_cell_size(series.name, name_width) + " ", "dim")
                bar = _bar(plot.y.at(value), bar_width)
                line.append(f"{bar} ", _COLOURS[index % len(_COLOURS)]).append(significant(value), "bold")
                yield line
                label = ""


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _curves(plot: Plot, width: int) -> Iterator[Text]:
    labels = {_row_of(plot.y, value): text for value, text in plot.y.ticks}
    margin = max(cell_len(text) for text in labels.values())
    canvas = _Canvas(min(width, 100) - margin - 4, _ROWS)
    for index, series in enumerate(plot.series):
        canvas.draw(plot, series, index)
    for index, series in enumerate(plot.series):
        canvas.mark(plot, series, index)  # after all of the lines, so that none hides a point
    for row in range(_ROWS):
        label = labels.get(row, "")
        yield Text.assemble((f"  {label:>{margin}}", "dim"), ("┤" if label else "│", "dim"), canvas.row(row))
    yield Text(f"  {'':{margin}}└{'─' * canvas.columns}", style="dim")
    yield _under(plot.x, canvas.columns, margin + 3)
    yield Text(f"{plot.x.label:>{margin + 3 + canvas.columns}}", style="dim")
    if len(plot.series) > 1:
        yield from _legend(plot.series, width)


def _row_of(axis: Axis, value: float) -> int:
    return round((1 - axis.at(value)) * (_ROWS - 1))


def _under(axis: Axis, columns: int, margin: int) -> Text:
    """The labels of the x axis, each centred under its place; one that would touch the one before is left out."""
    line = " " * margin
    for value, label in axis.ticks:
        centre = margin + round(axis.at(value) * (columns - 1))
        start = min(max(centre - len(label) // 2, margin), margin + columns - len(label))
        if start > len(line) or len(line) == margin:
            line += " " * (start - len(line)) + label
    return Text(line, style="dim")


def _legend(series: Sequence[Series], width: int) -> Iterator[Text]:
    line = Text(" ")
    for index, each in enumerate(series):
        entry = Text.assemble(" ", (_mark(index), _COLOURS[index % len(_COLOURS)]), f" {each.name} ")
        if line.cell_len > 1 and line.cell_len + entry.cell_len > width:
            yield line
            line = Text(" ")
        line += entry
    yield line


def _mark(index: int) -> str:
    """A sign for the series; letters when there are more series than signs."""
    return _MARKS[index] if index < len(_MARKS) else chr(ord("a") + (index - len(_MARKS)) % 26)


class _Canvas:
    """Characters of two by four dots."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = max(columns, 10), rows
        self._bits = [[0] * self.columns for _ in range(rows)]
        self._owner = [[0] * self.columns for _ in range(rows)]
        self._marks: dict[tuple[int, int], int] = {}

    def draw(self, plot: Plot, series: Series, index: int) -> None:
        """The line through the points of `series`."""
        places = [self._place(plot, point) for point in series.points]
        for (x0, y0), (x1, y1) in pairwise(places):
            steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            for step in range(steps + 1):
                self._dot(round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps), index)

    def mark(self, plot: Plot, series: Series, index: int) -> None:
        """The points of `series` themselves; of a curve only some, by which it is told from others without colour."""
        column = -_APART if plot.marked else index * 3 - _APART
        for point in series.points:
            at = round(plot.x.at(point[0]) * (self.columns - 1))
            if plot.marked or (len(plot.series) > 1 and at >= column + _APART):
                column = at
                self._marks[_row_of(plot.y, point[1]), at] = index

    def row(self, number: int) -> Text:
        """One line of the picture."""
        line = Text()
        for column in range(self.columns):
            index = self._marks.get((number, column))
            bits = self._bits[number][column]
            if index is not None:
                line.append(_mark(index), _COLOURS[index % len(_COLOURS)])
            elif bits:
                line.append(chr(0x2800 + bits), _COLOURS[self._owner[number][column] % len(_COLOURS)])
            else:
                line.append(" ")
        return line

    def _place(self, plot: Plot, point: tuple[float, float]) -> tuple[int, int]:
        """Dots from the left and from the top; the middle of a character is where its mark is."""
        column, row = plot.x.at(point[0]) * (self.columns - 1), (1 - plot.y.at(point[1])) * (self.rows - 1)
        return round(column * 2 + 0.5), round(row * 4 + 1.5)

    def _dot(self, x: int, y: int, index: int) -> None:
        row, column = min(y // 4, self.rows - 1), min(x // 2, self.columns - 1)
        self._bits[row][column] |= _DOTS[x % 2][y % 4]
        self._owner[row][column] = index


def bar(begin: float, took: float, room: int) -> str:
    """A bar from `begin` that is `took` long, both as shares of `room` characters; never invisible."""
    start = min(int(begin * room), room - 1)
    eighths = max(round(took * room * 8), 1)
    drawn = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return f"{' ' * start}{drawn[: room - start]}".ljust(room)
