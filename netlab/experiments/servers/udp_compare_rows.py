"""UDP server modes side by side, as a table: medians over the rounds."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, Ratio, Seconds, Unit, row


@row("modes")
class UdpModeRow:
    """A mode; with how many clients, where that varies. `relative`: to the first mode, as the column's name says."""

    mode: str
    clients: Count | None = None
    datagrams_per_s: Annotated[float | None, Unit("1/s"), Named("datagrams/s")] = None
    spread: Annotated[float | None, Unit("%"), Named("±")] = None
    relative: Annotated[Ratio | None, Named("× iterative", was=("× *",))] = None
    cpu_per_datagram: Annotated[Seconds | None, Named("CPU/datagram")] = None
    p50: Seconds | None = None
    p99: Seconds | None = None
    lost: Ratio | None = None


ROWS = (UdpModeRow,)
