"""`netlab http`: get, check, explain, serve, keepalive. Thin: options in, one experiment, its report."""

from __future__ import annotations

import typer

from netlab.cli import http_keepalive, http_serve
from netlab.cli.help import Command, Group, examples

app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
@examples("netlab http get", "netlab http get http://127.0.0.1:8080/ --timing")
def http() -> None:
    """HTTP/1.1 byte by byte: what was sent, what came, and why it was believed."""


# Sub-commands in files of their own are added here, a line each: app.command(cls=Command, short_help=…)(function)
app.command(cls=Command, short_help="The origin: pages for each behaviour, and broken ones")(http_serve.serve)
app.command(cls=Command, short_help="One connection for all requests, or a new one each")(http_keepalive.keepalive)
