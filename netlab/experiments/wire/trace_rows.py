"""The rows of the tables that a trace has (trace_tables.report), for the ROWS of an experiment with one."""

from __future__ import annotations

from netlab.experiments.wire import packet_rows, timeline_rows

ROWS = (*timeline_rows.ROWS, *packet_rows.ROWS)
