"""`netlab mac ADDRESS`: what a MAC address says of itself, and the addresses made from it (course, lecture 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.addressing import ipv4, ipv6, kinds, mac, oui, prefix
from netlab.addressing.mac import Mac
from netlab.addressing.mistakes import AddressError
from netlab.experiment import Experiment
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.phrase import listed, say
from netlab.report.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """`address`: a MAC address, or an IP group to find the MAC address of."""

    address: Annotated[str, Argument("In any notation; or an IP group, for its MAC address.", "ADDRESS")]


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Explain the address; raises AddressError where it is none."""
    draft = Draft()
    try:
        found = mac.parse(parameters.address)
    except AddressError:
        group = _group(parameters.address)
        if group is None:
            raise
        found = mac.of_group4(group.value) if group.version == 4 else mac.of_group6(group.value)
        source = "RFC 1112 §6.4" if group.version == 4 else "RFC 2464 §7"
        how = say("{kind}; to a MAC address by {source}", kind=kinds.kind(group).name, source=source)
        draft.fact("group", group.text_of(group.value), "", how)
    draft.fact("address", str(found), "", say("EUI-{bits}", bits=found.bits))
    draft.fact("IEEE notation", found.text("-").upper(), "")
    draft.fact("dotted notation", found.text(".", 4), "")
    draft.fact("bare", found.text(""), "")
    _bits(draft, found)
    _vendor(draft, found)
    if found.known_as:
        name, note = found.known_as
        draft.fact("known as", name, "", note)
    _made_from_it(draft, found)
    return draft.finish()


def _group(text: str) -> prefix.Prefix | None:
    """The text as an address of a group of IPv4 or IPv6; None if it is something else."""
    try:
        found = prefix.parse_address(text)
    except AddressError:
        return None
    return found if found.is_group else None


def _bits(draft: Draft, found: Mac) -> None:
    first = found.octets[0]
    group = "a group" if found.is_group else "one station"
    if found.value == mac.BROADCAST and found.bits == 48:
        group = "broadcast"
    draft.fact("I/G bit", first & 1, "1", group)
    draft.fact("U/L bit", first >> 1 & 1, "1", "made up locally" if found.is_local else "given out by the IEEE")
    rows: list[tuple[str, int, str, str]] = [
        ("I/G", 7, str(first & 1), group),
        ("U/L", 6, str(first >> 1 & 1), "local" if found.is_local else "universal"),
    ]
    if found.slap:
        y, z = first >> 2 & 1, first >> 3 & 1
        rows += [("Y", 5, str(y), "with Z, the SLAP quadrant"), ("Z", 4, str(z), f"quadrant {y}{z}, {found.slap}")]
        draft.fact("SLAP quadrant", found.slap, "", say("Y={y} Z={z} (IEEE 802c, RFC 8948)", y=y, z=z))
    columns = (Column("bit", ""), Column("position", "1"), Column("value", ""), Column("meaning", ""))
    title = say("First octet, {first:02x}: {first:08b}", first=first)
    draft.tables.append(Table("First octet", columns, tuple(rows), title))


def _vendor(draft: Draft, found: Mac) -> None:
    registry = oui.registry()
    assigned = registry.find(found)
    if assigned is not None:
        draft.fact("vendor", assigned.owner, "", listed([assigned.registry, assigned.text], " "))
    elif found.is_local:
        draft.fact("vendor", None, "", "a local address has none")
    else:
        draft.fact("vendor", None, "", "not in the listings, or not public")
    note = say("IEEE MA-L, MA-M, MA-S; {assignments:,} assignments", assignments=len(registry))
    draft.fact("registry date", registry.date, "", note)


def _made_from_it(draft: Draft, found: Mac) -> None:
    groups = mac.groups4(found)
    low = mac.group6(found)
    if groups:
        shown = ", ".join(map(ipv4.to_text, groups))
        draft.fact("IPv4 groups", len(groups), "1", "5 of a group's 28 bits are not in it (RFC 1112 §6.4)")
        draft.finding(say("All of these groups have this MAC address: {shown}.", shown=shown))
    elif low is not None:
        above = 1 << 32 if low >> 24 == 0xFF else 0  # solicited-node, or else as short as they are
        example = ipv6.to_text(0xFF02 << 112 | above | low)
        draft.fact("IPv6 groups", f"{example}, for one", "", "all that end in these 32 bits (RFC 2464 §7)")
        if low >> 24 == 0xFF:
            group = ipv6.to_text(0xFF02 << 112 | 1 << 32 | low)
            draft.fact("solicited-node group", group, "", "of every address ending so")
    interface_id = found.interface_id
    if interface_id is None:
        draft.fact("interface id", None, "", "a group has none (RFC 4291 §2.5.1)")
        return
    text = ipv6.full_text(interface_id)[20:]
    draft.fact("interface id", text, "", "modified EUI-64: U/L inverted (RFC 4291 appendix A)")
    link_local = found.link_local
    assert link_local is not None
    draft.fact("link-local IPv6", ipv6.to_text(link_local), "", "RFC 2464 §5; many hosts use RFC 7217 instead")
    group = ipv6.to_text(0xFF02 << 112 | 1 << 32 | 0xFF000000 | link_local & 0xFFFFFF)
    draft.fact("solicited-node group", group, "", "RFC 4291 §2.7.1")


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Explain a MAC address: vendor, I/G and U/L bits, groups, modified EUI-64 and link-local IPv6.",
    examples=("netlab mac 00:1b:21:aa:bb:cc", "netlab mac 001b.21aa.bbcc --json", "netlab mac 224.0.0.251"),
    plots=False,
    saves=False,
)
