"""What lectures 1 and 2 and the RFCs say of a packet's way, compared with every packet on every link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from netlab.addressing import prefix
from netlab.experiments.journey import world
from netlab.experiments.journey.journey_result import JourneyResult, ShopResponse, Visit
from netlab.experiments.journey.packets import Crossing, Packet
from netlab.packets.arp import REQUEST, Arp
from netlab.packets.dissect import Dissection
from netlab.packets.icmp import Icmp
from netlab.report.quantity import Draft, Evidence

LAYERS_BELOW = {"ARP": {"Ethernet"}, "IPv4": {"Ethernet"}, "UDP": {"IPv4"}, "TCP": {"IPv4"}, "ICMP": {"IPv4"}}

_MOST_EVIDENCE = 20  # packets for one check


def transits(packets: Sequence[Packet]) -> Iterator[tuple[str, Crossing, Crossing]]:
    """Every time a packet went through a host: which, how it came, how it left."""
    for packet in packets:
        for came in packet.crossings:
            for left in packet.crossings:
                if came.receiver == left.sender and came.link != left.link and came.arrived_ns is not None:
                    yield came.receiver, came, left


def changes(came: Crossing, left: Crossing) -> list[str]:
    """What is different after a host: fields by name."""
    before, after = came.ethernet, left.ethernet
    found: list[str] = []
    if before.source != after.source:
        found.append("source MAC")
    if before.destination != after.destination:
        found.append("destination MAC")
    if came.ip and left.ip:
        found += ["TTL"] * (came.ip.ttl != left.ip.ttl)
        found += ["checksum"] * (came.ip.checksum != left.ip.checksum)
    if not found and came.found.frame != left.found.frame:
        found.append("something else")
    return found


def changed_on_the_way(packet: Packet) -> list[str]:
    """In words, for each host that it went through: "switch: nothing"."""
    words: list[str] = []
    for came, left in pairwise(packet.crossings):
        if came.receiver == left.sender:
            found = ", ".join(changes(came, left)) or "nothing"
            words.append(f"{left.sender}: {found.replace('source MAC, destination MAC', 'both MACs')}")
    return words


def checks(draft: Draft, packets: Sequence[Packet], result: JourneyResult) -> None:
    """All of them."""
    _complete(draft, packets)
    _end_to_end(draft, packets)
    _transits(draft, packets, result)
    _arp(draft, packets)
    first = result.visits[0]
    if first.lookup.asked:
        _dns(draft, packets, first, result)
    if first.response is not None:
        _http(draft, packets, first, first.response, result)


def _seen(packets: Iterable[Packet]) -> list[Evidence]:
    return [Evidence(packet=packet.number) for packet in packets][:_MOST_EVIDENCE]


def _complete(draft: Draft, packets: Sequence[Packet]) -> None:
    """Lecture 2: "what runs on the network is complete": never an upper layer without the lower ones."""
    frames = [crossing.found for packet in packets for crossing in packet.crossings]
    claim = "every packet on every link is complete, its lengths and checksums right"
    draft.check(claim, "course, lecture 2", len(frames), sum(map(_is_complete, frames)), Evidence(table="stretches"))


def _is_complete(found: Dissection) -> bool:
    own = [layer for layer in found.layers if not layer.quoted]
    names = [layer.name for layer in own]
    below = all(set(names[:at]) >= LAYERS_BELOW.get(name, set()) for at, name in enumerate(names))
    return names[:1] == ["Ethernet"] and below and not any(layer.notes for layer in own) and found.stopped is None


def _end_to_end(draft: Draft, packets: Sequence[Packet]) -> None:
    refused = any(packet.first.found.find(Icmp) for packet in packets)  # by a router that knows no way on
    ends = [
        (packet, world.owner(ip.source), world.owner(ip.destination)) for packet in packets if (ip := packet.first.ip)
    ]
    kept = sum(
        source == packet.first.sender and (packet.lost or refused or _reached(packet, destination))
        for packet, source, destination in ends
    )
    claim = "from sender to receiver: same IP addresses, ports and data on every stretch"
    draft.check(claim, "course, lecture 1", len(ends), kept, Evidence(table="stretches"))


def _reached(packet: Packet, host: str | None) -> bool:
    return any(each.receiver == host for each in packet.crossings)


def _transits(draft: Draft, packets: Sequence[Packet], result: JourneyResult) -> None:
    """What a switch and a router change."""
    through = [(world.plan(host).kind, came, left) for host, came, left in transits(packets)]
    switched = [changes(came, left) for kind, came, left in through if kind == "switch"]
    unchanged = sum(not each for each in switched)
    stretches = Evidence(table="stretches")
    claim = "through the switch (layer 2) nothing changes"
    draft.check(claim, "course, lecture 2", len(switched), unchanged, stretches)
    routed = [(came, left) for kind, came, left in through if kind == "router"]
    if not routed:
        return
    both = sum({"source MAC", "destination MAC"} <= set(changes(came, left)) for came, left in routed)
    claim = "through a router (layer 3) both MAC addresses change"
    draft.check(claim, "course, lecture 1", len(routed), both, stretches)
    less = [came.ip.ttl - left.ip.ttl for came, left in routed if came.ip and left.ip]
    draft.check("and the TTL is one less", "RFC 1812 §5.3.1", len(routed), less.count(1), stretches)
    messages = [packet.arp for packet in packets if packet.arp]
    if 2 * sum(map(_is_request, messages)) == len(messages):  # or a packet may still wait in a router for a MAC address
        claim, told = "the routers' kernels have forwarded as many as we have seen pass", result.kernel.forwarded
        draft.check(claim, "IpForwDatagrams, nstat(8)", len(routed), sum(told.values()), Evidence(fact="gates passed"))


def _is_request(arp: Arp) -> bool:
    return arp.operation == REQUEST


def _arp(draft: Draft, packets: Sequence[Packet]) -> None:
    asked = [(packet.first.sender, packet.arp) for packet in packets if packet.arp and _is_request(packet.arp)]
    local = sum(_is_local(host, arp) for host, arp in asked)
    seen = _seen(packet for packet in packets if packet.arp and _is_request(packet.arp))
    claim = "ARP asks for addresses of one's own subnet only"
    draft.check(claim, "RFC 826; course, lecture 1", len(asked), local, *seen)


def _is_local(host: str, arp: Arp) -> bool:
    """Whether the address asked for is in the subnet of the interface that asks."""
    own = [each for each in world.plan(host).interfaces if each.ip == arp.sender_ip]
    return any(prefix.parse(f"{each.ip}/{each.prefix}").contains(prefix.parse(arp.target_ip)) for each in own)


def _dns(draft: Draft, packets: Sequence[Packet], visit: Visit, result: JourneyResult) -> None:
    messages = [packet for packet in packets if packet.udp]
    asked = sum(packet.first.sender == "client" for packet in messages)
    claim = "each question to the address book is answered"
    draft.check(claim, "RFC 1035 §4.1.1", asked, len(messages) - asked, *_seen(messages))
    called = [packet.first.ip.destination for packet in packets if packet.tcp and packet.tcp.syn and packet.first.ip]
    if visit.lookup.addresses and called:
        answered = result.dns_answers[-1].split(", ")[-1]
        syn = [packet for packet in packets if packet.tcp and packet.tcp.syn][:1]
        claim = "the SYN goes to the address in its answer"
        draft.check(claim, "course, lecture 1", answered, called[0], *_seen([*messages[-1:], *syn]))


def _http(draft: Draft, packets: Sequence[Packet], visit: Visit, response: ShopResponse, result: JourneyResult) -> None:
    segments = [(packet.first.sender, packet.tcp) for packet in packets if packet.tcp]
    order = list(dict.fromkeys(f"{sender} {tcp.flags()}" for sender, tcp in segments))
    opening = "client SYN, shop SYN+ACK, client ACK"
    streams = [packet for packet in packets if packet.tcp]
    draft.check("SYN, then SYN+ACK, then ACK", "RFC 9293 §3.5", opening, ", ".join(order[:3]), *_seen(streams[:3]))
    taken, given = result.taken[0], result.given[0]
    data = _seen(packet for packet in streams if packet.size)
    claim = "the request came to the shop as it was sent"
    draft.check(claim, "SHA-256", visit.sha256[:16], taken[:16], *data[:1])
    claim = "the status that came is the one that the shop gave"
    draft.check(claim, "RFC 9110 §15", given.status, response.status, Evidence(fact="HTTP status"))
    if given.sha256 is not None:
        draft.check("its answer came intact", "SHA-256", given.sha256[:16], response.sha256[:16], *data[1:])
    closers = sorted({sender for sender, tcp in segments if tcp.fin})
    fins = _seen(packet for packet in streams if packet.tcp and packet.tcp.fin)
    draft.check("both sides said FIN", "RFC 9293 §3.6", "client, shop", ", ".join(closers), *fins)
