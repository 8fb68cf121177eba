"""Options that mean the same in every command, in the same words.

Use them as annotations: `def tcp_server(connections: Connections = 100, as_json: Json = False) -> None`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlab import notation
from netlab.cli import values

# Headings of the help. Options without one are listed last, under "Options".
SERVER = "Server"
LOAD = "Load"
REPORT = "Report"

# What to do with the report.
Json = Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.", rich_help_panel=REPORT)]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw it, too: FILE.svg or FILE.png.",
        rich_help_panel=REPORT,
        callback=values.drawable,
    ),
]
Save = Annotated[
    bool, typer.Option("--save/--no-save", help="Record the run for 'netlab runs'.", rich_help_panel=REPORT)
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", min=0, help="Seed of the random choices, to repeat them.", rich_help_panel=REPORT
    ),
]

# Where.
Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Address to bind: also ::1, 0.0.0.0.", rich_help_panel=SERVER)
]
Port = Annotated[
    int,
    typer.Option(
        "--port", metavar="N", min=0, max=65535, help="Port to bind; 0: any free one.", rich_help_panel=SERVER
    ),
]
Target = Annotated[
    notation.Address,
    typer.Argument(
        metavar="HOST:PORT", help="The server: 127.0.0.1:7007, [::1]:7007.", parser=values.reader(notation.address)
    ),
]

# How much.
Connections = Annotated[
    int, typer.Option("--connections", metavar="N", min=1, help="Connections open at once.", rich_help_panel=LOAD)
]
Size = Annotated[
    int,
    typer.Option(
        "--size",
        metavar="BYTES",
        help="Size of a message: 64, 16K, 1M.",
        rich_help_panel=LOAD,
        parser=values.reader(notation.size_bytes),
    ),
]
Duration = Annotated[
    float, typer.Option("--duration", metavar="SECONDS", min=0.01, help="How long to measure.", rich_help_panel=LOAD)
]


def was_written(context: typer.Context, name: str) -> bool:
    """Whether the option stands on the command line, rather than being at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
