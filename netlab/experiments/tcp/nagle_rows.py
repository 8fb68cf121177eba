"""The tables of `netlab tcp-nagle`."""

from __future__ import annotations

from typing import Annotated

from netlab.experiments.wire import trace_rows
from netlab.report.rows import Count, Named, Ratio, Seconds, row


@row("cases")
class CaseRow:
    """A way to send requests: its segments, and percentiles of the time from a first write to the answer."""

    case: str
    segments: Count | None
    data_segments: Annotated[Count | None, Named("of client's data")]
    p50: Seconds | None
    p90: Seconds | None
    p99: Seconds | None
    headers: Annotated[Ratio | None, Named("headers a byte")]


@row("keystrokes")
class KeystrokeRow:
    """A way to send single bytes: its segments, and percentiles of the time from a write(2) to the read(2)."""

    way: Annotated[str, Named("keystrokes with")]
    segments: Count | None
    data_segments: Annotated[Count | None, Named("of client's data")]
    p50: Seconds | None
    p90: Seconds | None
    p99: Seconds | None
    headers: Annotated[Ratio | None, Named("headers a byte")]


ROWS = (*trace_rows.ROWS, CaseRow, KeystrokeRow)
