"""Ethernet II frames (RFC 894), IEEE 802.3 frames as far as their length, and 802.1Q tags.

Left out: preamble and frame check sequence, which the network card keeps to itself; LLC and SNAP of 802.3 frames are
left as data.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.packets.field import HEX, MAC, Field, Form, Layout
from netlab.packets.header import Header, Next, number_for, numbers, replaced
from netlab.packets.registries import ETHERTYPES

_SMALLEST_TYPE = 0x600  # below, the field is the length of an IEEE 802.3 frame
BROADCAST = "ff:ff:ff:ff:ff:ff"
ETHERTYPE = Form(HEX.value, HEX.number, lambda value: f"0x{value:04x}")
_CARRIES = "what the frame carries (below 0x600: its length, IEEE 802.3)"
_TYPE = Field("type", "EtherType", 16, _CARRIES, ETHERTYPE, ETHERTYPES)


@dataclass(frozen=True, slots=True)
class Ethernet(Header):
    """The header of a frame. `type` None: from what it carries."""

    NAME = "Ethernet"
    SOURCE = "RFC 894"
    NUMBERS = numbers(link=1, ethertype=0x6558)  # the second: a frame in a tunnel (RFC 1701)
    LAYOUT = Layout(
        Field("destination", "Destination MAC", 48, "the card this frame is for; all ones: every card", MAC),
        Field("source", "Source MAC", 48, "the card that sent this frame", MAC),
        _TYPE,
    )
    destination: str
    source: str
    type: int | None = None

    def size_of_body(self) -> int | None:
        """The length of an 802.3 frame; Ethernet II does not say."""
        return self.type if self.type is not None and self.type < _SMALLEST_TYPE else None

    def following(self) -> Next | None:
        """By EtherType."""
        return Next("ethertype", self.type or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Ethernet:
        """Fill in the type."""
        number = number_for(above, "ethertype") if self.type is None else 0
        return replaced(self, type=number)  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Who to whom."""
        return f"{self.source} → {self.destination}"


@dataclass(frozen=True, slots=True)
class Vlan(Header):
    """A tag after the addresses (IEEE 802.1Q §9.6): a LAN within the LAN. Its own EtherType is in the header before."""

    NAME = "VLAN"
    SOURCE = "IEEE 802.1Q"
    NUMBERS = numbers(ethertype=0x8100)
    LAYOUT = Layout(
        Field("priority", "PCP", 3, "priority code point: 0 to 7"),
        Field("drop_eligible", "D", 1, "drop eligible: to be dropped first"),
        Field("vlan", "VLAN ID", 12, "the virtual LAN this frame belongs to; 0: none, only the priority counts"),
        _TYPE,
    )
    vlan: int
    priority: int = 0
    drop_eligible: int = 0
    type: int | None = None

    def following(self) -> Next | None:
        """By EtherType."""
        return Next("ethertype", self.type or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Vlan:
        """Fill in the type."""
        number = number_for(above, "ethertype") if self.type is None else 0
        return replaced(self, type=number)  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Which one."""
        return f"VLAN {self.vlan}"
