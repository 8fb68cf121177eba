"""The facts and the table of boundaries; the arrivals, one by one, are in the chart (and in --json)."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.report import facts, grid
from netlab.report.quantity import Measurement


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """What takes the place of facts and tables."""
    yield facts.lines(found.facts, width)
    for table in found.tables:
        if table.name != "arrivals":
            yield grid.table(table, width)
