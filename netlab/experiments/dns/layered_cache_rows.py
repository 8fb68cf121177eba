"""Lookups of one name through the layers of caches, as a table."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Seconds, Unit, row

WholeSeconds = Annotated[int, Unit("s")]


@row("Lookups")
class LookupRow:
    """One lookup: `at` by the caches' clock, `took` as measured; `queries` are those that the ISP's resolver sent."""

    lookup: str
    at: WholeSeconds
    answered_by: str
    good_for: WholeSeconds
    took: Seconds
    queries: Count
    answer: str


ROWS = (LookupRow,)
