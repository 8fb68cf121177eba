"""What a section found, as aligned text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

TEXT_COLUMNS = 2  # target and verdict: the last two, left-aligned, and of several lines where there are several


@dataclass
class Result:
    """A section's outcome: a table of words for people, and `raw`, every slice, for the JSON file."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


def number(value: float | None) -> str:
    """Three digits that count; a dash for what is not known."""
    if value is None:
        return "–"
    value = round(value, 2) + 0.0  # a rounded -0.001 is 0.00, not -0.00
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def render(result: Result) -> str:
    """Title, notes and the table. A row of only two cells is a name and a sentence ("failed: why")."""
    lines = [line for row in [result.headings, *result.rows] for line in _lines(row)]
    full = [line for line in lines if len(line) == len(result.headings)]
    widths = [max(len(line[column]) for line in full) for column in range(len(result.headings))]
    widths[0] = max(len(line[0]) for line in lines)
    table = [_align(line, widths) for line in lines]
    table.insert(1, "  " + "-" * (sum(widths) + 2 * len(widths) - 2))
    return "\n".join([f"\n{result.title}", *(f"  {note}" for note in result.notes), *table])


def _lines(row: Sequence[str]) -> list[tuple[str, ...]]:
    """One table line, and more where a cell has several."""
    cells = [cell.split("\n") for cell in row]
    return list(zip_longest(*cells, fillvalue=""))


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    if len(cells) < len(widths):
        return f"  {cells[0]:<{widths[0]}}  {cells[1]}"
    numbers, texts = slice(1, -TEXT_COLUMNS), slice(-TEXT_COLUMNS, None)
    aligned = [cells[0].ljust(widths[0])]
    aligned += [cell.rjust(width) for cell, width in zip(cells[numbers], widths[numbers], strict=True)]
    aligned += [cell.ljust(width) for cell, width in zip(cells[texts], widths[texts], strict=True)]
    return ("  " + "  ".join(aligned)).rstrip()
