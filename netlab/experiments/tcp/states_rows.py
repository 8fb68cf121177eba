"""The table of `netlab tcp-states`."""

from __future__ import annotations

from netlab.report.rows import Seconds, row


@row("states")
class StateRow:
    """Where and when a state was first seen, if it was; `way` is the variant of the teardown."""

    state: str
    at: str | None
    seen_after: Seconds | None
    what_it_means: str
    way: str | None


ROWS = (StateRow,)
