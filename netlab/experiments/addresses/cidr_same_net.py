"""`netlab cidr same-net A B`: is B a local of A's network, or does A need its gateway? (course, lecture 3)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.addressing import destinations, prefix
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix
from netlab.experiment import Experiment
from netlab.experiments.addresses.cidr_address import and_table, ands
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """`source` has a prefix; `destination` may have one of its own."""

    source: Annotated[str, Argument("My address with its prefix: 192.168.0.2/24.", "A")]
    destination: Annotated[str, Argument("Whom I want to reach.", "B")]


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Decide as a host does: AND both with my own mask and compare. Raises AddressError."""
    source, destination = prefix.parse(parameters.source), prefix.parse(parameters.destination)
    if "/" not in parameters.source:
        example = f"{parameters.source}/{24 if source.version == 4 else 64}"
        raise AddressError(parameters.source, len(parameters.source), "no prefix, and that is what decides", example)
    if source.version != destination.version:
        what = f"IPv{destination.version}, but A is IPv{source.version}"
        raise AddressError(parameters.destination, 0, what, None, "IPv4 and IPv6 share a wire, never a network")
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
    draft.answer = say("{who} is a local.", who=who) if local else say("{who} is reached by the gateway.", who=who)
    if known:
        draft.finding(say("{who} is {why}.", who=who, why=known.why))
        return draft.finish()
    asks = "ARP (RFC 826)" if source.version == 4 else "Neighbour Discovery (RFC 4861)"
    if local:
        text = "{who} is a local of {network}: sent straight to it, {asks} asks for its own MAC address."
        draft.finding(say(text, who=who, network=source.network_text, asks=asks))
        if source.broadcast is not None and destination.value == source.network:
            text = "{who} is the network's own address of {network}, not a host."
            draft.warnings.append(say(text, who=who, network=source.network_text))
    else:
        why = say("bit {differs} of {length} differs", differs=differs, length=source.length)
        text = "{who} is not in {network} ({why}): sent to the gateway, {asks} asks for the gateway's MAC address."
        draft.finding(say(text, who=who, network=source.network_text, why=why, asks=asks))
    _other_way(draft, source, destination, local)
    return draft.finish()


def _first_difference(source: Prefix, seen: Prefix) -> int:
    """The first bit, counted from 1, in which the two networks differ."""
    return source.width + 1 - (source.network ^ seen.network).bit_length()


def _both(source: Prefix, seen: Prefix, differs: int) -> Table:
    """One drawing for two ANDs, with the first bit that differs in it (0: none does)."""
    name, title, (ours, mask, our_net) = ands(source, differs)[-1]
    theirs, _, their_net = ands(seen, differs)[-1].rows
    nets = our_net._replace(name="A's net"), their_net._replace(name="B's net")
    return and_table(name, title, (ours._replace(name="A"), theirs._replace(name="B"), mask, *nets))


def _other_way(draft: Draft, source: Prefix, destination: Prefix, local: bool) -> None:
    """B decides with its own mask, which may lead to another answer."""
    if destination.length == destination.width:
        return
    back = destination.contains(Prefix(source.version, source.value, source.width))
    note = say("B's own network is {network}", network=destination.network_text)
    draft.fact("answer of B", "local" if back else "gateway", "", note)
    if back != local:
        text = "B thinks otherwise: by its own /{length} the way back is {way}. One of the two masks is wrong."
        draft.warnings.append(say(text, length=destination.length, way="local" if back else "by the gateway"))


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
