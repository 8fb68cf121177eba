"""Three readings of the same bytes side by side, with what netlab refuses, or lets pass, in front."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.measure.quantity import Measurement
from netlab.report import grid
from netlab.report.dns_trace import rows
from netlab.report.http_get import caret, notes
from netlab.report.units import human
from netlab.report.wrap import wrapped


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The sections that take the place of facts and tables."""
    yield _what(found, width)
    for refusal in rows(found, "refusals"):
        yield caret(refusal, width)
    yield notes(rows(found, "notes"), width)
    for table in found.tables:
        if table.name == "three parsers":
            yield grid.table(table, width)


def _what(found: Measurement, width: int) -> Iterator[Text]:
    facts = {fact.name: fact.value for fact in found.facts}
    asked = next((fact for fact in found.facts if fact.name == "built-in origin"), None)
    origin = f" from the built-in origin, {asked.value}" if asked else ""
    origin += f", since {asked.note}" if asked and asked.note else ""
    yield from wrapped(f"{human(facts.get('bytes'), 'B')}{origin}", width, style="dim")
