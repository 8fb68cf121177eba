"""The journey in the course's words: which packet belongs to which step, and what is decided there.

The steps are those of lecture 1: the name in the address bar, the address book, local or from elsewhere, the gateway,
from gate to gate, the order and its answer, the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netlab.addressing import destinations, prefix
from netlab.experiments.journey import world
from netlab.experiments.journey.packets import Packet
from netlab.experiments.wire.packet_story import protocol, summary
from netlab.http.url import Url
from netlab.packets.arp import REQUEST
from netlab.packets.ethernet import BROADCAST

BAR, LOCAL, BOOK, GATE, CALL, ORDER, END = range(7)
_TITLES = {
    BAR: "The name in the address bar",
    LOCAL: "Is the address book a local?",
    BOOK: "The address book is asked: DNS",
    GATE: "Is the shop a local?",
    CALL: "From gate to gate: TCP calls the shop",
    ORDER: "The request and its answer: HTTP",
    END: "The end: both sides close",
}


@dataclass(slots=True)
class JourneyStep:
    """One step of one visit; its packets in order."""

    number: int
    visit: int
    kind: int
    words: str
    packets: list[Packet] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What happens."""
        return (
            _TITLES[self.kind]
            if self.visit == 0
            else f"Again: {_TITLES[self.kind][:1].lower()}{_TITLES[self.kind][1:]}"
        )


def steps(packets: Sequence[Packet], url: Url, result: Mapping[str, Any]) -> list[JourneyStep]:
    """All steps of all visits, with their packets; `packet.step` is set."""
    told: list[JourneyStep] = []
    visits = result["visits"]
    for index, visit in enumerate(visits):
        until_ns = visits[index + 1]["began_ns"] if index + 1 < len(visits) else None
        own = [
            each
            for each in packets
            if each.sent_ns >= visit["began_ns"] and (until_ns is None or each.sent_ns < until_ns)
        ]
        sorter = _Sorter()
        by_kind: dict[int, list[Packet]] = {}
        for packet in own:
            by_kind.setdefault(sorter.kind(packet), []).append(packet)
        for kind in _TITLES:
            words = _words(kind, url, visit, result, bool(by_kind.get(kind)))
            if words is not None or kind in by_kind:
                told.append(JourneyStep(len(told) + 1, index, kind, words or "", by_kind.get(kind, [])))
    for step in told:
        for packet in step.packets:
            packet.step = step.number
    return told


class _Sorter:
    """Which step a packet belongs to, by what it is and by what came before it."""

    def __init__(self) -> None:
        self._data = self._ending = False

    def kind(self, packet: Packet) -> int:
        """One of the steps."""
        arp, tcp = packet.arp, packet.tcp
        if arp is not None:
            between = {arp.sender_ip, arp.target_ip}
            client = world.address("client")
            if between == {client, world.address("dns")}:
                return LOCAL
            return GATE if client in between else CALL
        if packet.udp is not None:
            return BOOK
        if tcp is None:
            return CALL  # an ICMP error
        self._ending = self._ending or bool(tcp.fin or (tcp.rst and self._data))
        self._data = self._data or packet.size > 0
        return END if self._ending else ORDER if self._data else CALL


def _words(kind: int, url: Url, visit: Mapping[str, Any], result: Mapping[str, Any], shown: bool) -> str | None:
    """What is to be said of a step; None where there is no such step on this visit."""
    place = visit["addresses"][0] if visit["addresses"] else url.host if not _is_name(url) else None
    if kind == BAR:
        return _bar(url)
    if kind == LOCAL:
        return f"{decision(world.address('dns'))} ARP." if visit["asked"] else None
    if kind == BOOK:
        return _book(url, visit)
    if place is None:
        return None
    if kind == GATE:
        return _gate(place, shown)
    if kind == CALL:
        return _call(result) if shown else None
    if kind == ORDER and visit["status"] is not None:
        return (
            f"{visit['request']['method']} {url.target} is what the shop reads, and {visit['status']} is its word. The "
            "ACKs are TCP's own reports of safe arrival, and no answer to it."
        )
    if kind == END and shown:
        return "Each side says FIN when it has no more to send, and each FIN is acknowledged."
    return None


def _is_name(url: Url) -> bool:
    return not (":" in url.host or all(part.isdecimal() for part in url.host.split(".")))


def _bar(url: Url) -> str:
    what = f"{url}: the protocol is HTTP, the port {url.port}"
    if not _is_name(url):
        return f"{what}, and {url.host} is an address already: no address book is needed."
    return (
        f"{what}, the shop's name {url.host}. Where that is, a browser does not know; the address book (DNS) is at "
        f"{world.address('dns')}."
    )


def _book(url: Url, visit: Mapping[str, Any]) -> str | None:
    if not _is_name(url):
        return None
    if visit["rcode"] not in ("", "NOERROR"):
        return f"{visit['rcode']}: there is no such name. The journey ends here, for nobody knows where to."
    if not visit["addresses"]:
        return f"No address came of it: {visit['failed']}."
    place = visit["addresses"][0]
    if not visit["asked"]:
        return f"Remembered: {url.host} is at {place}. Nothing is asked."
    alias = f", which is another name of {visit['aliases'][-1]}," if visit["aliases"] else ""
    return (
        f"{url.host}{alias} is at {place}: its door number, to be remembered for {visit['ttl_s']} s. (The letters' "
        "case is random: who forges an answer has to guess that, too.)"
    )


def decision(destination: str) -> str:
    """What the client's mask decides: local or from elsewhere, and what follows."""
    own = world.plan("client").interfaces[0]
    source, to = prefix.parse(f"{own.ip}/{own.prefix}"), prefix.parse(destination)
    if to.version != 4:
        return f"{destination} is IPv6, which this network does not speak."
    known = destinations.from_host(source, to)
    if known is not None:
        return f"{destination} is {known.why}."
    seen = prefix.Prefix(4, to.value, source.length)
    anded = f"{destination} AND {to.text_of(source.mask)} = {to.text_of(seen.network)}"
    if source.contains(to):
        return f"{anded}, my own network: a local. Locals one reaches by shouting:"
    return f"{anded}, and my network is {to.text_of(source.network)}: from elsewhere."


def _gate(place: str, shown: bool) -> str | None:
    words = decision(place)
    if not words.endswith("elsewhere."):
        return f"{words} ARP." if words.endswith(":") else words
    gateway = world.address("gateway")
    if not shown:
        return f"{words} So to the gateway, {gateway}, whose MAC address is known by now."
    return (
        f"{words} Who goes abroad goes to customs, who leaves the network to the gateway, {gateway}. Its MAC address "
        "is asked for, never the shop's."
    )


def _call(result: Mapping[str, Any]) -> str:
    words = [
        "Every gate takes the MAC header off, reads the IP header, asks its route table, and puts a new MAC header on."
    ]
    for each in result["kernel"]["routes"]:
        if each["host"] in ("gateway", "router") and each["destination"] != world.address("client"):
            if not each["interface"]:
                way = each["kind"]
            elif each["gateway"]:
                way = f"by {each['gateway']}, out of {each['interface']}"
            else:
                way = f"a local of {each['interface']}"
            words.append(f"The {each['host']}'s kernel: {each['destination']} is {way}.")
    return " ".join(words)


class Teller:
    """What each packet says, in a line; sequence numbers relative to each side's first, as Wireshark shows them."""

    def __init__(self) -> None:
        self._first: dict[tuple[Any, ...], int] = {}

    def say(self, packet: Packet) -> tuple[str, str, str, str]:
        """Sender, receiver, protocol, and what it says."""
        arp, tcp, ip = packet.arp, packet.tcp, packet.first.ip
        found = packet.first.found
        if arp is not None:
            to = "all" if packet.first.ethernet.destination == BROADCAST else world.owner(arp.target_ip)
            mine = world.owner(arp.sender_mac)
            words = (
                f"who has {arp.target_ip}?" if arp.operation == REQUEST else f"{arp.sender_ip} is at {arp.sender_mac}"
            )
            return mine or arp.sender_ip, to or arp.target_ip, "ARP", words
        sender, receiver = (world.owner(each) or each for each in (ip.source, ip.destination)) if ip else ("", "")
        if tcp is None or ip is None:
            return sender, receiver, protocol(found), summary(found)
        own = (ip.source, tcp.source_port, ip.destination, tcp.destination_port)
        theirs = (*own[2:], *own[:2])
        if tcp.syn:
            self._first.setdefault(own, tcp.sequence)
        ports = f"{tcp.source_port} → {tcp.destination_port} {tcp.flags()} "
        words = f"{found.content.summary}, " if found.content else ports
        words += f"seq {(tcp.sequence - self._first.get(own, tcp.sequence)) % 2**32}"
        if tcp.ack:
            words += f" ack {(tcp.acknowledgment - self._first.get(theirs, tcp.acknowledgment)) % 2**32}"
        words += f", {packet.size} B" if packet.size else ""
        return sender, receiver, protocol(found), words + (", again" if packet.again else "")
