"""Facts, then tables, then samples: elsewhere samples come before tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.report import facts, grid
from netlab.report.quantity import Measurement


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """What takes the place of facts and tables."""
    yield facts.lines(found.facts, width)
    for table in found.tables:
        if table.shown:
            yield grid.table(table, width)
