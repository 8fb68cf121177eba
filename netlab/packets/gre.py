"""GRE (RFC 2784, RFC 2890): a packet of any network protocol inside an IP packet, which is what tunnels are made of.

Three of its words are there only if their flag is set: the checksum, the key, the sequence number. Left out: source
routes (RFC 1701), whose packets a receiver must discard, and version 1, which PPTP uses (RFC 2637).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netlab.packets.checksum import checksum
from netlab.packets.ethernet import ETHERTYPE
from netlab.packets.field import Field, Is, Layout
from netlab.packets.header import Covers, Header, Next, StopError, number_for, numbers, replaced
from netlab.packets.ipv4 import FLAG, HEX16
from netlab.packets.registries import ETHERTYPES


@dataclass(frozen=True, slots=True)
class Gre(Header):
    """The header of a tunnelled packet. A flag that is None is set if its word is said: `Gre(key=7)`."""

    NAME = "GRE"
    SOURCE = "RFC 2784, RFC 2890"
    NUMBERS = numbers(ip=47)
    COVERS = Covers()
    LAYOUT = Layout(
        Field("checksum_present", "C", 1, "a checksum is present", names=FLAG),
        Field("routing_present", "R", 1, "a source route is present (RFC 1701); must be 0", names=FLAG),
        Field("key_present", "K", 1, "a key is present", names=FLAG),
        Field("sequence_present", "S", 1, "a sequence number is present", names=FLAG),
        Field("reserved0", "Reserved0", 9, "0"),
        Field("version", "Ver", 3, "of GRE: 0"),
        Field("protocol", "Protocol Type", 16, "what the tunnel carries", ETHERTYPE, ETHERTYPES),
        Field(
            "checksum", "Checksum", 16, "of this header and all that it carries", HEX16, when=Is("checksum_present", 1)
        ),
        Field("reserved1", "Reserved1", 16, "0", when=Is("checksum_present", 1)),
        Field("key", "Key", 32, "which of several flows or tunnels between the two ends", when=Is("key_present", 1)),
        Field("sequence", "Sequence Number", 32, "of this packet in the tunnel", when=Is("sequence_present", 1)),
    )
    protocol: int | None = None
    key: int | None = None
    sequence: int | None = None
    checksum_present: int | None = None
    key_present: int | None = None
    sequence_present: int | None = None
    checksum: int | None = None
    reserved1: int | None = None
    routing_present: int = 0
    reserved0: int = 0
    version: int = 0

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """StopError for the versions that have other words."""
        if data and data[0] & 0x40:
            raise StopError(0, "a source route (RFC 1701): a receiver must discard the packet (RFC 2784 §2.3)")
        if len(data) > 1 and data[1] & 7:
            raise StopError(1, f"this is to be version 0 of GRE, and its version says {data[1] & 7}")
        values = cls.LAYOUT.unpack(data)
        size = cls.LAYOUT.size_of(values)
        cls.need(data, size)
        return cls(**values), size

    def following(self) -> Next | None:
        """By EtherType."""
        return Next("ethertype", self.protocol or 0)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Gre:
        """Fill in the protocol, the flags of the words that are said, and, last, the checksum."""
        full: Gre = replaced(
            self,
            protocol=number_for(above, "ethertype") if self.protocol is None else 0,
            checksum_present=int(self.checksum is not None),
            key_present=int(self.key is not None),
            sequence_present=int(self.sequence is not None),
        )
        if not full.checksum_present:
            return full
        done: Gre = replaced(full, checksum=checksum(full.encode() + body))
        return done

    def complaints(self) -> Sequence[str]:
        """Bits that a sender must not set."""
        return ["reserved bits are set (RFC 2784 §2.3)"] if self.reserved0 or self.reserved1 else []

    def summary(self) -> str:
        """What it carries, and which tunnel."""
        words = [ETHERTYPES.get(self.protocol or 0, f"protocol 0x{self.protocol or 0:04x}")]
        words += [f"key {self.key}"] if self.key is not None else []
        words += [f"sequence {self.sequence}"] if self.sequence is not None else []
        return ", ".join(words)
