"""What this machine limits, as a table."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, row


@row("Limits")
class LimitRow:
    """A number that should be at least `want`. `here` None: there is no limit, or none that the kernel tells."""

    name: Annotated[str, Named("")]
    state: str
    here: Count | None
    want: Count
    enables: str


ROWS = (LimitRow,)
