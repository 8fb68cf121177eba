"""`netlab cidr same-net A B`: is B a local of A's network, or does A need its gateway? (course, lecture 3)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.addressing import destinations, prefix
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix
from netlab.experiment import Experiment
from netlab.experiments.addresses.cidr_address import and_tables
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """`source` has a prefix; `destination` may have one of its own."""

    source: Annotated[str, Argument("My address with its prefix: 192.168.0.2/24.", "A")]
    destination: Annotated[str, Argument("Whom I want to reach.", "B")]


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
            parameters.destination,
            0,
            f"IPv{destination.version}, but A is IPv{source.version}",
            None,
            "IPv4 and IPv6 share a wire, never a network",
        )
    draft = Draft()
    seen = Prefix(source.version, destination.value, source.length)
    known = destinations.from_host(source, destination)
    local = source.contains(Prefix(source.version, destination.value, source.width))
    who = destination.text_of(destination.value)
    draft.fact("answer", known.answer if known else "local" if local else "gateway", "")
    draft.fact("network of A", source.network_text, "", "A AND A's mask")
    draft.fact("B by A's mask", seen.network_text, "", "B AND A's mask")
    differs = 0 if local else _first_difference(source, seen)
    draft.tables.append(_both(source, seen, differs))
    if known:
        draft.findings.append(f"{who} is {known.why}.")
        return draft.finish()
    asks = "ARP (RFC 826)" if source.version == 4 else "Neighbour Discovery (RFC 4861)"
    if local:
        draft.findings.append(
            f"{who} is a local of {source.network_text}: sent straight to it, {asks} asks for its own MAC address."
        )
        if source.broadcast is not None and destination.value == source.network:
            draft.warnings.append(f"{who} is the network's own address of {source.network_text}, not a host.")
    else:
        draft.findings.append(
            f"{who} is not in {source.network_text} (bit {differs} of {source.length} differs): sent to the gateway,"
            f" {asks} asks for the gateway's MAC address."
        )
    _other_way(draft, source, destination, local)
    return draft.finish()


def _first_difference(source: Prefix, seen: Prefix) -> int:
    """The first bit, counted from 1, in which the two networks differ."""
    return source.width + 1 - (source.network ^ seen.network).bit_length()


def _both(source: Prefix, seen: Prefix, differs: int) -> Table:
    """One drawing for two ANDs, with the first bit that differs in it (0: none does)."""
    ours, theirs = and_tables(source, differs)[-1], and_tables(seen, differs)[-1]
    rows = (
        ("A", *ours.rows[0][1:]),
        ("B", *theirs.rows[0][1:]),
        ("mask", *ours.rows[1][1:]),
        ("A's net", *ours.rows[2][1:]),
        ("B's net", *theirs.rows[2][1:]),
    )
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


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Say whether B is a local of A's network or behind A's gateway, and draw why.",
    examples=(
        "netlab cidr same-net 192.168.0.2/24 192.168.1.2",
        "netlab cidr same-net 2001:db8::1/64 2001:db8::2 --json",
    ),
    plots=False,
    saves=False,
)
