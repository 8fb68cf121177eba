"""`netlab cidr`: addresses and prefixes explained, and questions about them. Sets of them are in
cidr_sets.py.
"""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.commands import Command, of_group
from netlab.cli.help import examples
from netlab.cli.subcommands import SubGroup

_ADDRESS, _INTERFACES, _SAME_NET = of_group("cidr")


def _by_hand(name: str, function: str, what: str) -> Command:
    return Command(name, "Commands", what, by_hand=f"experiments.addresses.commands.{function}")


class CidrGroup(SubGroup):
    subs = (
        _ADDRESS,
        _INTERFACES,
        _by_hand("contains", "cidr:contains", "Is it in this prefix? Exit code 1 if not"),
        _SAME_NET,
        _by_hand("split", "cidr_sets:split", "Divide a prefix: by length, count or hosts (VLSM)"),
        _by_hand("range", "cidr_sets:from_range", "The fewest prefixes from one address to another"),
        _by_hand("merge", "cidr_sets:merge", "The fewest prefixes for the same addresses"),
        _by_hand("cover", "cidr_sets:cover", "The one smallest prefix around all"),
        _by_hand("subtract", "cidr_sets:subtract", "What is left of a prefix without others"),
        _by_hand("lookup", "cidr_lookup:lookup", "Longest match of many addresses in many prefixes"),
        _by_hand("reverse", "cidr_lines:reverse", "Names and zones of reverse DNS"),
        _by_hand("random", "cidr_lines:random", "Random addresses or subnets of a prefix"),
        _by_hand("list", "cidr_lines:list_all", "All addresses of a prefix"),
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
            lines.row(
                {"prefix": whole.network_text, "wanted": text, "contained": inside},
                f"{text}\t{'in' if inside else 'not in'} {whole.network_text}",
            )
    if missing:
        raise typer.Exit(1)
