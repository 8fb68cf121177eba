"""`netlab http`: the group of the HTTP commands, which are made from their experiments."""

from __future__ import annotations

import typer

from netlab.cli.commands import of_group
from netlab.cli.help import examples
from netlab.cli.subcommands import TableGroup


class HttpGroup(TableGroup):
    subs = of_group("http")


app = typer.Typer(cls=HttpGroup, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
@examples("netlab http get", "netlab http get http://127.0.0.1:8080/ --timing")
def http() -> None:
    """HTTP/1.1 byte by byte: what was sent, what came, and why it was believed."""
