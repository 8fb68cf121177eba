"""The tables of `netlab tcp-backlog`."""

from __future__ import annotations

from typing import Annotated

from netlab.experiments.wire import trace_rows
from netlab.report.rows import Count, Named, row


@row("attempts")
class AttemptRow:
    """A connection that was tried: its client's state, the accept queue and SYNs dropped for it until then."""

    attempt: Count
    client_is: str
    waiting: Count
    listen_overflows: Annotated[Count, Named("ListenOverflows")]


@row("queues")
class QueueRow:
    """A case: `backlog` is how many the kernel lets wait; `waiting` and `half_open`, how many did at most."""

    case: str
    backlog: Count
    waiting: Count
    half_open: Annotated[Count, Named("half-open")]
    syns_dropped: Annotated[Count, Named("SYNs dropped")]
    cookies: Count


ROWS = (*trace_rows.ROWS, AttemptRow, QueueRow)
