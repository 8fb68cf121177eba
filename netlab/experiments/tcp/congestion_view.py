"""What is told of `netlab tcp-congestion`: facts and the tables of results. The curves' points are for the charts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.report import facts, grid
from netlab.report.quantity import Measurement

_RESULTS = ("alone", "sharing")


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The path, then who got what."""
    yield facts.lines(found.facts, width)
    for table in found.tables:
        if table.name in _RESULTS:
            yield grid.table(table, width)
