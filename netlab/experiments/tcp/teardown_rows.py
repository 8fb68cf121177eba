"""The table of `netlab tcp-teardown`, which `netlab tcp-handshake` has, too."""

from __future__ import annotations

from netlab.experiments.wire import trace_rows
from netlab.report.rows import Seconds, row


@row("states")
class HeldStateRow:
    """How long a host's connection was seen in a state ("client FIN-WAIT-2")."""

    state: str
    from_: Seconds | None
    until: Seconds | None
    lasted: Seconds | None


def held(state: str, begin_s: float | None, end_s: float | None) -> HeldStateRow:
    """The row of a state that was first seen at `begin_s`, and another one at `end_s`."""
    lasted_s = end_s - begin_s if begin_s is not None and end_s is not None else None
    return HeldStateRow(state, begin_s, end_s, lasted_s)


ROWS = (*trace_rows.ROWS, HeldStateRow)
