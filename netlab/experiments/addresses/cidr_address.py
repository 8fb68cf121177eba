"""`netlab cidr ADDRESS/LENGTH`: everything an address with its prefix says, and the AND that makes the network.

A calculation, not a measurement: nothing of this machine goes into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from netlab.addressing import kinds, prefix, reverse, special
from netlab.addressing.ipv6 import full_text
from netlab.addressing.prefix import Prefix
from netlab.experiment import Experiment
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.phrase import listed, say
from netlab.report.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """`mask` is given apart from the address or not at all."""

    address: Annotated[str, Argument("10.100.122.2/24, 2001:db8::1, …", "ADDRESS[/LENGTH]")]
    mask: Annotated[str | None, Argument("255.255.255.0, 0.0.0.255 or 24, if not after '/'.", "[MASK]")] = None


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Explain the address; raises AddressError where it is none."""
    if parameters.mask is not None:
        found = prefix.parse_with_mask(parameters.address, parameters.mask)
    else:
        found = prefix.parse(parameters.address)
    draft = Draft()
    _forms(draft, found)
    _network(draft, found)
    _kind(draft, found)
    _reverse(draft, found)
    draft.answer = say("{address} is in {network}.", address=found.text_of(found.value), network=found.network_text)
    draft.tables += [and_table(each.name, each.title, each.rows) for each in ands(found)]
    return draft.finish()


def _forms(draft: Draft, found: Prefix) -> None:
    text = found.text_of(found.value)
    draft.fact("address", text, "", say("zone {zone} (RFC 4007)", zone=found.zone) if found.zone else "")
    if found.version == 6:
        draft.fact("full form", full_text(found.value), "")
    if found.version == 4:
        draft.fact("netmask", found.text_of(found.mask), "", say("{length} ones", length=found.length))
        draft.fact("wildcard mask", found.text_of(found.hosts_mask), "")
    draft.fact("prefix length", found.length, "1")


def _network(draft: Draft, found: Prefix) -> None:
    draft.fact("network", found.network_text, "")
    if found.version == 6:
        draft.fact("broadcast", None, "", "IPv6 has none; ff02::1 reaches all nodes (RFC 4291 §2.7.1)")
    elif found.is_group:
        draft.fact("broadcast", None, "", "groups have none")
    elif found.broadcast is None:
        draft.fact("broadcast", None, "", "a /31 has none (RFC 3021)" if found.length == 31 else "a /32 has none")
    else:
        limited = found.broadcast == (1 << 32) - 1
        note = "also the limited broadcast (RFC 919)" if limited else "directed (RFC 922)"
        draft.fact("broadcast", found.text_of(found.broadcast), "", note)
    if found.usable is None:
        none = "groups are no addresses of hosts" if found.is_group else "no address of a host"
        draft.fact("usable addresses", 0, "1", none)
    else:
        first, last = found.usable
        draft.fact("first usable", found.text_of(first), "", _first_note(found))
        draft.fact("last usable", found.text_of(last), "")
        draft.fact("usable addresses", found.usable_count, "1", _power(found))
    draft.fact("addresses", found.count, "1", say("2^{bits}", bits=found.width - found.length))


def _first_note(found: Prefix) -> str:
    if found.version == 6 and found.length < 127 and found.network:
        return "the subnet's routers anycast (RFC 4291 §2.6.1)"
    if found.usable_count == 2 and found.length in (31, 127):
        return "both usable (RFC 3021)" if found.version == 4 else "both usable (RFC 6164)"
    return ""


def _kind(draft: Draft, found: Prefix) -> None:
    if found.version == 4 and found.length >= 4:
        letter, length = kinds.historical_class(found.value)
        note = "multicast" if letter == "D" else "reserved"
        note = say("was a /{length}", length=length) if length else note
        draft.fact("class", letter, "", say("{note}; history since RFC 4632", note=note))
    host = Prefix(found.version, found.value, found.width)
    kind = kinds.kind(host)
    draft.fact("kind", kind.name, "", listed([kind.source, kind.block], ", ") if kind.block else kind.source)
    draft.fact("globally reachable", kind.reachable, "", kind.meaning)
    whole = kinds.kind(found)
    if whole.name != kind.name:
        draft.fact("kind of the network", whole.name, "", whole.meaning or whole.source)
    draft.fact("registry date", special.PUBLISHED, "", "IANA special-purpose registries")
    if found.version == 6:
        from netlab.addressing.embedded import embedded

        for each in embedded(found.value):
            draft.fact(each.name, each.text, "", each.source)


def _reverse(draft: Draft, found: Prefix) -> None:
    draft.fact("reverse name", reverse.pointer(found.version, found.value), "")
    count = reverse.zone_count(found)
    if found.length < found.width:
        found_zones = list(reverse.zones(found))
        end = "an octet" if found.version == 4 else "a nibble"
        note = say("1 of {count}: /{length} ends inside of {end}", count=count, length=found.length, end=end)
        draft.fact("reverse zone", found_zones[0], "", note if count > 1 else "")
        if count > 1:
            note = say("all: netlab cidr reverse {network}", network=found.network_text)
            draft.fact("last reverse zone", found_zones[-1], "", note)
        delegated = reverse.delegation(found)
        if delegated:
            note = say("delegated as {name} (RFC 2317)", name=delegated[1])
            draft.fact("reverse zone is in", delegated[0], "", note)
    draft.fact("integer", found.value, "")
    draft.fact("hexadecimal", f"0x{found.value:0{found.width // 4}x}", "")
    draft.fact("binary", f"{found.value:0{found.width}b}", "")


class AndRow(NamedTuple):
    """An operand or the result of an AND, cut where the network ends."""

    name: str
    text: str
    network: str
    host: str


Rows = tuple[AndRow, AndRow, AndRow]  # address, mask, network


class And(NamedTuple):
    name: str
    title: str
    rows: Rows


def ands(found: Prefix, shown: int = 0) -> list[And]:
    """Address AND mask = network. IPv6 in hexadecimal, and the 32 bits around the cut, or those with bit `shown`
    (from 1) where that is further left.
    """

    def rows(row: Callable[[str, int], AndRow]) -> Rows:
        return row("address", found.value), row("mask", found.mask), row("network", found.network)

    def octets(name: str, value: int) -> AndRow:
        return AndRow(name, found.text_of(value), *_cut(f"{value:032b}", found.length, 8, "."))

    def nibbles(name: str, value: int) -> AndRow:
        return AndRow(name, "", *_cut(f"{value:032x}", found.length // 4, 4, ":"))

    def near(name: str, value: int) -> AndRow:
        text = f"{value >> shift + 16 & 0xFFFF:04x}:{value >> shift & 0xFFFF:04x}"
        return AndRow(name, text, *_cut(f"{value >> shift & 0xFFFFFFFF:032b}", inside, 8, " "))

    if found.version == 4:
        return [And("AND in bits", "", rows(octets))]
    first = min(max(found.length // 16 - (found.length % 16 == 0), 0), 6)
    if shown:
        first = min(first, (shown - 1) // 16)
    shift, inside = 128 - 16 * (first + 2), found.length - 16 * first
    halved = "AND in hexadecimal, the digit after the mark cut in two" if found.length % 4 else ""
    bits = f"AND in bits {16 * first + 1} to {16 * first + 32}{', all the network' if inside > 32 else ''}"
    return [And("AND in hexadecimal", halved, rows(nibbles)), And("AND in bits", bits, rows(near))]


def and_table(name: str, title: str, rows: tuple[AndRow, ...]) -> Table:
    """A drawing of bits for report/plain_text.py."""
    return Table(name, (Column("", ""), Column("text", ""), Column("network", ""), Column("host", "")), rows, title)


def _cut(digits: str, at: int, group: int, separator: str) -> tuple[str, str]:
    """`digits` in groups, as what is before and what is after the digit number `at`."""
    parts = ["", ""]
    for index, digit in enumerate(digits):
        if index and index % group == 0:
            parts[index > at] += separator
        parts[index >= at] += digit
    return parts[0], parts[1]


def _power(found: Prefix) -> str:
    """How the number of usable addresses comes about."""
    bits, count = found.width - found.length, found.usable_count
    if count == found.count:
        return say("2^{bits}", bits=bits)
    return say("2^{bits} - {others}", bits=bits, others=found.count - count)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Explain an address: network, broadcast, kind, reverse name, and the AND of address and mask in bits.",
    examples=(
        "netlab cidr 10.100.122.2/24",
        "netlab cidr 10.100.122.2 255.255.255.0",
        "netlab cidr fe80::1%eth0/64 --json",
    ),
    plots=False,
    saves=False,
)
