"""`netlab modes`: what each server mode is, and the source of its loop."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import option_values
from netlab.cli.help import examples
from netlab.experiments.servers.options import complete_mode


@examples("netlab modes", "netlab modes epoll", "netlab modes select --source")
def modes(
    mode: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODE]", help="Only this one, in full.", autocompletion=option_values.completer(complete_mode)
        ),
    ] = None,
    udp: Annotated[bool, typer.Option("--udp", help="The UDP mode of that name.")] = False,
    source: Annotated[bool, typer.Option("--source", help="Print its file: the lesson itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as one JSON document.")] = False,
) -> None:
    """List the server modes, explain one, or print the very source of its loop."""
    from netlab.cli.output import terminal_width, wants_colour, write
    from netlab.errors import UsageError
    from netlab.experiments.servers import modes_view
    from netlab.servers.modes import MODES, find

    # A name that only UDP has needs no --udp.
    only_udp = {each.name for each in MODES["udp"]} - {each.name for each in MODES["tcp"]}
    transport = "udp" if udp or mode in only_udp else "tcp"
    if mode is None:
        if source:
            raise UsageError("--source: of which mode?", "netlab modes epoll --source")
        chosen = {"udp": MODES["udp"]} if udp else MODES
    else:
        chosen = {transport: (find(transport, mode),)}
    entries = [
        modes_view.Lesson(name, each.name, each.summary, each.waits_in, each.module, each.paragraph())
        for name, group in chosen.items()
        for each in group
    ]
    if as_json:
        write(modes_view.as_json(entries))
    elif source:
        write(modes_view.source(find(transport, mode or "").source(), width=terminal_width(), colour=wants_colour()))
    elif mode is not None:
        write(modes_view.one(entries[0], width=terminal_width(), colour=wants_colour()))
    else:
        write(modes_view.listing(entries, width=terminal_width(), colour=wants_colour()))
