"""`netlab cidr`: addresses and prefixes explained, and questions about them. Sets of them are in
cidr_sets.py.
"""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.cli.subcommands import Sub, SubGroup


class CidrGroup(SubGroup):
    """`netlab cidr`."""

    package = "netlab.experiments.addresses.commands"
    subs = (
        Sub("address", "cidr", "address", "Explain an address; the word may be left out"),
        Sub("interfaces", "cidr", "interfaces", "This machine's addresses; also without any word"),
        Sub("contains", "cidr", "contains", "Is it in this prefix? Exit code 1 if not"),
        Sub("same-net", "cidr", "same_net", "Local or gateway, and why"),
        Sub("split", "cidr_sets", "split", "Divide a prefix: by length, count or hosts (VLSM)"),
        Sub("range", "cidr_sets", "from_range", "The fewest prefixes from one address to another"),
        Sub("merge", "cidr_sets", "merge", "The fewest prefixes for the same addresses"),
        Sub("cover", "cidr_sets", "cover", "The one smallest prefix around all"),
        Sub("subtract", "cidr_sets", "subtract", "What is left of a prefix without others"),
        Sub("lookup", "cidr_lookup", "lookup", "Longest match of many addresses in many prefixes"),
        Sub("reverse", "cidr_lines", "reverse", "Names and zones of reverse DNS"),
        Sub("random", "cidr_lines", "random", "Random addresses or subnets of a prefix"),
        Sub("list", "cidr_lines", "list_all", "All addresses of a prefix"),
    )
    with_argument = "address"
    without = "interfaces"
    usage = "[ADDRESS[/LENGTH] [MASK] | COMMAND ...]"
    takes_value = ("--to",)


app = typer.Typer(cls=CidrGroup, rich_markup_mode=None, add_completion=False)


@app.callback()
@examples("netlab cidr 10.100.122.2/24", "netlab cidr merge blocklist.txt")
def cidr() -> None:
    """Explain addresses, IPv4 and IPv6 alike, and do sums with prefixes."""


@examples("netlab cidr 10.100.122.2/24", "netlab cidr 10.100.122.2 255.255.255.0", "netlab cidr fe80::1%eth0/64 --json")
def address(
    wanted: Annotated[str, typer.Argument(metavar="ADDRESS[/LENGTH]", help="10.100.122.2/24, 2001:db8::1, …")],
    mask: Annotated[
        str | None, typer.Argument(metavar="[MASK]", help="255.255.255.0, 0.0.0.255 or 24, if not after '/'.")
    ] = None,
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """Explain an address: network, broadcast, kind, reverse name, and the AND of address and mask in bits."""
    from netlab.experiments.addresses.cidr_address import Parameters
    from netlab.experiments.addresses.commands.calculated import calculated

    calculated("cidr", Parameters(wanted, mask), as_json=as_json, save=save)


@examples("netlab cidr", "netlab cidr --to 8.8.8.8")
def interfaces(
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Local or by the gateway? Checked with the kernel.")
    ] = None,
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """List this machine's addresses with network, broadcast, kind, MAC address and default gateway."""
    from netlab.cli.output import present
    from netlab.experiments.addresses.cidr_interfaces import Parameters
    from netlab.registry import find
    from netlab.runner import run

    present(run(line := find("cidr-interfaces"), line.load(), Parameters(to), save=save), as_json=as_json)


@examples("netlab cidr same-net 192.168.0.2/24 192.168.1.2", "netlab cidr same-net 2001:db8::1/64 2001:db8::2 --json")
def same_net(
    source: Annotated[str, typer.Argument(metavar="A", help="My address with its prefix: 192.168.0.2/24.")],
    destination: Annotated[str, typer.Argument(metavar="B", help="Whom I want to reach.")],
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """Say whether B is a local of A's network or behind A's gateway, and draw why."""
    from netlab.experiments.addresses.cidr_same_net import Parameters
    from netlab.experiments.addresses.commands.calculated import calculated

    calculated("cidr-same-net", Parameters(source, destination), as_json=as_json, save=save)


@examples(
    "netlab cidr contains 10.0.0.0/8 10.1.2.3 11.0.0.1",
    "netlab cidr contains 2001:db8::/32 2001:db8:1::/48 && echo yes",
)
def contains(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="The prefix that may have them.")],
    wanted: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Addresses or prefixes to look for in it.")],
    as_json: options.Json = False,
) -> None:
    """Say for each whether all of it is in PREFIX; the exit code is 1 if one is not."""
    from netlab.addressing.prefix import parse
    from netlab.experiments.addresses.commands.lines import Lines

    whole = parse(prefix)
    asked = [(text, parse(text)) for text in wanted]
    missing = False
    with Lines("cidr contains", as_json) as lines:
        for text, one in asked:
            inside = whole.contains(one)
            missing |= not inside
            lines.row({"prefix": whole.network_text, "wanted": text, "contained": inside},
                      f"{text}\t{'in' if inside else 'not in'} {whole.network_text}")  # fmt: skip
    if missing:
        raise typer.Exit(1)
