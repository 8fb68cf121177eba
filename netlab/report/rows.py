"""A table's rows by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from netlab.report.quantity import Measurement, Value

Row = Mapping[str, Value]


def rows(found: Measurement, name: str) -> list[Row]:
    """A table's rows as mappings; none where the record has no such table."""
    for table in found.tables:
        if table.name == name:
            return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]
    return []
