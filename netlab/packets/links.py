"""What frames begin with, by the link type of a capture file (tcpdump.org's LINKTYPE_ list): Ethernet, and two more.

Raw IP (101, 228, 229) has no such header and is dissect.py's. The null header of BSD loopback interfaces (0) is in the
byte order of the machine that captured; both are understood.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.packets.ethernet import ETHERTYPE, Ethernet
from netlab.packets.field import HEX, Field, Form, Layout
from netlab.packets.header import Header, Next, numbers
from netlab.packets.registries import ETHERTYPES

_FAMILIES = {2: 4, 10: 6, 24: 6, 28: 6, 30: 6}  # AF_INET, and AF_INET6 of Linux, OpenBSD, FreeBSD, Darwin
_WAYS = {0: "to us", 1: "broadcast", 2: "multicast", 3: "to another", 4: "from us"}
_BYTES = Form(lambda number: number.to_bytes(8, "big").hex(), lambda text: int(text, 16), str)


@dataclass(frozen=True, slots=True)
class CookedCapture(Header):
    """What Linux puts in front where there is no one link header ("any", PPP): LINKTYPE_LINUX_SLL."""

    NAME = "Linux cooked capture"
    SOURCE = "LINKTYPE_LINUX_SLL"
    NUMBERS = numbers(link=113)
    LAYOUT = Layout(
        Field("packet_type", "Packet Type", 16, "to us, broadcast, multicast, to another, or from us", names=_WAYS),
        Field("arphrd", "ARPHRD Type", 16, "kind of interface", names={1: "Ethernet", 772: "loopback"}),
        Field("address_size", "Address Length", 16, "of the sender's link address"),
        Field("address", "Address", 64, "the sender's link address", _BYTES),
        Field("protocol", "Protocol", 16, "what the frame carries", ETHERTYPE, ETHERTYPES),
    )
    packet_type: int
    arphrd: int
    address_size: int
    address: str
    protocol: int

    def following(self) -> Next | None:
        """By EtherType."""
        return Next("ethertype", self.protocol)


@dataclass(frozen=True, slots=True)
class Null(Header):
    """The address family as a number: LINKTYPE_NULL."""

    NAME = "BSD loopback"
    SOURCE = "LINKTYPE_NULL"
    NUMBERS = numbers(link=0)
    LAYOUT = Layout(Field("family", "Family", 32, "address family, in the capturing machine's byte order", HEX))
    family: int

    def following(self) -> Next | None:
        """IPv4 or IPv6."""
        swapped = int.from_bytes(self.family.to_bytes(4, "big"), "little")
        version = _FAMILIES.get(min(self.family, swapped))
        return Next("version", version) if version else None


LINKS: dict[int, type[Header]] = {0: Null, 1: Ethernet, 113: CookedCapture}
