"""`netlab cidr same-net A B`: is B a local of A's network, or does A need its gateway? (course, lecture 3)"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import prefix
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix
from netlab.experiments.cidr_address import and_tables
from netlab.measure.progress import Progress
from netlab.measure.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """`source` has a prefix; `destination` may have one of its own."""

    source: str
    destination: str


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Decide as a host does: AND both with my own mask and compare. Raises AddressError."""
    source, destination = prefix.parse(parameters.source), prefix.parse(parameters.destination)
    if "/" not in parameters.source:
        guess = 24 if source.version == 4 else 64
        raise AddressError(
            parameters.source,
            len(parameters.source),
            "no prefix, and that is what decides",
            f"{parameters.source}/{guess}",
        )
    if source.version != destination.version:
        raise AddressError(
            parameters.destination, 0, f"IPv{destination.version}, but A is IPv{source.version}", None,
            "IPv4 and IPv6 share a wire, never a network",
        )  # fmt: skip
    draft = Draft()
    seen = Prefix(source.version, destination.value, source.length)
    local = source.contains(Prefix(source.version, destination.value, source.width))
    who = destination.text_of(destination.value)
    draft.fact("answer", "local" if local else "gateway", "")
    draft.fact("network of A", source.network_text, "", "A AND A's mask")
    draft.fact("B by A's mask", seen.network_text, "", "B AND A's mask")
    draft.tables.append(_both(source, seen))
    asks = "ARP (RFC 826)" if source.version == 4 else "Neighbour Discovery (RFC 4861)"
    if local:
        draft.findings.append(
            f"{who} is a local of {source.network_text}: sent straight to it, {asks} asks for its own MAC address."
        )
        if destination.value in (source.broadcast, source.network) and source.broadcast is not None:
            which = "broadcast address" if destination.value == source.broadcast else "network's own address"
            draft.warnings.append(f"{who} is the {which} of {source.network_text}, not a host.")
    else:
        first = source.length - ((source.network ^ seen.network) >> source.width - source.length).bit_length() + 1
        draft.findings.append(
            f"{who} is not in {source.network_text} (bit {first} of {source.length} differs): sent to the gateway,"
            f" {asks} asks for the gateway's MAC address."
        )
    _other_way(draft, source, destination, local)
    return draft.finish()


def _both(source: Prefix, seen: Prefix) -> Table:
    """One drawing for two ANDs."""
    ours, theirs = and_tables(source)[-1], and_tables(seen)[-1]
    rows = (
        ("A", *ours.rows[0][1:]), ("B", *theirs.rows[0][1:]), ("mask", *ours.rows[1][1:]),
        ("A's net", *ours.rows[2][1:]), ("B's net", *theirs.rows[2][1:]),
    )  # fmt: skip
    return Table(ours.name, (Column("", ""), *ours.columns[1:]), rows)


def _other_way(draft: Draft, source: Prefix, destination: Prefix, local: bool) -> None:
    """B decides with its own mask, which may lead to another answer."""
    if destination.length == destination.width:
        return
    back = destination.contains(Prefix(source.version, source.value, source.width))
    draft.fact("answer of B", "local" if back else "gateway", "", f"B's own network is {destination.network_text}")
    if back != local:
        way = "local" if back else "by the gateway"
        draft.warnings.append(
            f"B thinks otherwise: by its own /{destination.length} the way back is {way}."
            " One of the two masks is wrong."
        )
