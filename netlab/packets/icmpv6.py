"""ICMPv6 (RFC 4443) and Neighbour Discovery (RFC 4861). Neighbour Discovery's options are left as data.

As in ICMP, each kind of message is a dataclass, chosen by `Icmpv6.parse`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from netlab.packets.checksum import checksum
from netlab.packets.field import HEX, IPV6, Field, Layout
from netlab.packets.header import Covers, Header, Next, numbers, replaced
from netlab.packets.ipv4 import FLAG, HEX16
from netlab.packets.udp import pseudo

PROTOCOL = 58
TYPES = {
    1: "destination unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo request",
    129: "echo reply",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    137: "redirect",
    143: "multicast listener report v2",
}
_UNREACHABLE = {0: "no route", 1: "prohibited", 2: "beyond the scope of the source address", 3: "address", 4: "port"}
_START = (
    Field("type", "Type", 8, "kind of message; those from 128 on are no errors", names=TYPES),
    Field("code", "Code", 8, "which one of that kind"),
    Field("checksum", "Checksum", 16, "of pseudo-header and message", HEX16),
)


@dataclass(frozen=True, slots=True)
class Icmpv6(Header):
    """What all messages have; `parse` gives one of the classes below."""

    NAME = "ICMPv6"
    SOURCE = "RFC 4443"
    NUMBERS = numbers(ip=PROTOCOL)
    COVERS = Covers(pseudo=PROTOCOL)
    LAYOUT = Layout(*_START)
    type: int
    code: int = 0
    checksum: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """A message of the class that belongs to its type."""
        cls.need(data, cls.LAYOUT.size + 4 if not data else 1)
        chosen = _KINDS.get(data[0], Icmpv6Other) if cls is Icmpv6 else cls
        cls.need(data, chosen.LAYOUT.size)
        return chosen(**chosen.LAYOUT.unpack(data)), chosen.LAYOUT.size  # type: ignore[return-value]

    def following(self) -> Next | None:
        """Errors quote the packet that they are about."""
        return Next("quoted", 6) if self.type in (1, 2, 3, 4) else None

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """Fill in the checksum."""
        if self.checksum is not None:
            return self
        data = self.encode() + body
        return replaced(self, checksum=checksum(pseudo(below, PROTOCOL, len(data)) + data))  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Type and code in words."""
        name = TYPES.get(self.type, f"type {self.type}")
        if self.type == 1:
            return f"{name}: {_UNREACHABLE.get(self.code, f'code {self.code}')}"
        return f"{name}, code {self.code}" if self.code else name


@dataclass(frozen=True, slots=True)
class Icmpv6Other(Icmpv6):
    """A message of a type without a class of its own: its second word is not interpreted."""

    LAYOUT = Layout(*_START, Field("rest", "rest of header", 32, "depends on the type", HEX))
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Icmpv6Echo(Icmpv6):
    """Echo request (128) and reply (129)."""

    LAYOUT = Layout(
        *_START,
        Field("identifier", "Identifier", 16, "which ping asked"),
        Field("sequence", "Sequence Number", 16, "its how-manieth question"),
    )
    identifier: int = 0
    sequence: int = 0

    def summary(self) -> str:
        """Which one."""
        return f"{TYPES.get(self.type, self.type)}, id {self.identifier}, seq {self.sequence}"


@dataclass(frozen=True, slots=True)
class Icmpv6TooBig(Icmpv6):
    """Packet too big (2): no router cuts an IPv6 packet."""

    LAYOUT = Layout(*_START, Field("mtu", "MTU", 32, "the next link takes packets so large"))
    mtu: int = 1280

    def summary(self) -> str:
        """How large."""
        return f"packet too big: MTU {self.mtu}"


@dataclass(frozen=True, slots=True)
class RouterAdvertisement(Icmpv6):
    """Router advertisement (134, RFC 4861 §4.2)."""

    SOURCE = "RFC 4861 §4.2"
    LAYOUT = Layout(
        *_START,
        Field("hop_limit", "Cur Hop Limit", 8, "to be used by hosts; 0: not said"),
        Field("managed", "M", 1, "addresses come by DHCPv6", names=FLAG),
        Field("other", "O", 1, "other configuration comes by DHCPv6", names=FLAG),
        Field("reserved", "Reserved", 6, "0"),
        Field("lifetime", "Router Lifetime", 16, "seconds as a default router; 0: it is none"),
        Field("reachable", "Reachable Time", 32, "milliseconds a neighbour counts as reachable"),
        Field("retransmit", "Retrans Timer", 32, "milliseconds between solicitations"),
    )
    hop_limit: int = 64
    managed: int = 0
    other: int = 0
    reserved: int = 0
    lifetime: int = 0
    reachable: int = 0
    retransmit: int = 0


@dataclass(frozen=True, slots=True)
class NeighbourSolicitation(Icmpv6):
    """Neighbour solicitation (135, RFC 4861 §4.3): IPv6's ARP request."""

    SOURCE = "RFC 4861 §4.3"
    LAYOUT = Layout(
        *_START,
        Field("reserved", "Reserved", 32, "0", HEX),
        Field("target", "Target Address", 128, "who has this address?", IPV6),
    )
    reserved: int = 0
    target: str = "::"

    def summary(self) -> str:
        """Who has?"""
        return f"who has {self.target}?"


@dataclass(frozen=True, slots=True)
class NeighbourAdvertisement(Icmpv6):
    """Neighbour advertisement (136, RFC 4861 §4.4): IPv6's ARP reply."""

    SOURCE = "RFC 4861 §4.4"
    LAYOUT = Layout(
        *_START,
        Field("router", "R", 1, "the sender is a router", names=FLAG),
        Field("solicited", "S", 1, "somebody had asked", names=FLAG),
        Field("override", "O", 1, "replaces what was remembered", names=FLAG),
        Field("reserved", "Reserved", 29, "0", HEX),
        Field("target", "Target Address", 128, "the address this is about", IPV6),
    )
    router: int = 0
    solicited: int = 0
    override: int = 0
    reserved: int = 0
    target: str = "::"

    def summary(self) -> str:
        """Who is here."""
        return f"{self.target} is here"


@dataclass(frozen=True, slots=True)
class Redirect6(Icmpv6):
    """Redirect (137, RFC 4861 §4.5)."""

    SOURCE = "RFC 4861 §4.5"
    LAYOUT = Layout(
        *_START,
        Field("reserved", "Reserved", 32, "0", HEX),
        Field("target", "Target Address", 128, "the better next hop", IPV6),
        Field("destination", "Destination Address", 128, "for packets to this address", IPV6),
    )
    reserved: int = 0
    target: str = "::"
    destination: str = "::"


_KINDS: dict[int, type[Icmpv6]] = {
    2: Icmpv6TooBig,
    128: Icmpv6Echo,
    129: Icmpv6Echo,
    134: RouterAdvertisement,
    135: NeighbourSolicitation,
    136: NeighbourAdvertisement,
    137: Redirect6,
}
