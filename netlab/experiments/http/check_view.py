"""Three readings of the same bytes side by side, with what netlab refuses, or lets pass, in front."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.http.get_rows import NoteRow, RefusalRow
from netlab.experiments.http.get_view import caret, notes
from netlab.report import grid
from netlab.report.glyphs import printable
from netlab.report.quantity import Column, Measurement, Table
from netlab.report.rows import rows_of
from netlab.report.units import human
from netlab.report.wrap import wrapped


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    yield _what(found, width)
    for refusal in rows_of(RefusalRow, found):
        yield caret(refusal, width)
    yield notes(rows_of(NoteRow, found), width)
    for table in found.tables:
        if table.name == "three parsers":
            yield grid.table(table, width) if _fits(table, width) else _stacked(table, width)


def _fits(table: Table, width: int) -> bool:
    """Whether the parsers have room beside each other, wrapped if need be."""
    widths = [max(map(cell_len, (column.name, *texts))) for column, texts in _columns(table)]
    return sum(min(each, grid.TEXT_AT_LEAST) + 2 for each in widths) <= width


def _stacked(table: Table, width: int) -> Iterator[Text]:
    """A narrow terminal: the parsers one below the other."""
    (_, aspects), *parsers = _columns(table)
    indent = max(map(cell_len, aspects)) + 2
    for parser, texts in parsers:
        yield Text(printable(parser.name), style="bold")
        for aspect, text in zip(aspects, texts, strict=True):
            what = f"  {printable(aspect):<{indent}}"
            yield from wrapped(printable(text) or "(empty)", width, first=what, mark_style="cyan")


def _columns(table: Table) -> list[tuple[Column, list[str]]]:
    return [(column, [str(row[at]) for row in table.rows]) for at, column in enumerate(table.columns)]


def _what(found: Measurement, width: int) -> Iterator[Text]:
    facts = {fact.name: fact.value for fact in found.facts}
    asked = next((fact for fact in found.facts if fact.name == "built-in origin"), None)
    origin = f" from the built-in origin, {asked.value}" if asked else ""
    origin += f", since {asked.note}" if asked and asked.note else ""
    yield from wrapped(f"{human(facts.get('bytes'), 'B')}{origin}", width, style="dim")
