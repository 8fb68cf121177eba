"""The tables of `netlab tcp-flow`."""

from __future__ import annotations

from netlab.experiments.wire import trace_rows
from netlab.report.rows import Bytes, Count, Seconds, row


@row("probes")
class ProbeRow:
    """A zero-window probe, and the window that the first ACK after it offers."""

    probe: Count
    sent: Seconds
    pause_before: Seconds
    data: Bytes
    window_in_the_answer: Bytes | None


@row("window")
class WindowRow:
    """`what`: "window" or "in flight", as the sender of the data knew it."""

    time: Seconds
    what: str
    bytes: Bytes


ROWS = (*trace_rows.ROWS, ProbeRow, WindowRow)
