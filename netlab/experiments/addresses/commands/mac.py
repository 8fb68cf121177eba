"""`netlab mac`: MAC addresses explained, found and made."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab import notation
from netlab.cli.commands import Command, of_group
from netlab.cli.help import examples
from netlab.cli.option_values import reader
from netlab.cli.subcommands import SubGroup
from netlab.experiments.addresses.commands.lines import JsonLines, Lines

_ADDRESS, _INTERFACES, _NEIGHBOURS = of_group("mac")


class MacGroup(SubGroup):
    subs = (
        _ADDRESS,
        _INTERFACES,
        Command("random", "Commands", "Make up a local one", by_hand="experiments.addresses.commands.mac:random"),
        Command(
            "vendor", "Commands", "All assignments of a vendor", by_hand="experiments.addresses.commands.mac:vendor"
        ),
        _NEIGHBOURS,
    )
    with_argument = "address"
    without = "interfaces"
    usage = "[ADDRESS | COMMAND ...]"


app = typer.Typer(cls=MacGroup, rich_markup_mode=None, add_completion=False)


@app.callback()
@examples("netlab mac 00:1b:21:aa:bb:cc", "netlab mac vendor 'raspberry pi'")
def mac() -> None:
    """Explain MAC addresses: who made them, what their bits say, and what is made from them."""


@examples("netlab mac random", "netlab mac random --count 3 --json")
def random(
    count: Annotated[
        int, typer.Option("--count", metavar="N", parser=reader(notation.one_or_more), help="How many.")
    ] = 1,
    as_json: JsonLines = False,
) -> None:
    """Print MAC addresses from the system's randomness: unicast, locally administered."""
    from secrets import randbits

    from netlab.addressing.mac import random_mac

    with Lines("mac random", as_json) as lines:
        for _ in range(count):
            lines.many(f"{random_mac(randbits(48))}\n")


@examples("netlab mac vendor 'raspberry pi'", "netlab mac vendor intel --json")
def vendor(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A part of the name, whatever the case.")],
    as_json: JsonLines = False,
) -> None:
    """Print all assignments of vendors with NAME in theirs; the exit code is 1 if there is none."""
    from netlab.addressing.oui import registry

    listings = registry()
    found = False
    with Lines("mac vendor", as_json) as lines:
        for each in listings.owned_by(name):
            found = True
            lines.row(
                {"assignment": each.text, "registry": each.registry, "vendor": each.owner},
                f"{each.text:<18} {each.registry}  {each.owner}",
            )
    if not found:
        from netlab.cli.failures import complain

        complain(f"no vendor has '{name}' in its name", f"the listings are of {listings.date}")
        raise typer.Exit(1)
