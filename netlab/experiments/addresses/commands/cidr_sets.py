"""`netlab cidr split, range, merge, cover, subtract`: prefixes in, prefixes out."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab import notation
from netlab.cli.help import examples
from netlab.cli.option_values import reader
from netlab.errors import UsageError
from netlab.experiments.addresses.commands.lines import JsonLines, Lines, Sources, Strict, packed, texts


@examples("netlab cidr split 10.0.0.0/24 --length 26", "netlab cidr split 10.0.0.0/24 --hosts 100,50,10")
def split(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="What to divide.")],
    length: Annotated[str | None, typer.Option("--length", metavar="N", help="Into all prefixes of length /N.")] = None,
    count: Annotated[
        int | None,
        typer.Option(
            "--count", metavar="N", parser=reader(notation.whole), help="Into N equal parts or the next power of 2."
        ),
    ] = None,
    hosts: Annotated[
        str | None,
        typer.Option("--hosts", metavar="N,N,...", help="Into a subnet for each number of hosts, and the rest."),
    ] = None,
    as_json: JsonLines = False,
) -> None:
    """Divide a prefix by length, by count, or by numbers of hosts (VLSM)."""
    from netlab.addressing import splitting
    from netlab.addressing.prefix import parse

    parent = parse(prefix)
    if sum(option is not None for option in (length, count, hosts)) != 1:
        raise UsageError("how to divide it?", "one of --length 26, --count 4, --hosts 100,50,10")
    if hosts is not None:
        wanted = reader(notation.hosts)(hosts)
        parts, rest = splitting.by_hosts(parent, wanted)
        with Lines("cidr split", as_json) as lines:
            for number, part in zip(wanted, parts, strict=True):
                lines.row(
                    {"hosts": number, "prefix": part.network_text, "usable": part.usable_count},
                    f"{part.network_text}\t{number} hosts of {part.usable_count}",
                )
            for part in rest:
                lines.row(
                    {"hosts": None, "prefix": part.network_text, "usable": part.usable_count},
                    f"{part.network_text}\tleft over",
                )
        return
    if count is not None:
        found = splitting.by_count(parent, count)
    else:
        text = str(length).removeprefix("/")
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            raise UsageError(f"'{length}' is no length such as 26")
        found = splitting.by_length(parent, int(text))
    with Lines("cidr split", as_json) as lines:
        for some in texts(found):
            lines.many(some)


@examples("netlab cidr range 10.0.0.5 10.0.0.20", "netlab cidr range 2001:db8::1-2001:db8::ff")
def from_range(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="The first address; or FIRST-LAST.")],
    last: Annotated[str | None, typer.Argument(metavar="[LAST]", help="The last one.")] = None,
    as_json: JsonLines = False,
) -> None:
    """Print the fewest prefixes with just the addresses from FIRST to LAST."""
    from netlab.addressing.prefix import parse_address
    from netlab.addressing.splitting import between

    if last is None:
        first, dash, last = first.partition("-")
        if not dash:
            raise UsageError("a range has two ends", f"netlab cidr range {first} {first}")
    found = between(parse_address(first.strip()), parse_address(last.strip()))
    with Lines("cidr range", as_json) as lines:
        for some in texts(found):
            lines.many(some)


@examples("netlab cidr merge blocklist.txt more.txt", "printf '10.0.0.0/25\\n10.0.0.128/25\\n' | netlab cidr merge")
def merge(sources: Sources = None, strict: Strict = False, as_json: JsonLines = False) -> None:
    """Print the fewest prefixes with the same addresses: IPv4 first, then IPv6, each in order."""
    from netlab.addressing.aggregate import Merger4, Merger6

    version4, version6 = Merger4(), Merger6()
    with Lines("cidr merge", as_json, strict) as lines:
        for four, six in packed(sources, lines):
            if four:
                version4.add(four)
            if six:
                version6.add(six)
        for some in version4.text():
            lines.many(some)
        for some in version6.text():
            lines.many(some)


@examples("netlab cidr cover 10.0.1.0/24 10.0.2.0/24", "netlab cidr cover hosts.txt --json")
def cover(sources: Sources = None, strict: Strict = False, as_json: JsonLines = False) -> None:
    """Print the smallest single prefix that has all of them: one for IPv4, one for IPv6."""
    from netlab.addressing import sets
    from netlab.addressing.bulk import unpacked
    from netlab.addressing.prefix import Prefix

    found: dict[int, sets.Block] = {}
    with Lines("cidr cover", as_json, strict) as lines:
        for four, six in packed(sources, lines):
            for version, data in ((4, four), (6, six)):
                blocks = [(one.network, one.length) for one in unpacked(version, data)]
                if version in found:
                    blocks.append(found[version])
                block = sets.cover(blocks, 32 if version == 4 else 128)
                if block is not None:
                    found[version] = block
        lines.many("".join(f"{Prefix(version, *found[version]).network_text}\n" for version in sorted(found)))


@examples(
    "netlab cidr subtract 10.0.0.0/24 --without 10.0.0.64/26", "netlab cidr subtract all.txt --without reserved.txt"
)
def subtract(
    sources: Sources = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="FILE|PREFIX", help="What to take away; more than once if need be."),
    ] = None,
    strict: Strict = False,
    as_json: JsonLines = False,
) -> None:
    """Print what is left of the prefixes without others, as the fewest prefixes."""
    from netlab.addressing import sets
    from netlab.addressing.aggregate import Merger4, Merger6
    from netlab.addressing.prefix import Prefix

    if not without:
        raise UsageError("what to take away?", "netlab cidr subtract 10.0.0.0/24 --without 10.0.0.64/26")
    if "-" in without and (not sources or "-" in sources):
        raise UsageError("stdin cannot be both what is taken away and what it is taken from")
    with Lines("cidr subtract", as_json, strict) as lines:
        merged = []
        for given in (sources, without):
            both: tuple[Merger4, Merger6] = Merger4(), Merger6()
            for four, six in packed(given, lines):
                both[0].add(four)
                both[1].add(six)
            merged.append(both)
        for index, (version, width) in enumerate(((4, 32), (6, 128))):
            whole, less = (sets.ranges(both[index].blocks(), width) for both in merged)
            left = (
                Prefix(version, *block) for ends in sets.subtract(whole, less) for block in sets.of_range(*ends, width)
            )
            for some in texts(left):
                lines.many(some)
