"""`netlab mac`: MAC addresses explained, found and made."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab import notation
from netlab.cli import options
from netlab.cli.help import examples
from netlab.cli.subcommands import Sub, SubGroup
from netlab.cli.values import reader
from netlab.experiments.addresses.commands.lines import JsonLines, Lines


class MacGroup(SubGroup):
    """`netlab mac`."""

    package = "netlab.experiments.addresses.commands"
    subs = (
        Sub("address", "mac", "address", "Explain an address; the word may be left out"),
        Sub("interfaces", "mac", "interfaces", "This machine's; also without any word"),
        Sub("random", "mac", "random", "Make up a local one"),
        Sub("vendor", "mac", "vendor", "All assignments of a vendor"),
        Sub("neighbours", "mac", "neighbours_", "The kernel's ARP and ND table, with vendors"),
    )
    with_argument = "address"
    without = "interfaces"
    usage = "[ADDRESS | COMMAND ...]"


app = typer.Typer(cls=MacGroup, rich_markup_mode=None, add_completion=False)


@app.callback()
@examples("netlab mac 00:1b:21:aa:bb:cc", "netlab mac vendor 'raspberry pi'")
def mac() -> None:
    """Explain MAC addresses: who made them, what their bits say, and what is made from them."""


@examples("netlab mac 00:1b:21:aa:bb:cc", "netlab mac 001b.21aa.bbcc --json", "netlab mac 224.0.0.251")
def address(
    wanted: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="In any notation; or an IP group, for its MAC address.")
    ],
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """Explain a MAC address: vendor, I/G and U/L bits, groups, modified EUI-64 and link-local IPv6."""
    from netlab.experiments.addresses.commands.calculated import calculated
    from netlab.experiments.addresses.mac_address import Parameters

    calculated("mac", Parameters(wanted), as_json=as_json, save=save)


@examples("netlab mac", "netlab mac interfaces --json")
def interfaces(as_json: options.Json = False, save: options.Save = False) -> None:
    """List the MAC addresses of this machine's interfaces."""
    from netlab.cli.output import present
    from netlab.experiments.addresses.mac_interfaces import Parameters
    from netlab.registry import find
    from netlab.runner import run

    present(run(line := find("mac-interfaces"), line.load(), Parameters(), save=save), as_json=as_json)


@examples("netlab mac neighbours", "netlab mac neighbours --json")
def neighbours_(as_json: options.Json = False, save: options.Save = False) -> None:
    """List whom the kernel knows on our wires, by ARP and by Neighbour Discovery."""
    from netlab.cli.output import present
    from netlab.experiments.addresses.mac_neighbours import Parameters
    from netlab.registry import find
    from netlab.runner import run

    present(run(line := find("mac-neighbours"), line.load(), Parameters(), save=save), as_json=as_json)


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
            lines.row({"assignment": each.text, "registry": each.registry, "vendor": each.owner},
                      f"{each.text:<18} {each.registry}  {each.owner}")  # fmt: skip
    if not found:
        from netlab.cli.failures import complain

        complain(f"no vendor has '{name}' in its name", f"the listings are of {listings.date}")
        raise typer.Exit(1)
