"""UDP (RFC 768): ports, a length, a checksum, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.packets.checksum import checksum
from netlab.packets.field import Field, Layout
from netlab.packets.header import Covers, Header, Next, StopError, numbers, replaced
from netlab.packets.ipv4 import HEX16, Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.packets.registries import PORTS

PROTOCOL = 17


@dataclass(frozen=True, slots=True)
class Udp(Header):
    """The header of a datagram. None: filled in from the rest."""

    NAME = "UDP"
    SOURCE = "RFC 768"
    NUMBERS = numbers(ip=PROTOCOL)
    COVERS = Covers(pseudo=PROTOCOL)
    LAYOUT = Layout(
        Field("source_port", "Source Port", 16, "which socket of the sender; 0: no answer wanted", names=PORTS),
        Field("destination_port", "Destination Port", 16, "which socket of the receiver", names=PORTS),
        Field("length", "Length", 16, "of header and data, in bytes"),
        Field("checksum", "Checksum", 16, "of pseudo-header, header and data; 0: none (only with IPv4)", HEX16),
    )
    source_port: int
    destination_port: int
    length: int | None = None
    checksum: int | None = None

    def size_of_body(self) -> int | None:
        """The length without the header. 0 is a jumbogram (RFC 2675)."""
        if not self.length:
            return None
        if self.length < self.LAYOUT.size:
            raise StopError(4, f"length says {self.length} bytes, less than the header's own 8")
        return self.length - self.LAYOUT.size

    def following(self) -> Next | None:
        """By port."""
        return Next("port", PROTOCOL)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Udp:
        """Fill in length and checksum; a checksum that comes out as 0 is sent as 0xffff (RFC 768)."""
        full: Udp = replaced(self, length=self.LAYOUT.size + len(body))
        if self.checksum is not None:
            return full
        data = full.encode() + body
        done: Udp = replaced(full, checksum=checksum(pseudo(below, PROTOCOL, len(data)) + data) or 0xFFFF)
        return done

    def summary(self) -> str:
        """From port to port."""
        return f"{self.source_port} → {self.destination_port}"


def pseudo(below: Header | None, protocol: int, size: int) -> bytes:
    """The pseudo-header that `below`, an IP header, gives; ValueError if it is none."""
    if not isinstance(below, (Ipv4, Ipv6)):
        raise ValueError("the checksum covers the IP addresses: put it above an IP header, or say the checksum")
    return below.pseudo_header(protocol, size)
