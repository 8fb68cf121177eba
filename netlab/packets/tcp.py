"""TCP (RFC 9293) with the options in common use; control bits of RFC 3168 and RFC 9768 (AE)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from netlab.packets import header_option
from netlab.packets.checksum import checksum
from netlab.packets.field import Field, Layout
from netlab.packets.header import Covers, Header, Next, StopError, numbers, replaced
from netlab.packets.header_option import COMMON, HeaderOption, Kinds, OptionKind, hexed
from netlab.packets.ipv4 import FLAG, HEX16
from netlab.packets.registries import PORTS
from netlab.packets.udp import pseudo

PROTOCOL = 6
WINDOW_SCALE, SACK = 3, 5  # kinds of options


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def sack_blocks(data: bytes) -> list[tuple[int, int]]:
    """The ranges of sequence numbers [left, right) that a SACK option reports (RFC 2018 §3)."""
    return [(_number(data[at : at + 4]), _number(data[at + 4 : at + 8])) for at in range(0, len(data) - 7, 8)]


def _blocks(data: bytes) -> str:
    return ", ".join(f"{left}–{right}" for left, right in sack_blocks(data))


def _timeout(data: bytes) -> str:
    return f"{_number(data) & 0x7FFF} {'minutes' if data[0] & 0x80 else 'seconds'}"


OPTIONS: Kinds = {
    **COMMON,
    2: OptionKind(
        "Maximum Segment Size",
        "the largest segment its sender takes (RFC 9293 §3.7.1)",
        (2,),
        lambda data: f"{_number(data)} bytes",
    ),
    WINDOW_SCALE: OptionKind(
        "Window Scale",
        "windows count in units of 2 to this power (RFC 7323 §2)",
        (1,),
        lambda data: f"{data[0]} (×{1 << min(data[0], 14)})",
    ),
    4: OptionKind("SACK Permitted", "its sender understands selective ACKs (RFC 2018 §2)", (0,), lambda data: ""),
    SACK: OptionKind(
        "SACK", "what has come beyond the ACK: ranges of sequence numbers (RFC 2018 §3)", (8, 16, 24, 32), _blocks
    ),
    8: OptionKind(
        "Timestamps",
        "its sender's clock, and the last one it saw of the other (RFC 7323 §3)",
        (8,),
        lambda data: f"{_number(data[:4])}, echo {_number(data[4:])}",
    ),
    19: OptionKind("MD5 Signature", "a digest that only who knows the key can make (RFC 2385)", (16,), hexed),
    28: OptionKind("User Timeout", "how long unacknowledged data may wait (RFC 5482)", (2,), _timeout),
    29: OptionKind("TCP-AO", "authentication (RFC 5925)", None, hexed),
    30: OptionKind("Multipath TCP", "one connection over several paths (RFC 8684)", None, hexed),
    34: OptionKind(
        "Fast Open",
        "a cookie: data may go with the SYN (RFC 7413)",
        (0, 4, 6, 8, 10, 12, 14, 16),
        lambda data: hexed(data) if data else "asks for a cookie",
    ),
}


def mss(size: int) -> HeaderOption:
    """Maximum segment size."""
    return HeaderOption(2, size.to_bytes(2, "big"))


def window_scale(shift: int) -> HeaderOption:
    """Windows are in units of 2**shift."""
    return HeaderOption(WINDOW_SCALE, bytes([shift]))


def sack_permitted() -> HeaderOption:
    """Selective acknowledgements are understood."""
    return HeaderOption(4)


def sack(*blocks: tuple[int, int]) -> HeaderOption:
    """Ranges [left, right) of sequence numbers that have arrived."""
    return HeaderOption(SACK, b"".join(left.to_bytes(4, "big") + right.to_bytes(4, "big") for left, right in blocks))


def timestamps(value: int, echo: int) -> HeaderOption:
    """The sender's clock and the last one seen of the other."""
    return HeaderOption(8, value.to_bytes(4, "big") + echo.to_bytes(4, "big"))


@dataclass(frozen=True, slots=True)
class Tcp(Header):
    """The header of a segment. None: filled in from the rest."""

    NAME = "TCP"
    SOURCE = "RFC 9293 §3.1"
    NUMBERS = numbers(ip=PROTOCOL)
    COVERS = Covers(pseudo=PROTOCOL)
    OPTION_KINDS = OPTIONS
    LAYOUT = Layout(
        Field("source_port", "Source Port", 16, "which socket of the sender", names=PORTS),
        Field("destination_port", "Destination Port", 16, "which socket of the receiver", names=PORTS),
        Field("sequence", "Sequence Number", 32, "of the first byte of data; of the SYN or FIN if there is one"),
        Field(
            "acknowledgment", "Acknowledgment Number", 32, "the next byte expected from the other side, if ACK is set"
        ),
        Field("data_offset", "Data Off", 4, "header length in words of 4 bytes: 5 without options"),
        Field("reserved", "Rsrvd", 3, "0"),
        Field("ae", "AE", 1, "accurate ECN (RFC 9768)", names=FLAG),
        Field("cwr", "CWR", 1, "congestion window reduced (RFC 3168)", names=FLAG),
        Field("ece", "ECE", 1, "ECN echo: a router has met congestion (RFC 3168)", names=FLAG),
        Field("urg", "URG", 1, "the urgent pointer counts", names=FLAG),
        Field("ack", "ACK", 1, "the acknowledgment number counts", names=FLAG),
        Field("psh", "PSH", 1, "push: give it to the application now", names=FLAG),
        Field("rst", "RST", 1, "reset: the connection is void", names=FLAG),
        Field("syn", "SYN", 1, "synchronize sequence numbers: opens a connection", names=FLAG),
        Field("fin", "FIN", 1, "no more data from this sender", names=FLAG),
        Field("window", "Window", 16, "how many bytes more its sender can take (times the window scale)"),
        Field("checksum", "Checksum", 16, "of pseudo-header, header and data", HEX16),
        Field("urgent_pointer", "Urgent Pointer", 16, "where urgent data ends, if URG is set"),
    )
    source_port: int
    destination_port: int
    sequence: int = 0
    acknowledgment: int = 0
    syn: int = 0
    ack: int = 0
    fin: int = 0
    rst: int = 0
    psh: int = 0
    urg: int = 0
    ece: int = 0
    cwr: int = 0
    ae: int = 0
    window: int = 65535
    urgent_pointer: int = 0
    reserved: int = 0
    data_offset: int | None = None
    checksum: int | None = None
    options: tuple[HeaderOption, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """StopError for a data offset that is too small, or beyond the data."""
        cls.need(data, cls.LAYOUT.size)
        size = (data[12] >> 4) * 4
        if size < cls.LAYOUT.size:
            raise StopError(12, f"data offset says that the header has {size} bytes, and none has fewer than 20")
        cls.need(data, size, "header with its options")
        options = header_option.parse(data[cls.LAYOUT.size : size])
        return cls(**cls.LAYOUT.unpack(data), options=options), size

    def encode(self) -> bytes:
        """Header and options."""
        return Header.encode(self) + header_option.encode(self.options)

    def variable(self) -> Sequence[tuple[int, HeaderOption]]:
        """Options, from byte 20."""
        return header_option.placed(self.options, self.LAYOUT.size)

    def following(self) -> Next | None:
        """By port."""
        return Next("port", PROTOCOL)

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Tcp:
        """Fill in the data offset and, last, the checksum."""
        size = self.LAYOUT.size + len(header_option.encode(self.options))
        full: Tcp = replaced(self, data_offset=size // 4)
        if self.checksum is not None:
            return full
        data = full.encode() + body
        return replace(full, checksum=checksum(pseudo(below, PROTOCOL, len(data)) + data))

    def complaints(self) -> Sequence[str]:
        """Options that lie, flags that contradict each other."""
        found = header_option.complaints(self.options, OPTIONS)
        if self.syn and (self.fin or self.rst):
            found.append("SYN together with FIN or RST means nothing")
        return found

    def flags(self) -> str:
        """Those that are set: "SYN+ACK"."""
        order = ("syn", "fin", "rst", "psh", "ack", "urg", "ece", "cwr", "ae")
        return "+".join(name.upper() for name in order if getattr(self, name)) or "no flags"

    def summary(self) -> str:
        """Ports, flags, numbers."""
        words = f"{self.source_port} → {self.destination_port} {self.flags()} seq {self.sequence}"
        return f"{words} ack {self.acknowledgment}" if self.ack else words
