"""Options of the server and load commands, beside those that every command shares (options.py)."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import values
from netlab.cli.options import LOAD, SERVER

COMPARISON = "Comparison"

Mode = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="How it waits: netlab modes lists them.",
        rich_help_panel=SERVER,
        autocompletion=values.complete_mode,
    ),
]
Serve = Annotated[bool, typer.Option("--serve", help="Stay up for any client, until Ctrl-C.", rich_help_panel=SERVER)]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", min=0, max=65535, help="0: any free one; 7007 with --serve.", rich_help_panel=SERVER
    ),
]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, max=4096, help="Size of a pool.", rich_help_panel=SERVER)
]
MaxConnections = Annotated[
    int | None,
    typer.Option(
        "--max-connections", metavar="N", min=1, max=100_000, help="One more is closed at once.", rich_help_panel=SERVER
    ),
]
IdleTimeout = Annotated[
    float | None,
    typer.Option("--idle-timeout", metavar="S", min=0.1, help="Close who is silent so long.", rich_help_panel=SERVER),
]
Cpus = Annotated[
    str | None, typer.Option("--cpus", metavar="LIST", help="Pin it there: 0, 0,2 or free.", rich_help_panel=SERVER)
]

Idle = Annotated[
    int, typer.Option("--idle", metavar="N", min=0, help="Silent connections beside them.", rich_help_panel=LOAD)
]
Depth = Annotated[
    int, typer.Option("--depth", metavar="N", min=1, help="Messages under way on each.", rich_help_panel=LOAD)
]
Duration = Annotated[
    float | None,
    typer.Option("--duration", metavar="S", min=0.01, help="Measure so long; 2 by default.", rich_help_panel=LOAD),
]
Messages = Annotated[
    int | None, typer.Option("--messages", metavar="N", min=1, help="Or: N on each connection.", rich_help_panel=LOAD)
]
Warmup = Annotated[float, typer.Option("--warmup", metavar="S", min=0, help="Not counted.", rich_help_panel=LOAD)]
Rate = Annotated[
    float | None,
    typer.Option("--rate", metavar="N", min=0.001, help="Open loop: N/s in all, on schedule.", rich_help_panel=LOAD),
]
PerConnection = Annotated[
    int | None,
    typer.Option("--per-connection", metavar="N", min=1, help="Reconnect after N messages.", rich_help_panel=LOAD),
]
LoadWorkers = Annotated[
    int, typer.Option("--load-workers", metavar="N", min=1, max=256, help="Load processes.", rich_help_panel=LOAD)
]
Timestamps = Annotated[
    bool, typer.Option("--timestamps", help="Also the kernel's time of arrival.", rich_help_panel=LOAD)
]
ClientWorkers = Annotated[
    int, typer.Option("--workers", metavar="N", min=1, max=256, help="Load processes.", rich_help_panel=LOAD)
]

Modes = Annotated[
    values.Names,
    typer.Option(
        "--modes",
        metavar="LIST",
        help="Modes to compare, or 'all'.",
        rich_help_panel=COMPARISON,
        parser=values.names,
        autocompletion=values.complete_modes,
    ),
]
Rounds = Annotated[
    int,
    typer.Option("--rounds", metavar="N", min=1, max=1000, help="Medians are of N rounds.", rich_help_panel=COMPARISON),
]
Unp = Annotated[
    int | None,
    typer.Option(
        "--unp", metavar="N", min=10, help="Instead: CPU time for N short connections.", rich_help_panel=COMPARISON
    ),
]
ConnectionCounts = Annotated[
    values.Counts,
    typer.Option(
        "--connections",
        metavar="LIST",
        help="Busy connections: 1,100,1000.",
        rich_help_panel=LOAD,
        parser=values.counts,
    ),
]
IdleCounts = Annotated[
    values.Counts,
    typer.Option(
        "--idle", metavar="LIST", help="Silent ones beside them: 0,900.", rich_help_panel=LOAD, parser=values.counts
    ),
]
TrialDuration = Annotated[
    float, typer.Option("--duration", metavar="S", min=0.05, help="Measure each so long.", rich_help_panel=LOAD)
]
