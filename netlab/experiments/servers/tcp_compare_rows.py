"""Server modes side by side, as a table: medians over the rounds."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, Ratio, Seconds, Unit, row

PerSecond = Annotated[float | None, Unit("1/s")]
Percent = Annotated[float | None, Unit("%")]


@row("modes", was=("modes with *",))
class TcpModeRow:
    """A mode under a load; of the load only what varies. `relative`: to the baseline, by whose name the column goes."""

    mode: str
    connections: Count | None = None
    idle: Count | None = None
    messages_per_s: Annotated[PerSecond, Named("messages/s")] = None
    spread: Annotated[Percent, Named("±")] = None
    relative: Annotated[Ratio | None, Named("× iterative", was=("× *",))] = None
    cpu_per_message: Annotated[Seconds | None, Named("CPU/msg")] = None
    memory_per_connection: Annotated[float | None, Unit("B"), Named("memory/conn")] = None
    p50: Seconds | None = None
    fairness: Ratio | None = None
    p99: Seconds | None = None


@row("modes")
class ShortConnectionsRow:
    """A mode in the table of UNP ch. 30: CPU time of many short connections."""

    mode: str
    server_cpu: Annotated[Seconds | None, Named("server CPU")]
    over_iterative: Seconds | None
    cpu_per_connection: Annotated[Seconds | None, Named("CPU/connection")]
    connections_per_s: Annotated[PerSecond, Named("connections/s")]
    p99: Seconds | None


ROWS = (TcpModeRow, ShortConnectionsRow)
