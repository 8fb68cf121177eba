"""IPv4 (RFC 791; DSCP and ECN of RFC 2474 and RFC 3168), with its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

from netlab.packets import header_option
from netlab.packets.checksum import checksum
from netlab.packets.field import HEX, IPV4, Field, Form, Layout
from netlab.packets.header import Header, Next, StopError, number_for, numbers, replaced
from netlab.packets.header_option import COMMON, HeaderOption, Kinds, OptionKind, hexed
from netlab.packets.registries import IP_PROTOCOLS

HEX16 = Form(HEX.value, HEX.number, lambda value: f"0x{value:04x}")
FLAG = {0: "no", 1: "yes"}
ECN = {0: "not capable", 1: "ECT(1)", 2: "ECT(0)", 3: "congestion experienced"}


def _route(data: bytes) -> str:
    stops = [str(IPv4Address(data[at : at + 4])) for at in range(1, len(data) - 3, 4)]
    return f"{', '.join(stops)} (pointer {data[0]})" if data else "empty"


OPTIONS: Kinds = {
    **COMMON,
    7: OptionKind("Record Route", "every router writes its address here", None, _route),
    68: OptionKind("Timestamp", "every router writes its time here", None, hexed),
    131: OptionKind("Loose Source Route", "the packet must pass these", None, _route),
    137: OptionKind("Strict Source Route", "the packet must pass exactly these", None, _route),
    148: OptionKind(
        "Router Alert", "routers should look inside (RFC 2113)", (2,), lambda data: f"{data[0] << 8 | data[1]}"
    ),
}


@dataclass(frozen=True, slots=True)
class Ipv4(Header):
    """The header of a packet. None: filled in from the rest."""

    NAME = "IPv4"
    SOURCE = "RFC 791"
    NUMBERS = numbers(ethertype=0x0800, ip=4, link=101)
    OPTION_KINDS = OPTIONS
    LAYOUT = Layout(
        Field("version", "Version", 4, "of IP"),
        Field("ihl", "IHL", 4, "header length in words of 4 bytes: 5 without options"),
        Field("dscp", "DSCP", 6, "differentiated services: how routers should treat it (RFC 2474)"),
        Field("ecn", "ECN", 2, "explicit congestion notification (RFC 3168)", names=ECN),
        Field("total_length", "Total Length", 16, "of header and data, in bytes"),
        Field("identification", "Identification", 16, "the same in all fragments of one packet", HEX16),
        Field("reserved", "R", 1, "reserved, 0"),
        Field("dont_fragment", "DF", 1, "don't fragment: drop it rather than cut it", names=FLAG),
        Field("more_fragments", "MF", 1, "more fragments follow", names=FLAG),
        Field("fragment_offset", "Fragment Offset", 13, "where this fragment belongs, in units of 8 bytes"),
        Field("ttl", "TTL", 8, "time to live: every router takes one off, and drops the packet at 0"),
        Field("protocol", "Protocol", 8, "what the packet carries", names=IP_PROTOCOLS),
        Field("checksum", "Header Checksum", 16, "of this header only; every router computes it anew", HEX16),
        Field("source", "Source Address", 32, "who sent it", IPV4),
        Field("destination", "Destination Address", 32, "whom it is for", IPV4),
    )
    source: str
    destination: str
    protocol: int | None = None
    ttl: int = 64
    identification: int = 0
    dscp: int = 0
    ecn: int = 0
    reserved: int = 0
    dont_fragment: int = 0
    more_fragments: int = 0
    fragment_offset: int = 0
    version: int = 4
    ihl: int | None = None
    total_length: int | None = None
    checksum: int | None = None
    options: tuple[HeaderOption, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """Raises StopError for another version, and for a header that is too short, or longer than the data."""
        if data and data[0] >> 4 != 4:
            raise StopError(0, f"this is to be IPv4, and its version says {data[0] >> 4}")
        cls.need(data, cls.LAYOUT.size)
        size = (data[0] & 15) * 4
        if size < cls.LAYOUT.size:
            raise StopError(0, f"IHL says that the header has {size} bytes, and none has fewer than 20")
        cls.need(data, size, "header with its options")
        options = header_option.parse(data[cls.LAYOUT.size : size])
        return cls(**cls.LAYOUT.unpack(data), options=options), size

    def encode(self) -> bytes:
        """Header and options."""
        return Header.encode(self) + header_option.encode(self.options)

    def variable(self) -> Sequence[tuple[int, HeaderOption]]:
        """Options, from byte 20."""
        return header_option.placed(self.options, self.LAYOUT.size)

    def size_of_body(self) -> int | None:
        """Total length without the header. 0: as Linux shows packets that the card will cut (TSO)."""
        if not self.total_length:
            return None
        size = (self.ihl or 5) * 4
        if self.total_length < size:
            raise StopError(2, f"total length says {self.total_length} bytes, less than the header's own {size}")
        return self.total_length - size

    def following(self) -> Next | None:
        """By protocol; of a fragment that is not the first, nobody can tell."""
        return None if self.fragment_offset else Next("ip", self.protocol or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Ipv4:
        """Fill in lengths, protocol and, last, the checksum."""
        size = self.LAYOUT.size + len(header_option.encode(self.options))
        protocol = number_for(above, "ip") if self.protocol is None else 0
        full: Ipv4 = replaced(self, ihl=size // 4, total_length=size + len(body), protocol=protocol)
        if self.checksum is not None:
            return full
        done: Ipv4 = replaced(full, checksum=checksum(full.encode()))
        return done

    def pseudo_header(self, protocol: int, size: int) -> bytes:
        """What TCP and UDP put before themselves for their checksum (RFC 9293 §3.1)."""
        addresses = IPv4Address(self.source).packed + IPv4Address(self.destination).packed
        return addresses + bytes([0, protocol]) + size.to_bytes(2, "big")

    def complaints(self) -> Sequence[str]:
        """Options that lie, bits that must not be set."""
        found = header_option.complaints(self.options, OPTIONS)
        if self.reserved:
            found.append("the reserved bit is set")
        if self.more_fragments and self.dont_fragment:
            found.append("a fragment of a packet that must not be fragmented")
        return found

    def summary(self) -> str:
        """Who to whom."""
        words = f"{self.source} → {self.destination}"
        if self.fragment_offset:
            words += f", fragment from byte {self.fragment_offset * 8}"
        return words
