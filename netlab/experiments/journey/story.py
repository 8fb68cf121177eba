"""The journey in the course's words: which packet belongs to which step, and what is decided there.

The steps are those of lecture 1: the name in the address bar, the address book, local or from elsewhere, the gateway,
from gate to gate, the order and its answer, the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from netlab.addressing import destinations, prefix
from netlab.experiments.journey import world
from netlab.experiments.journey.journey_result import JourneyResult, Visit
from netlab.experiments.journey.journey_rows import NO_GATEWAY, RouteRow
from netlab.experiments.journey.packets import Flow, Packet
from netlab.experiments.wire.packet_story import protocol, summary
from netlab.http.url import Url
from netlab.packets.arp import REQUEST, Arp
from netlab.packets.ethernet import BROADCAST
from netlab.report.phrase import listed, say


class StepKind(Enum):
    """What happens in a step, in the order of the journey."""

    BAR = "The name in the address bar"
    LOCAL = "Is the address book a local?"
    BOOK = "The address book is asked: DNS"
    GATE = "Is the shop a local?"
    CALL = "From gate to gate: TCP calls the shop"
    ORDER = "The request and its answer: HTTP"
    END = "The end: both sides close"


@dataclass(slots=True)
class JourneyStep:
    """One step of one visit (0 is the first); its packets in order."""

    number: int
    visit: int
    kind: StepKind
    words: str
    packets: list[Packet] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What happens."""
        title = self.kind.value
        return title if self.visit == 0 else say("Again: {title}", title=f"{title[:1].lower()}{title[1:]}")


def steps(packets: Sequence[Packet], url: Url, result: JourneyResult) -> list[JourneyStep]:
    """All steps of all visits, with their packets; `packet.step` is set."""
    story: list[JourneyStep] = []
    for number, (visit, own) in enumerate(by_visit(packets, result)):
        classify = _Classifier()
        by_kind: dict[StepKind, list[Packet]] = {}
        for packet in own:
            by_kind.setdefault(classify.kind(packet), []).append(packet)
        for kind in StepKind:
            words = _words(kind, url, visit, result.kernel.routes, kind in by_kind)
            if words is not None or kind in by_kind:
                story.append(JourneyStep(len(story) + 1, number, kind, words or "", by_kind.get(kind, [])))
    for step in story:
        for packet in step.packets:
            packet.step = step.number
    return story


def by_visit(packets: Sequence[Packet], result: JourneyResult) -> Iterator[tuple[Visit, list[Packet]]]:
    """Each visit with the packets that were sent from its beginning until the next."""
    began_ns = [visit.began_ns for visit in result.visits]
    for visit, until_ns in zip(result.visits, [*began_ns[1:], 1 << 63], strict=True):
        yield visit, [each for each in packets if visit.began_ns <= each.sent_ns < until_ns]


class _Classifier:
    """Which step a packet belongs to, by what it is and by what came before it."""

    def __init__(self) -> None:
        self._data = self._ending = False

    def kind(self, packet: Packet) -> StepKind:
        arp, tcp = packet.arp, packet.tcp
        if arp is not None:
            between = {arp.sender_ip, arp.target_ip}
            client = world.address("client")
            if between == {client, world.address("dns")}:
                return StepKind.LOCAL
            return StepKind.GATE if client in between else StepKind.CALL
        if packet.udp is not None:
            return StepKind.BOOK
        if tcp is None:
            return StepKind.CALL  # an ICMP error
        self._ending = self._ending or bool(tcp.fin or (tcp.rst and self._data))
        self._data = self._data or packet.size > 0
        return StepKind.END if self._ending else StepKind.ORDER if self._data else StepKind.CALL


def _words(kind: StepKind, url: Url, visit: Visit, routes: Sequence[RouteRow], has_packets: bool) -> str | None:
    """What is to be said of a step; None where there is no such step on this visit."""
    addresses = visit.lookup.addresses or (() if _is_name(url) else (url.host,))
    if kind is StepKind.BAR:
        return _bar(url)
    if kind is StepKind.LOCAL:
        return say("{decision} ARP.", decision=decision(world.address("dns"))) if visit.lookup.asked else None
    if kind is StepKind.BOOK:
        return _book(url, visit)
    if not addresses:
        return None
    if kind is StepKind.GATE:
        return _gate(addresses[0], has_packets)
    if kind is StepKind.ORDER and visit.response is not None:
        text = (
            "{method} {target} is what the shop reads, and {status} is its word. The ACKs are TCP's own reports of "
            "safe arrival, and no answer to it."
        )
        return say(text, method=visit.method, target=url.target, status=visit.response.status)
    if kind is StepKind.CALL and has_packets:
        return _call(routes)
    if kind is StepKind.END and has_packets:
        return "Each side says FIN when it has no more to send, and each FIN is acknowledged."
    return None


def _is_name(url: Url) -> bool:
    return not (":" in url.host or all(part.isdecimal() for part in url.host.split(".")))


def _bar(url: Url) -> str:
    what = say("{url}: the protocol is HTTP, the port {port}", url=str(url), port=url.port)
    if not _is_name(url):
        return say("{what}, and {host} is an address already: no address book is needed.", what=what, host=url.host)
    text = (
        "{what}, the shop's name {host}. Where that is, a browser does not know; the address book (DNS) is at "
        "{address}."
    )
    return say(text, what=what, host=url.host, address=world.address("dns"))


def _book(url: Url, visit: Visit) -> str | None:
    lookup = visit.lookup
    if not _is_name(url):
        return None
    if lookup.rcode not in ("", "NOERROR"):
        text = "{rcode}: there is no such name. The journey ends here, for nobody knows where to."
        return say(text, rcode=lookup.rcode)
    if not lookup.addresses:
        return say("No address came of it: {failed}.", failed=visit.failed)
    place = lookup.addresses[0]
    if not lookup.asked:
        return say("Remembered: {host} is at {place}. Nothing is asked.", host=url.host, place=place)
    alias = say(", which is another name of {name},", name=lookup.aliases[-1]) if lookup.aliases else ""
    text = (
        "{host}{alias} is at {place}: its door number, to be remembered for {ttl_s} s. (The letters' case is random: "
        "who forges an answer has to guess that, too.)"
    )
    return say(text, host=url.host, alias=alias, place=place, ttl_s=lookup.ttl_s)


def decision(destination: str) -> str:
    """What the client's mask decides: local or from elsewhere, and what follows."""
    own = world.plan("client").interfaces[0]
    source, to = prefix.parse(f"{own.ip}/{own.prefix}"), prefix.parse(destination)
    if to.version != 4:
        return say("{destination} is IPv6, which this network does not speak.", destination=destination)
    known = destinations.from_host(source, to)
    if known is not None:
        return say("{destination} is {why}.", destination=destination, why=known.why)
    seen = prefix.Prefix(4, to.value, source.length)
    mask, network = to.text_of(source.mask), to.text_of(seen.network)
    anded = say("{destination} AND {mask} = {network}", destination=destination, mask=mask, network=network)
    if source.contains(to):
        return say("{anded}, my own network: a local. Locals one reaches by shouting:", anded=anded)
    return say("{anded}, and my network is {mine}: from elsewhere.", anded=anded, mine=to.text_of(source.network))


def _gate(place: str, shown: bool) -> str | None:
    words = decision(place)
    if not words.endswith("elsewhere."):
        return say("{words} ARP.", words=words) if words.endswith(":") else words
    gateway = world.address("gateway")
    if not shown:
        text = "{words} So to the gateway, {gateway}, whose MAC address is known by now."
        return say(text, words=words, gateway=gateway)
    text = (
        "{words} Who goes abroad goes to customs, who leaves the network to the gateway, {gateway}. Its MAC address is "
        "asked for, never the shop's."
    )
    return say(text, words=words, gateway=gateway)


def _call(routes: Sequence[RouteRow]) -> str:
    text = "The {host}'s kernel: {destination} is {way}."
    words: list[str] = [
        "Every gate takes the MAC header off, reads the IP header, asks its route table, and puts a new MAC header on."
    ]
    words += (
        say(text, host=each.host, destination=each.destination, way=_way(each))
        for each in routes
        if each.host in ("gateway", "router") and each.destination != world.address("client")
    )
    return listed(words, " ")


def _way(row: RouteRow) -> str:
    if not row.out_of:
        return row.by
    if row.by == NO_GATEWAY:
        return say("a local of {out_of}", out_of=row.out_of)
    return say("by {by}, out of {out_of}", by=row.by, out_of=row.out_of)


class PacketWords:
    """What each packet says, in a line; sequence numbers relative to each side's first, as Wireshark shows them."""

    def __init__(self) -> None:
        self._first: dict[Flow, int] = {}

    def of(self, packet: Packet) -> tuple[str, str, str, str]:
        """Sender, receiver, protocol, and what it says."""
        found, ip = packet.first.found, packet.first.ip
        if packet.arp is not None:
            return _arp_words(packet, packet.arp)
        sender, receiver = (world.owner(each) or each for each in (ip.source, ip.destination)) if ip else ("", "")
        return sender, receiver, protocol(found), self._segment(packet) or summary(found)

    def _segment(self, packet: Packet) -> str:
        tcp, flow, content = packet.tcp, packet.flow, packet.first.found.content
        if tcp is None or flow is None:
            return ""
        if tcp.syn:
            self._first.setdefault(flow, tcp.sequence)
        back = (flow[2], flow[3], flow[0], flow[1])
        words = f"{content.summary}, " if content else f"{tcp.source_port} → {tcp.destination_port} {tcp.flags()} "
        words += f"seq {(tcp.sequence - self._first.get(flow, tcp.sequence)) % 2**32}"
        if tcp.ack:
            words += f" ack {(tcp.acknowledgment - self._first.get(back, tcp.acknowledgment)) % 2**32}"
        words += f", {packet.size} B" if packet.size else ""
        return words + (", again" if packet.again else "")


def _arp_words(packet: Packet, arp: Arp) -> tuple[str, str, str, str]:
    sender = world.owner(arp.sender_mac) or arp.sender_ip
    to = "all" if packet.first.ethernet.destination == BROADCAST else world.owner(arp.target_ip) or arp.target_ip
    request = arp.operation == REQUEST
    return sender, to, "ARP", f"who has {arp.target_ip}?" if request else f"{arp.sender_ip} is at {arp.sender_mac}"
