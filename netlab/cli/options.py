"""Options that mean the same in every command, in the same words.

Use them as annotations: `def show(wanted: Id, as_json: Json = False, plot: Plot = None) -> None`. What an
experiment asks for is declared in its `Parameters` (netlab/option.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlab.cli import option_values
from netlab.option import REPORT

Json = Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.", rich_help_panel=REPORT)]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw it, too: FILE.svg or FILE.png.",
        rich_help_panel=REPORT,
        callback=option_values.drawable,
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


def was_written(context: typer.Context, name: str) -> bool:
    """Whether the option stands on the command line, rather than being at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
