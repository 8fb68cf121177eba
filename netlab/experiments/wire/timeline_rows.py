"""The timeline of two hosts as a table: four views of the same events, on one clock."""

from __future__ import annotations

from typing import Literal

from netlab.report.rows import Count, Number, Seconds, row

View = Literal["system call", "wire", "kernel", "course"]


@row("timeline")
class TimelineRow:
    """One event. Which columns say something depends on `view`.

    "system call": `what` was called or "… returns" with `detail`; both rows have the number of the `call`.
    "kernel": `what` is the state in which `socket` was first seen; it was not yet so at `not_before`.
    "wire": the segment `packet` left `host` for `to`, and came there when `arrived`; `lost` is what befell it if it
    never did, `again` whether this or a part of it had been sent before. "course": what the course says of it.
    """

    time: Seconds
    view: View
    host: str
    what: str
    detail: str
    arrived: Seconds | None
    packet: Count | None
    to: str = ""
    lost: str = ""
    again: bool = False
    call: Number | None = None
    socket: Number | None = None
    not_before: Seconds | None = None


@row("socket states")
class SocketStateRow:
    """Each state that a socket was seen in, from the first: seen at `time`, not yet so at `not_before`."""

    time: Seconds
    host: str
    socket: Number | None
    state: str
    ends: str
    not_before: Seconds | None


ROWS = (TimelineRow, SocketStateRow)
