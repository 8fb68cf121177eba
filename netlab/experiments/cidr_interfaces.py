"""`netlab cidr`: the interfaces of this machine, and which way a packet to a given address goes. (course,
lecture 3)
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import kinds, prefix
from netlab.addressing.prefix import Prefix
from netlab.kernel import netlink, routes
from netlab.kernel.interfaces import Interface, interfaces
from netlab.measure.progress import Progress
from netlab.measure.quantity import Column, Draft, Measurement, Table, Value


@dataclass(frozen=True, slots=True)
class Parameters:
    """`to`: an address to decide the way to, or none."""

    to: str | None = None


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Read the kernel's tables; with `to`, decide by masks alone, then ask the kernel and compare."""
    wanted = prefix.parse_address(parameters.to) if parameters.to is not None else None
    draft = Draft()
    here = interfaces()
    gateways = routes.default_gateways()
    columns: tuple[str, ...] = ("address", "interface", "network", "broadcast", "default gateway")
    columns += ("kind", "MAC", "state")
    rows: list[tuple[Value, ...]] = []
    for interface in here:
        for address in interface.addresses:
            gateway = None if _is_link_local(address) else gateways.get((interface.name, address.version))
            row: tuple[Value, ...] = (
                f"{address.text_of(address.value)}/{address.length}",
                interface.name,
                address.network_text,
                address.text_of(address.broadcast) if _has_broadcast(address) and address.broadcast else None,
                gateway.text_of(gateway.value) if gateway else None,
                kinds.kind(Prefix(address.version, address.value, address.width)).name,
                str(interface.mac) if interface.mac else None,
                "up" if interface.up else "down",
            )
            rows.append((*row[:2], _way(address, wanted, gateway), *row[2:]) if wanted else row)
    if wanted:
        columns = (*columns[:2], f"to {parameters.to}", *columns[2:])
    draft.tables.append(Table("Addresses", tuple(Column(name, "") for name in columns), tuple(rows)))
    idle = [each.name for each in here if not each.addresses]
    if idle:
        draft.findings.append(f"Without an address: {', '.join(idle)}.")
    if wanted:
        _decide(draft, wanted, here, gateways)
    return draft.finish()


def _has_broadcast(address: Prefix) -> bool:
    """Loopback has no broadcast, though by its mask it would (RFC 1122 §3.2.1.3)."""
    return address.version == 4 and address.value >> 24 != 127


def _is_link_local(address: Prefix) -> bool:
    """fe80::/10: never forwarded, so no gateway is of use (RFC 4291 §2.5.6)."""
    return address.version == 6 and address.value >> 118 == 0xFE80 >> 6


def _way(address: Prefix, wanted: Prefix, gateway: Prefix | None) -> str | None:
    """What this one address, its mask and its interface's gateway say of a destination."""
    if address.version != wanted.version:
        return None
    if address.value == wanted.value:
        return "itself"
    if address.contains(wanted):
        return "local"
    return "gateway" if gateway else "no way"


def _decide(draft: Draft, wanted: Prefix, here: list[Interface], gateways: dict[tuple[str, int], Prefix]) -> None:
    """Ours by masks and default gateways alone; the kernel's by all of its routing tables and rules."""
    ours = _by_masks(wanted, here, gateways)
    source = ""
    try:
        kernel = routes.decide(wanted)
    except netlink.RefusedError:
        theirs = "no way"
    else:
        theirs = _words(kernel)
        source = f", from {kernel.source.text_of(kernel.source.value)}" if kernel.source else ""
    text = wanted.text_of(wanted.value)
    draft.findings.append(f"To {text} by masks alone: {ours}.")
    draft.findings.append(f"To {text} by the kernel: {theirs}{source}.")
    draft.check(f"the kernel sends {text} the way its masks say", "RTM_GETROUTE, rtnetlink(7)", ours, theirs)
    if ours != theirs:
        draft.warnings.append("The kernel knows more than masks: see 'ip route' and 'ip rule'.")


def _by_masks(wanted: Prefix, here: list[Interface], gateways: dict[tuple[str, int], Prefix]) -> str:
    """The longest of our prefixes that has the destination; else a default gateway; else no way."""
    if kinds.kind(wanted).name.startswith("multicast"):
        return "multicast"
    best: tuple[int, str] | None = None
    for interface in here:
        for address in interface.addresses if interface.up else ():
            if address.version != wanted.version or (wanted.zone and interface.name != wanted.zone):
                continue
            if address.value == wanted.value or (wanted.version == 4 and wanted.value >> 24 == 127):
                return "this machine itself"
            if address.contains(wanted) and (best is None or address.length > best[0]):
                broadcast = wanted.value == address.broadcast and _has_broadcast(address)
                best = address.length, f"{'broadcast' if broadcast else 'local'} on {interface.name}"
    if best:
        return best[1]
    for (interface_name, version), gateway in gateways.items():
        if version == wanted.version:
            return f"gateway {gateway.text_of(gateway.value)} on {interface_name}"
    return "no way"


def _words(decision: routes.Decision) -> str:
    if decision.kind == "local":
        return "this machine itself"
    if decision.kind == "multicast":
        return "multicast"
    if decision.kind == "broadcast":
        return f"broadcast on {decision.interface}"
    if decision.kind != "unicast":
        return decision.kind
    if decision.gateway:
        return f"gateway {decision.gateway.text_of(decision.gateway.value)} on {decision.interface}"
    return f"local on {decision.interface}"
