"""A zone's primary and its secondary over time, as a table."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Unit, row


@row("Diary")
class DiaryRow:
    """An event, and the serial that each server then gives; or why it gives none."""

    event: str
    at: Annotated[int, Unit("s")]
    primary: str
    secondary: str
    what_happened: str


ROWS = (DiaryRow,)
