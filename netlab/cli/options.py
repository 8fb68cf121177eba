"""Options that mean the same in every command, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

REPORT = "Report"

Json = Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.", rich_help_panel=REPORT)]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Also draw it, into FILE.svg or FILE.png.", rich_help_panel=REPORT
    ),
]
Save = Annotated[
    bool,
    typer.Option("--save/--no-save", help="Keep a record of the run, for 'netlab runs'.", rich_help_panel=REPORT),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, help="Repeat the random choices of another run.", rich_help_panel=REPORT),
]

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to bind; '::1' and '0.0.0.0' work too.")]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port to bind; 0: any free one.")]
Connections = Annotated[int, typer.Option("--connections", metavar="N", min=1, help="Connections open at once.")]
Size = Annotated[str, typer.Option("--size", metavar="BYTES", help="Bytes a message: 64, 16K, 1M.")]
Duration = Annotated[
    float, typer.Option("--duration", metavar="SECONDS", min=0.001, help="How long to measure.")
]
