"""`netlab cidr`: this machine's interfaces, and which way a packet to a given address goes (course, lecture 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from netlab.addressing import destinations, kinds, prefix
from netlab.addressing.prefix import Prefix
from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.addresses.cidr_interfaces_rows import AddressRow
from netlab.linux import netlink, routes
from netlab.linux.interfaces import InterfaceAddresses, interfaces
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of

Gateways = dict[tuple[str, int], Prefix]  # of an interface and a version of IP


@dataclass(frozen=True, slots=True)
class Parameters:
    """`to`: an address to decide the way to, or none."""

    to: Annotated[str | None, Option("Local or by the gateway? Checked with the kernel.", "ADDRESS")] = None


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Read the kernel's tables; with `to`, decide by masks alone, then ask the kernel and compare."""
    wanted = prefix.parse_address(parameters.to) if parameters.to is not None else None
    here = interfaces()
    if wanted and wanted.zone:
        wanted = replace(wanted, zone=_zone(wanted.zone, here))
    draft = Draft()
    gateways = routes.default_gateways()
    rows = [_row(each, address, gateways, wanted) for each in here for address in each.addresses]
    named, without = {"way": f"to {parameters.to}"}, () if wanted else ("way",)
    draft.tables.append(table_of(AddressRow, rows, named=named, without=without))
    idle = [each.name for each in here if not each.addresses]
    if idle:
        draft.finding(say("Without an address: {idle}.", idle=", ".join(idle)))
    if wanted:
        _decide(draft, wanted, here, gateways)
    return draft.finish()


def _row(interface: InterfaceAddresses, address: Prefix, gateways: Gateways, wanted: Prefix | None) -> AddressRow:
    gateway = None if destinations.is_link_local(address) else gateways.get((interface.name, address.version))
    broadcast = address.broadcast if _has_broadcast(address) else None
    return AddressRow(
        address=f"{address.text_of(address.value)}/{address.length}",
        interface=interface.name,
        way=_way(address, wanted, gateway) if wanted else None,
        network=address.network_text,
        broadcast=address.text_of(broadcast) if broadcast else None,
        default_gateway=gateway.text_of(gateway.value) if gateway else None,
        kind=kinds.kind(Prefix(address.version, address.value, address.width)).name,
        mac=str(interface.mac) if interface.mac else None,
        state="up" if interface.up else "down",
    )


def _has_broadcast(address: Prefix) -> bool:
    """Loopback has no broadcast, though by its mask it would (RFC 1122 §3.2.1.3)."""
    return address.version == 4 and address.value >> 24 != 127


def _zone(zone: str, here: list[InterfaceAddresses]) -> str:
    """The interface that a zone means: its name, or its number (RFC 4007 §11.2). UsageError where there is none."""
    name = routes.interface_name(int(zone)) if zone.isascii() and zone.isdigit() and len(zone) < 10 else zone
    names = [interface.name for interface in here]
    if name not in names:
        raise UsageError(f"there is no interface '{zone}' for the zone", f"there are {', '.join(names)}")
    return name


def _way(address: Prefix, wanted: Prefix, gateway: Prefix | None) -> str | None:
    """What this one address, its mask and its interface's gateway say of a destination."""
    if address.version != wanted.version:
        return None
    known = destinations.of_any_host(wanted)
    if known is not None:
        return known.answer
    if address.value == wanted.value:
        return "itself"
    if address.contains(wanted):
        return "local"
    return "gateway" if gateway and not destinations.is_link_local(wanted) else "no way"


def _decide(draft: Draft, wanted: Prefix, here: list[InterfaceAddresses], gateways: Gateways) -> None:
    """Ours by masks and default gateways alone; the kernel's by all of its routing tables and rules."""
    ours = _by_masks(wanted, here, gateways)
    source = ""
    try:
        kernel = routes.decide(wanted)
    except netlink.RefusedError:
        theirs = "no way"
    else:
        theirs = _words(kernel)
        source = say(", from {source}", source=kernel.source.text_of(kernel.source.value)) if kernel.source else ""
    to = wanted.text_of(wanted.value)
    known = destinations.of_any_host(wanted)
    if known is not None and known.answer != "itself":  # each kernel has its own way with those
        draft.finding(say("{to} is {why}. No mask decides here.", to=to, why=known.why))
        draft.finding(say("To {to} by the kernel: {theirs}{source}.", to=to, theirs=theirs, source=source))
        return
    draft.finding(say("To {to} by masks alone: {ours}.", to=to, ours=ours))
    draft.finding(say("To {to} by the kernel: {theirs}{source}.", to=to, theirs=theirs, source=source))
    if destinations.is_link_local(wanted) and (wanted.version == 4 or not wanted.zone):
        draft.finding(say("{to} is link-local: {why}.", to=to, why=_of_link_local(wanted, here)))
        return
    claim = say("the kernel sends {to} the way its masks say", to=to)
    draft.check(claim, "RTM_GETROUTE, rtnetlink(7)", ours, theirs)
    if ours != theirs:
        draft.warnings.append("The kernel knows more than masks: see 'ip route' and 'ip rule'.")


def _of_link_local(wanted: Prefix, here: list[InterfaceAddresses]) -> str:
    """Why the kernel may well differ from what the masks say."""
    if wanted.version == 4:
        return "it has no gateway (RFC 3927 §2.7); Linux sends it to one all the same, unless a route says otherwise"
    on = [each.name for each in here if any(map(destinations.is_link_local, each.addresses))] or [here[0].name]
    example = f"{wanted.text_of(wanted.value)}%{on[0]}"
    return say("which link is for a zone to say, as in {example} (RFC 4007)", example=example)


def _by_masks(wanted: Prefix, here: list[InterfaceAddresses], gateways: Gateways) -> str:
    """The longest of our prefixes that has the destination; else a default gateway; else no way."""
    if destinations.is_loopback(wanted):
        return "this machine itself"
    best: tuple[int, str] | None = None
    for interface in here:
        for address in interface.addresses if interface.up else ():
            if address.version != wanted.version or (wanted.zone and interface.name != wanted.zone):
                continue
            if address.value == wanted.value:
                return "this machine itself"
            if address.contains(wanted) and (best is None or address.length > best[0]):
                broadcast = wanted.value == address.broadcast and _has_broadcast(address)
                on = interface.name
                best = address.length, say("broadcast on {on}", on=on) if broadcast else say("local on {on}", on=on)
    if best:
        return best[1]
    for (interface_name, version), gateway in gateways.items():
        if version == wanted.version and not destinations.is_link_local(wanted):
            return say("gateway {at} on {interface}", at=gateway.text_of(gateway.value), interface=interface_name)
    return "no way"


def _words(decision: routes.Decision) -> str:
    if decision.kind == "local":
        return "this machine itself"
    if decision.kind == "broadcast":
        return say("broadcast on {interface}", interface=decision.interface)
    if decision.kind != "unicast":
        return decision.kind
    if decision.gateway:
        at = decision.gateway.text_of(decision.gateway.value)
        return say("gateway {at} on {interface}", at=at, interface=decision.interface)
    return say("local on {interface}", interface=decision.interface)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="List this machine's addresses with network, broadcast, kind, MAC address and default gateway.",
    examples=("netlab cidr", "netlab cidr --to 8.8.8.8"),
    plots=False,
    saves=False,
)
