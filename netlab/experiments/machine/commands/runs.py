"""`netlab runs`: what has been measured on this machine, newest first, and each report again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from netlab.cli import option_values, options
from netlab.cli.help import Group, examples, subcommand
from netlab.errors import UsageError
from netlab.report import store

app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, invoke_without_command=True)

Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A run's id, its beginning or its end, or 'last'.", autocompletion=option_values.complete_run
    ),
]


@app.callback()
@examples("netlab runs", "netlab runs show last --json")
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="List no more than N.")] = 20,
) -> None:
    """List the runs that were recorded, the newest first."""
    if context.invoked_subcommand is None:
        from netlab.cli.output import terminal_width, write
        from netlab.report.listing import listing

        write(listing(store.ids(), limit, width=terminal_width()))


@subcommand(app)
@examples("netlab runs show last", "netlab runs show 20261122-1705 --json")
def show(wanted: Id = "last", as_json: options.Json = False, plot: options.Plot = None) -> None:
    """Show the report of one run again."""
    from netlab.cli.output import present

    name = store.find(wanted)
    report = store.load(name)
    if isinstance(report, store.Unreadable):
        raise UsageError(f"{store.runs_folder() / name}.json cannot be read: {report.reason}")
    present(replace(report, record=name), as_json=as_json, plot=plot)


@subcommand(app)
@examples("netlab runs path", "jq .measurement.checks $(netlab runs path last)")
def path(
    wanted: Annotated[str | None, typer.Argument(metavar="[ID]", help="As for 'show'; without it, the folder.")] = None,
) -> None:
    """Print where the records lie, or the file of one of them."""
    folder = store.runs_folder()
    print(folder / f"{store.find(wanted)}.json" if wanted else folder)
