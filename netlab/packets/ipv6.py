"""IPv6 (RFC 8200) and its extension headers: hop-by-hop and destination options, routing, fragment.

What is in those options and in a routing header is left as data. ESP (RFC 4303) is encrypted and ends the dissection.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Self

from netlab.packets.field import HEX, IPV6, Field, Layout
from netlab.packets.header import Header, Next, StopError, number_for, numbers, replaced
from netlab.packets.ipv4 import ECN, FLAG
from netlab.packets.registries import IP_PROTOCOLS

_NEXT = Field("next_header", "Next Header", 8, "what comes after this header", names=IP_PROTOCOLS)


@dataclass(frozen=True, slots=True)
class Ipv6(Header):
    """The fixed header. None: filled in from the rest."""

    NAME = "IPv6"
    SOURCE = "RFC 8200 §3"
    NUMBERS = numbers(ethertype=0x86DD, ip=41)
    LAYOUT = Layout(
        Field("version", "Version", 4, "of IP"),
        Field("dscp", "DSCP", 6, "differentiated services (RFC 2474)"),
        Field("ecn", "ECN", 2, "explicit congestion notification (RFC 3168)", names=ECN),
        Field("flow_label", "Flow Label", 20, "the same for all packets of one flow (RFC 6437)", HEX),
        Field("payload_length", "Payload Length", 16, "of all that follows this header, in bytes"),
        _NEXT,
        Field("hop_limit", "Hop Limit", 8, "every router takes one off, and drops the packet at 0"),
        Field("source", "Source Address", 128, "who sent it", IPV6),
        Field("destination", "Destination Address", 128, "whom it is for", IPV6),
    )
    source: str
    destination: str
    next_header: int | None = None
    hop_limit: int = 64
    dscp: int = 0
    ecn: int = 0
    flow_label: int = 0
    version: int = 6
    payload_length: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """Raises StopError for another version and for too few bytes."""
        if data and data[0] >> 4 != 6:
            raise StopError(0, f"this is to be IPv6, and its version says {data[0] >> 4}")
        cls.need(data, cls.LAYOUT.size)
        return cls(**cls.LAYOUT.unpack(data)), cls.LAYOUT.size

    def size_of_body(self) -> int | None:
        """The payload length; 0 is a jumbogram (RFC 2675) or a packet that the card will cut, and says nothing."""
        return self.payload_length or None

    def following(self) -> Next | None:
        """By next header."""
        return Next("ip", self.next_header or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Ipv6:
        """Fill in length and next header."""
        number = number_for(above, "ip") if above is not None else 59
        return replaced(self, payload_length=len(body), next_header=number)  # type: ignore[no-any-return]

    def pseudo_header(self, protocol: int, size: int) -> bytes:
        """What TCP, UDP and ICMPv6 put before themselves for their checksum (RFC 8200 §8.1)."""
        addresses = IPv6Address(self.source).packed + IPv6Address(self.destination).packed
        return addresses + size.to_bytes(4, "big") + bytes([0, 0, 0, protocol])

    def summary(self) -> str:
        """Who to whom."""
        return f"{self.source} → {self.destination}"


class _Extension(Header):
    """Next header, length in units of 8 bytes without the first 8, data."""

    __slots__ = ()
    LAYOUT = Layout(
        _NEXT, Field("length", "Hdr Ext Len", 8, "of this header in units of 8 bytes, the first not counted")
    )
    next_header: int | None
    length: int | None
    data: bytes

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """StopError where the header is longer than the data."""
        cls.need(data, cls.LAYOUT.size)
        size = (data[1] + 1) * 8
        cls.need(data, size)
        return cls(**{**cls.LAYOUT.unpack(data), "data": data[2:size]}), size

    def encode(self) -> bytes:
        """ValueError where the data does not fill units of 8 bytes."""
        if (len(self.data) + 2) % 8:
            raise ValueError(f"{self.NAME}: 2 and {len(self.data)} bytes are no multiple of 8")
        return Header.encode(self) + self.data

    def following(self) -> Next | None:
        """By next header."""
        return Next("ip", self.next_header or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """Fill in next header and length."""
        number = number_for(above, "ip") if above is not None else 59
        return replaced(self, next_header=number, length=(len(self.data) + 2) // 8 - 1)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class HopByHop(_Extension):
    """Options that every router on the way looks at (RFC 8200 §4.3)."""

    NAME = "Hop-by-Hop Options"
    SOURCE = "RFC 8200 §4.3"
    NUMBERS = numbers(ip=0)
    data: bytes
    next_header: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class DestinationOptions(_Extension):
    """Options for the receiver (RFC 8200 §4.6)."""

    NAME = "Destination Options"
    SOURCE = "RFC 8200 §4.6"
    NUMBERS = numbers(ip=60)
    data: bytes
    next_header: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Routing(_Extension):
    """Where the packet must pass (RFC 8200 §4.4)."""

    NAME = "Routing"
    SOURCE = "RFC 8200 §4.4"
    NUMBERS = numbers(ip=43)
    data: bytes
    next_header: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Fragment(Header):
    """A piece of a packet that the sender has cut (RFC 8200 §4.5)."""

    NAME = "Fragment"
    SOURCE = "RFC 8200 §4.5"
    NUMBERS = numbers(ip=44)
    LAYOUT = Layout(
        _NEXT,
        Field("reserved", "Reserved", 8, "0"),
        Field("fragment_offset", "Fragment Offset", 13, "where this piece belongs, in units of 8 bytes"),
        Field("reserved_2", "Res", 2, "0"),
        Field("more_fragments", "M", 1, "more fragments follow", names=FLAG),
        Field("identification", "Identification", 32, "the same in all pieces of one packet", HEX),
    )
    identification: int
    fragment_offset: int = 0
    more_fragments: int = 0
    next_header: int | None = None
    reserved: int = 0
    reserved_2: int = 0

    def following(self) -> Next | None:
        """By next header; of a piece that is not the first, nobody can tell."""
        return None if self.fragment_offset else Next("ip", self.next_header or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Fragment:
        """Fill in the next header."""
        number = number_for(above, "ip") if above is not None else 59
        return replaced(self, next_header=number)  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Which piece."""
        return f"from byte {self.fragment_offset * 8}{', more follow' if self.more_fragments else ''}"
