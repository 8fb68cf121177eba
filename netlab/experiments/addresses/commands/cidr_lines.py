"""`netlab cidr reverse, random, list`: a line for each address or zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from netlab import notation
from netlab.addressing.prefix import Prefix
from netlab.cli import options
from netlab.cli.help import examples
from netlab.cli.option_values import reader
from netlab.errors import UsageError
from netlab.experiments.addresses.commands.lines import JsonLines, Lines, Sources, Strict, each


@examples("netlab cidr reverse 192.0.2.1 2001:db8::/29", "netlab cidr reverse - --json < addresses.txt")
def reverse(sources: Sources = None, strict: Strict = False, as_json: JsonLines = False) -> None:
    """Print the PTR name of each address and the reverse zone, or zones, of each prefix."""
    from netlab.addressing import reverse as names

    with Lines("cidr reverse", as_json, strict) as lines:
        for prefix in each(sources, lines):
            if prefix.length == prefix.width:
                found = [names.pointer(prefix.version, prefix.value)]
            else:
                found = list(names.zones(prefix))
            if as_json:
                lines.row({"prefix": str(prefix), "names": found}, "")
            else:
                lines.many("".join(f"{name}\n" for name in found))


@examples("netlab cidr random 10.0.0.0/8", "netlab cidr random fd00::/8 --length 48 --count 3 --seed 7")
def random(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="Where to take them from.")],
    count: Annotated[
        int, typer.Option("--count", metavar="N", parser=reader(notation.one_or_more), help="How many.")
    ] = 1,
    length: Annotated[
        int | None,
        typer.Option(
            "--length", metavar="N", parser=reader(notation.whole), help="Subnets of /N instead of addresses."
        ),
    ] = None,
    seed: options.Seed = None,
    as_json: JsonLines = False,
) -> None:
    """Print random addresses of a prefix that a host may have, or random subnets. They may repeat."""
    from random import Random, SystemRandom

    from netlab.addressing.prefix import parse, to_text

    whole = parse(prefix)
    if length is not None and not whole.length <= length <= whole.width:
        raise UsageError(
            f"{whole.network_text} has no parts of /{length}", f"--length from {whole.length} to {whole.width}"
        )
    chosen = SystemRandom() if seed is None else Random(seed)
    usable = sum(last - first + 1 for first, last in whole.usable_ranges)
    if length is None and not usable:
        raise UsageError(f"{whole.network_text} has no address that a host may have", "--length for subnets of it")
    with Lines("cidr random", as_json) as lines:
        for _ in range(count):
            if length is None:
                lines.many(f"{to_text(whole.version, _usable(whole, chosen.randrange(usable)))}\n")
            else:
                bits = whole.width - length
                offset = chosen.getrandbits(length - whole.length) << bits if length > whole.length else 0
                lines.many(f"{Prefix(whole.version, whole.network + offset, length).network_text}\n")


def _usable(prefix: Prefix, index: int) -> int:
    """The address number `index` of those that a host may have."""
    for first, last in prefix.usable_ranges:
        if index <= last - first:
            return first + index
        index -= last - first + 1
    raise IndexError(index)


@examples("netlab cidr list 10.0.0.0/29", "netlab cidr list 2001:db8::/64 | head -3")
def list_all(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="Whose addresses.")],
    usable: Annotated[bool, typer.Option("--usable", help="Only those that a host may have.")] = False,
    as_json: JsonLines = False,
) -> None:
    """Print all addresses of a prefix in order, a line each, for as long as somebody reads."""
    from netlab.addressing.prefix import parse, to_text

    whole = parse(prefix)

    def some() -> Iterator[str]:
        for first, last in whole.usable_ranges if usable else ((whole.network, whole.last),):
            while first <= last:  # an IPv6 prefix has more than range() takes
                end = min(first + 4095, last)
                yield "".join([f"{to_text(whole.version, value)}\n" for value in range(first, end + 1)])
                first = end + 1

    with Lines("cidr list", as_json) as lines:
        for text in some():
            lines.many(text)
