"""Frames seen on many links, put together to packets: the same packet on every stretch of its way.

What passes a switch is the same to the last bit. What passes a router is the same but for the frame around it, the TTL
and the checksum of the IP header (RFC 1812 §5.3.1, RFC 1141). So a frame that leaves a host continues the packet that
came to this host before and is otherwise the same; if there are several, the first that has not gone on yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netlab.experiments.journey import world
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord
from netlab.packets.arp import Arp
from netlab.packets.dissect import Dissection, dissect
from netlab.packets.ethernet import Ethernet
from netlab.packets.icmp import Icmp
from netlab.packets.ipv4 import Ipv4
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

Flow = tuple[str, int, str, int]  # source address and port, destination address and port
_TTL, _CHECKSUM = 8, 10  # where the bytes of the IP header are that every router changes


@dataclass(frozen=True, slots=True)
class Crossing:
    """A frame on one link, from `sender` to `receiver`; `arrived_ns` None: it never came."""

    link: str
    sender: str
    receiver: str
    sent_ns: int
    arrived_ns: int | None
    fate: str
    found: Dissection

    @property
    def ethernet(self) -> Ethernet:
        """The frame's own header."""
        header = self.found.find(Ethernet)
        assert header is not None, "every link is Ethernet"
        return header

    @property
    def ip(self) -> Ipv4 | None:
        """The IP header, if it carries one."""
        return self.found.find(Ipv4)

    def unchanging(self) -> bytes:
        """What is the same on every stretch."""
        layer = next((each for each in self.found.layers if each.name == "IPv4"), None)
        if layer is None:
            return self.found.frame
        packet = bytearray(self.found.frame[layer.start :])
        packet[_TTL] = packet[_CHECKSUM] = packet[_CHECKSUM + 1] = 0
        return bytes(packet)


@dataclass(slots=True)
class Packet:
    """One packet (or ARP message) on its way. `again`: the same data was sent before."""

    number: int
    crossings: list[Crossing]
    step: int = 0
    again: bool = False
    _gone: set[tuple[str, str]] = field(default_factory=set)

    @property
    def first(self) -> Crossing:
        """Its first link."""
        return self.crossings[0]

    @property
    def arp(self) -> Arp | None:
        """The ARP message, if it is one."""
        return self.first.found.find(Arp)

    @property
    def tcp(self) -> Tcp | None:
        """The TCP header; not that of a packet which an ICMP error quotes."""
        return None if self.first.found.find(Icmp) else self.first.found.find(Tcp)

    @property
    def udp(self) -> Udp | None:
        """The UDP header, in the same way."""
        return None if self.first.found.find(Icmp) else self.first.found.find(Udp)

    @property
    def flow(self) -> Flow | None:
        """Set for a TCP segment: from where to where."""
        tcp, ip = self.tcp, self.first.ip
        return (ip.source, tcp.source_port, ip.destination, tcp.destination_port) if tcp and ip else None

    @property
    def size(self) -> int:
        """Bytes of data behind the last header."""
        return len(self.first.found.data)

    @property
    def sent_ns(self) -> int:
        """When it left its sender."""
        return self.first.sent_ns

    @property
    def lost(self) -> bool:
        """True where a stretch swallowed it."""
        return any(each.arrived_ns is None for each in self.crossings)

    def carries(self, other: Crossing) -> bool:
        """True where `other` is this packet's next stretch: what had come to its sender goes on."""
        if (other.sender, other.link) in self._gone:
            return False
        return any(
            each.receiver == other.sender
            and each.link != other.link
            and each.arrived_ns is not None
            and each.arrived_ns <= other.sent_ns
            for each in self.crossings
        )

    def add(self, crossing: Crossing) -> None:
        """One more stretch."""
        self.crossings.append(crossing)
        self._gone.add((crossing.sender, crossing.link))


def dissected(frames: Mapping[str, Sequence[FrameRecord]]) -> list[Crossing]:
    """The frames of all links taken apart, in the order of sending."""
    found: list[Crossing] = []
    for link in world.links(Conditions()):
        (one, _), (other, _) = link.ends
        receiver = {one: other, other: one}
        for each in frames.get(link.name, ()):
            way = link.name, each.sender, receiver[each.sender]
            found.append(Crossing(*way, each.sent_ns, each.arrived_ns, each.fate, dissect(each.frame)))
    return sorted(found, key=lambda crossing: crossing.sent_ns)


def assembled(crossings: Iterable[Crossing]) -> list[Packet]:
    """Every packet with all its stretches, in the order in which they set out, numbered from 1."""
    under_way: dict[bytes, list[Packet]] = {}
    packets: list[Packet] = []
    for crossing in crossings:
        same = under_way.setdefault(crossing.unchanging(), [])
        packet = next((each for each in same if each.carries(crossing)), None)
        if packet is None:
            packet = Packet(len(packets) + 1, [])
            packets.append(packet)
            same.append(packet)
        packet.add(crossing)
    _mark_repeated(packets)
    return packets


def _mark_repeated(packets: Sequence[Packet]) -> None:
    """Segments whose data (or SYN, or FIN) their sender has sent before."""
    furthest: dict[Flow, int] = {}
    for packet in packets:
        tcp, flow = packet.tcp, packet.flow
        if tcp is None or flow is None:
            continue
        takes = packet.size + tcp.syn + tcp.fin
        start = furthest.setdefault(flow, tcp.sequence)
        end = tcp.sequence + takes
        packet.again = takes > 0 and (tcp.sequence - start) % 2**32 > 2**31
        if (end - start) % 2**32 < 2**31:
            furthest[flow] = end % 2**32
