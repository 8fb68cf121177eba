"""The tables of `netlab tcp-handshake`."""

from __future__ import annotations

from netlab.experiments.tcp.teardown_rows import HeldStateRow
from netlab.experiments.wire import trace_rows
from netlab.report.rows import Count, row


@row("segments")
class SegmentRow:
    """A segment as it is on the wire. Sequence numbers are names, written as in a capture: without separators."""

    segment: str
    from_: str
    sequence: str
    acknowledges: str | None
    window: Count
    options: str


ROWS = (*trace_rows.ROWS, SegmentRow, HeldStateRow)
