"""Dividing a prefix: into equal parts, or into parts for given numbers of hosts (VLSM, RFC 1878's idea).

Parts for hosts are laid out largest first, which never wastes more than the sizes themselves do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlab.addressing import sets
from netlab.addressing.prefix import Prefix, to_text
from netlab.errors import UsageError


def by_length(prefix: Prefix, length: int) -> Iterator[Prefix]:
    """All prefixes of this length in it, in order."""
    if not prefix.length <= length <= prefix.width:
        raise UsageError(
            f"{prefix.network_text} has no parts of /{length}", f"a length from {prefix.length} to {prefix.width}"
        )
    size = 1 << prefix.width - length
    return (Prefix(prefix.version, value, length) for value in range(prefix.network, prefix.last + 1, size))


def by_count(prefix: Prefix, count: int) -> Iterator[Prefix]:
    """Equal parts, at least `count` of them: a power of two."""
    if count < 1:
        raise UsageError(f"cannot make {count} parts")
    length = prefix.length + (count - 1).bit_length()
    if length > prefix.width:
        has = "one address" if prefix.count == 1 else f"{prefix.count:,} addresses"
        raise UsageError(f"{prefix.network_text} has only {has}, too few for {count:,} parts")
    return by_length(prefix, length)


def length_for(hosts: int, version: int) -> int:
    """The longest prefix with that many usable addresses: 2 hosts need a /31 (RFC 3021), 3 a /29, 126 a /25."""
    if hosts < 1:
        raise UsageError(f"a subnet for {hosts} hosts is none")
    width = 32 if version == 4 else 128
    others = 2 if version == 4 and hosts > 2 else 0  # the network's own address and its broadcast
    bits = (hosts + others - 1).bit_length()
    if bits > width:
        raise UsageError(f"{hosts:,} hosts are more than IPv{version} has addresses")
    return width - bits


def by_hosts(prefix: Prefix, hosts: Sequence[int]) -> tuple[list[Prefix], list[Prefix]]:
    """A subnet for each number of hosts, in the order asked for, and what is left over as the fewest
    prefixes.
    """
    lengths = [length_for(number, prefix.version) for number in hosts]
    found: dict[int, Prefix] = {}
    at = prefix.network
    for index in sorted(range(len(hosts)), key=lambda each: lengths[each]):
        size = 1 << prefix.width - lengths[index]
        if at + size - 1 > prefix.last:
            needed = sum(1 << prefix.width - length for length in lengths)
            raise UsageError(
                f"{prefix.network_text} has {prefix.count:,} addresses, and the subnets need {needed:,}",
                f"a prefix of /{prefix.width - (needed - 1).bit_length()} or shorter has room",
            )
        found[index] = Prefix(prefix.version, at, lengths[index])
        at += size
    rest = [Prefix(prefix.version, *block) for block in sets.of_range(at, prefix.last, prefix.width)]
    return [found[index] for index in range(len(hosts))], rest


def between(first: Prefix, last: Prefix) -> Iterator[Prefix]:
    """The fewest prefixes from one address to another; UsageError if they are in the wrong order."""
    if first.version != last.version:
        raise UsageError(
            f"one address is IPv{first.version}, the other IPv{last.version}: there is no range between them"
        )
    if first.zone != last.zone:
        raise UsageError(
            f"one address is in zone {first.zone or '(none)'}, the other in {last.zone or '(none)'}:"
            " there is no range between two links (RFC 4007)"
        )
    if first.value > last.value:
        low, high = to_text(last.version, last.value), to_text(first.version, first.value)
        raise UsageError(f"the range ends ({low}) before it begins ({high})", f"did you mean {low} {high}?")
    return (Prefix(first.version, *block) for block in sets.of_range(first.value, last.value, first.width))
