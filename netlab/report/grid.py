"""Rows and columns of a report: samples with their distribution, and tables that fit their terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from netlab.report.glyphs import LEVELS, printable, sentence
from netlab.report.quantity import Table
from netlab.report.summary import SampleSummary, bucket_at
from netlab.report.units import column_texts, scale_of, unit_after
from netlab.report.wrap import wrapped

_GAP = 2  # between columns
TEXT_AT_LEAST = 18  # a column of words is wrapped down to this width before a column is left out
_SPARK_WIDTH = 20
_STATES = {"ok": "green", "limited": "yellow", "missing": "red"}  # the words of a column called "state"


def samples(summaries: Sequence[SampleSummary], width: int) -> Iterator[Text]:
    """A row for each: how many, mean, percentiles, and the shape of the distribution."""
    if not summaries:
        return
    columns = [
        _Column(heading, "", [], words=heading in ("", "distribution"))
        for heading in ("", "samples", "mean", "p50", "p90", "p99", "p99.9", "max", "distribution")
    ]
    for one in summaries:
        values = (one.mean, one.p50, one.p90, one.p99, one.p999, one.max)
        scale = scale_of([one.min, *values], one.unit)
        name = f"{printable(one.name)} {scale.label}".rstrip()
        cells = (name, f"{one.count:,}", *map(scale.text, values), sparkline(one, _SPARK_WIDTH))
        for column, cell in zip(columns, cells, strict=True):
            column.cells.append(cell)
    columns[-1].least = columns[-1].natural()  # bars are not words
    yield from _laid_out(columns, width)


def sparkline(summary: SampleSummary, width: int) -> str:
    """The histogram as a row of bars, low values on the left; buckets are merged until `width` is enough."""
    slots = {bucket_at(bound): count for bound, count in summary.histogram if bound > 0}
    if not slots:
        return ""
    first, last = min(slots), max(slots)
    merge = math.ceil((last - first + 1) / width)
    bars = [0] * ((last - first) // merge + 1)
    for number, count in slots.items():
        bars[(number - first) // merge] += count
    top = max(bars)
    # A square root: a tail of one in a thousand is why one looks at all, and would be nothing on a linear scale.
    return "".join(" " if not n else LEVELS[round(math.sqrt(n / top) * (len(LEVELS) - 1))] for n in bars)


def table(shown: Table, width: int) -> Iterator[Text]:
    """The table, numbers to the right with one unit a column. What does not fit is left out, and said so."""
    yield Text(sentence(shown.heading), style="bold")
    if not shown.rows:
        yield Text("  nothing", style="dim")
        return
    columns = []
    for index, column in enumerate(shown.columns):
        values = [row[index] for row in shown.rows]
        label, cells = column_texts(values, column.unit)
        words = not any(isinstance(value, (int, float)) for value in values)
        columns.append(
            _Column(printable(column.name), unit_after(column.name, label), [printable(cell) for cell in cells], words)
        )
    yield from _laid_out(columns, width)


@dataclass(slots=True)
class _Column:
    """A column as it is printed. One of `words` is wrapped if need be, down to `least` columns of the terminal."""

    heading: str
    unit: str
    cells: list[str]
    words: bool
    least: int = TEXT_AT_LEAST
    width: int = 0

    def natural(self) -> int:
        """Wide enough for every cell and every word of the heading, which may take more than one line."""
        return max(cell_len(text) for text in (*self.heading.split(" "), self.unit, *self.cells))


def _laid_out(columns: list[_Column], width: int) -> Iterator[Text]:
    """Headings, units, rows. On a narrow terminal the columns at the right give way: words go under their row,
    numbers are left out, and it is said which."""
    kept = list(columns)
    while not _fit(kept, width - 2) and len(kept) > 1:
        kept.pop()
    under = [column for column in columns[len(kept) :] if column.words]
    headings = [_cell_lines(column.heading, column) for column in kept]
    tallest = max(len(lines) for lines in headings)
    for number in range(-tallest, 0):
        # Bottom-aligned: every heading ends just above its unit.
        yield _row([lines[number] if number >= -len(lines) else "" for lines in headings], kept, "dim")
    if any(column.unit for column in kept):
        yield _row([column.unit for column in kept], kept, "dim")
    for index in range(len(kept[0].cells)):
        cells = [_cell_lines(column.cells[index], column) for column in kept]
        for number in range(max(len(lines) for lines in cells)):
            yield _row([lines[number] if number < len(lines) else "" for lines in cells], kept)
        for column in under:
            yield from wrapped(column.cells[index], width, first="    ", style="dim")
    left_out = [column.heading for column in columns[len(kept) :] if not column.words]
    if left_out:
        yield from wrapped(f"(no room here for: {', '.join(left_out)})", width, first="  ", style="dim")


def _fit(columns: list[_Column], width: int) -> bool:
    """Give every column its width; words are wrapped, the widest column first, until all fit. False if they cannot."""
    for column in columns:
        column.width = column.natural()
    excess = sum(column.width for column in columns) + _GAP * (len(columns) - 1) - width
    while excess > 0:
        yielding = [column for column in columns if column.words and column.width > column.least]
        if not yielding:
            return False
        max(yielding, key=lambda column: column.width).width -= 1
        excess -= 1
    return True


def _cell_lines(text: str, column: _Column) -> list[str]:
    if cell_len(text) <= column.width:
        return [text]
    return [line.plain for line in wrapped(text, column.width)] or [""]


def _row(parts: list[str], columns: list[_Column], style: str | None = None) -> Text:
    line = Text("  ")
    for number, (part, column) in enumerate(zip(parts, columns, strict=True)):
        padding = " " * (column.width - cell_len(part))
        line.append(" " * _GAP * (number > 0))
        ink = style or ("cyan" if number == 0 else _STATES.get(part, "") if column.heading == "state" else "")
        line.append(part + padding if column.words else padding + part, ink)
    return line
