"""What lectures 1 and 2 and the RFCs say of a packet's way, held against every packet on every link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from netlab.addressing import prefix
from netlab.experiments.journey import world
from netlab.experiments.journey.packets import Crossing, Packet
from netlab.http.url import Url
from netlab.packets.arp import REQUEST
from netlab.packets.icmp import Icmp
from netlab.report.quantity import Draft

LAYERS_BELOW = {"ARP": {"Ethernet"}, "IPv4": {"Ethernet"}, "UDP": {"IPv4"}, "TCP": {"IPv4"}, "ICMP": {"IPv4"}}


def passages(packets: Sequence[Packet]) -> Iterator[tuple[str, Crossing, Crossing]]:
    """Every time a packet went through a host: which, how it came, how it left."""
    for packet in packets:
        for came in packet.crossings:
            for left in packet.crossings:
                if came.receiver == left.sender and came.link != left.link and came.arrived_ns is not None:
                    yield came.receiver, came, left


def changes(came: Crossing, left: Crossing) -> list[str]:
    """What is different after a host: fields by name."""
    before, after = came.ethernet, left.ethernet
    found = []
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


def checks(draft: Draft, packets: Sequence[Packet], url: Url, result: Mapping[str, Any]) -> None:
    """All of them."""
    _complete(draft, packets)
    _ways(draft, packets, result)
    _shouting(draft, packets)
    first = result["visits"][0]
    if first["asked"]:
        _book(draft, packets, first, result)
    if first["status"] is not None:
        _shop(draft, packets, first, result)


def _complete(draft: Draft, packets: Sequence[Packet]) -> None:
    """Lecture 2: "what runs on the network is complete": never an upper layer without the lower ones."""
    frames = [crossing.found for packet in packets for crossing in packet.crossings]
    whole = 0
    for found in frames:
        names = [layer.name for layer in found.layers if not layer.quoted]
        below = all(set(names[:at]) >= LAYERS_BELOW.get(name, set()) for at, name in enumerate(names))
        notes = [note for layer in found.layers if not layer.quoted for note in layer.notes]
        whole += bool(names) and names[0] == "Ethernet" and below and not notes and found.stopped is None
    draft.check(
        "every packet on every link is complete, its lengths and checksums right",
        "course, lecture 2",
        len(frames),
        whole,
    )


def _ways(draft: Draft, packets: Sequence[Packet], result: Mapping[str, Any]) -> None:
    """What changes on the way, and what stays."""
    over_ip = [packet for packet in packets if packet.first.ip]
    refused = any(packet.first.found.find(Icmp) for packet in packets)  # by a router that knows no way on
    kept = sum(
        world.owner(packet.first.ip.source) == packet.first.sender
        and (packet.lost or _came(packet, world.owner(packet.first.ip.destination)) or refused)
        for packet in over_ip
        if packet.first.ip
    )
    draft.check(
        "from sender to receiver: same IP addresses, ports and data on every stretch",
        "course, lecture 1",
        len(over_ip),
        kept,
    )
    through = [(world.plan(host).kind, host, came, left) for host, came, left in passages(packets)]
    switched = [changes(came, left) for kind, _, came, left in through if kind == "switch"]
    routed = [(host, came, left) for kind, host, came, left in through if kind == "router"]
    draft.check(
        "through the switch (layer 2) nothing changes",
        "course, lecture 2",
        len(switched),
        sum(not each for each in switched),
    )
    if not routed:
        return
    both = sum({"source MAC", "destination MAC"} <= set(changes(came, left)) for _, came, left in routed)
    draft.check("through a router (layer 3) both MAC addresses change", "course, lecture 1", len(routed), both)
    less = [came.ip.ttl - left.ip.ttl for _, came, left in routed if came.ip and left.ip]
    draft.check("and the TTL is one less", "RFC 1812 §5.3.1", len(routed), less.count(1))
    asked, answered = _shouts(packets)
    if len(asked) == len(answered):  # otherwise a packet may still wait in a router for a MAC address
        told = sum(result["kernel"]["forwarded"].values())
        draft.check(
            "the routers' kernels have forwarded as many as we have seen pass",
            "IpForwDatagrams, nstat(8)",
            len(routed),
            told,
        )


def _came(packet: Packet, host: str | None) -> bool:
    return any(each.receiver == host for each in packet.crossings)


def _shouts(packets: Sequence[Packet]) -> tuple[list[Packet], list[Packet]]:
    arps = [packet for packet in packets if packet.arp]
    asked = [each for each in arps if each.arp and each.arp.operation == REQUEST]
    return asked, [each for each in arps if each not in asked]


def _shouting(draft: Draft, packets: Sequence[Packet]) -> None:
    asked, _ = _shouts(packets)
    local = 0
    for packet in asked:
        arp = packet.arp
        assert arp is not None
        host = world.plan(packet.first.sender)
        own = [prefix.parse(f"{each.ip}/{each.prefix}") for each in host.interfaces if each.ip == arp.sender_ip]
        local += any(each.contains(prefix.parse(arp.target_ip)) for each in own)
    draft.check("ARP asks for addresses of one's own subnet only", "RFC 826; course, lecture 1", len(asked), local)


def _book(draft: Draft, packets: Sequence[Packet], visit: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    talk = [packet for packet in packets if packet.udp]
    asked = sum(packet.first.sender == "client" for packet in talk)
    draft.check("each question to the address book is answered", "RFC 1035 §4.1.1", asked, len(talk) - asked)
    called = [packet.first.ip.destination for packet in packets if packet.tcp and packet.tcp.syn and packet.first.ip]
    if visit["addresses"] and called:
        told = result["questions"][-1][2].split(", ")[-1]
        draft.check("the SYN goes to the address in its answer", "course, lecture 1", told, called[0])


def _shop(draft: Draft, packets: Sequence[Packet], visit: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    segments = [packet for packet in packets if packet.tcp]
    order = dict.fromkeys(f"{each.first.sender} {each.tcp.flags()}" for each in segments if each.tcp)
    draft.check(
        "SYN, then SYN+ACK, then ACK",
        "RFC 9293 §3.5",
        "client SYN, shop SYN+ACK, client ACK",
        ", ".join(list(order)[:3]),
    )
    status, digest = result["given"][0]
    draft.check(
        "the request came to the shop as it was sent",
        "SHA-256",
        visit["request"]["sha256"][:16],
        result["taken"][0][:16],
    )
    draft.check("the status that came is the one that the shop gave", "RFC 9110 §15", status, visit["status"])
    if digest is not None:
        draft.check("its answer came intact", "SHA-256", digest[:16], visit["sha256"][:16])
    closers = {each.first.sender for each in segments if each.tcp and each.tcp.fin}
    draft.check("both sides said FIN", "RFC 9293 §3.6", "client, shop", ", ".join(sorted(closers)))


def changed_on_the_way(packet: Packet) -> list[str]:
    """In words, for each host that it went through: "switch: nothing"."""
    words = []
    for came, left in pairwise(packet.crossings):
        if came.receiver == left.sender:
            found = ", ".join(changes(came, left)) or "nothing"
            words.append(f"{left.sender}: {found.replace('source MAC, destination MAC', 'both MACs')}")
    return words
