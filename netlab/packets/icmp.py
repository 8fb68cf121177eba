"""ICMP for IPv4 (RFC 792): echo, and the errors, which quote the packet they are about.

The second word of the header means something else in every type, so each kind of message is a dataclass of its own,
chosen by `Icmp.parse`. Left out: the extensions of RFC 4884, and timestamp and address mask messages beyond their type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from netlab.packets.checksum import checksum
from netlab.packets.field import HEX, IPV4, Field, Layout
from netlab.packets.header import Covers, Header, Next, numbers, replaced
from netlab.packets.ipv4 import HEX16

TYPES = {
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench",
    5: "redirect",
    8: "echo request",
    9: "router advertisement",
    10: "router solicitation",
    11: "time exceeded",
    12: "parameter problem",
    13: "timestamp request",
    14: "timestamp reply",
}
UNREACHABLE = {
    0: "net",
    1: "host",
    2: "protocol",
    3: "port",
    4: "fragmentation needed, and DF is set",
    9: "network prohibited",
    10: "host prohibited",
    13: "prohibited by filtering",
}
_CODES = {
    3: UNREACHABLE,
    5: {0: "for the network", 1: "for the host"},
    11: {0: "TTL ran out", 1: "a fragment did not come in time"},
}
_START = (
    Field("type", "Type", 8, "kind of message", names=TYPES),
    Field("code", "Code", 8, "which one of that kind"),
    Field("checksum", "Checksum", 16, "of the whole message", HEX16),
)


def _unused(bits: int) -> Field:
    return Field("unused", "unused", bits, "0", HEX)


@dataclass(frozen=True, slots=True)
class Icmp(Header):
    """What all messages have; `parse` gives one of the classes below."""

    NAME = "ICMP"
    SOURCE = "RFC 792"
    NUMBERS = numbers(ip=1)
    COVERS = Covers()
    LAYOUT = Layout(*_START)
    type: int
    code: int = 0
    checksum: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """A message of the class that belongs to its type."""
        cls.need(data, cls.LAYOUT.size + 4 if not data else 1)
        chosen = _KINDS.get(data[0], IcmpOther) if cls is Icmp else cls
        cls.need(data, chosen.LAYOUT.size)
        return chosen(**chosen.LAYOUT.unpack(data)), chosen.LAYOUT.size  # type: ignore[return-value]

    def following(self) -> Next | None:
        """Errors quote the packet that they are about."""
        return Next("quoted", 4) if self.type in (3, 4, 5, 11, 12) else None

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """Fill in the checksum."""
        return replaced(self, checksum=checksum(self.encode() + body))  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Type and code in words."""
        code = _CODES.get(self.type, {}).get(self.code, f"code {self.code}" if self.code else "")
        return f"{TYPES.get(self.type, f'type {self.type}')}{': ' + code if code else ''}"


@dataclass(frozen=True, slots=True)
class IcmpOther(Icmp):
    """A message of a type without a class of its own: its second word is not interpreted."""

    LAYOUT = Layout(*_START, Field("rest", "rest of header", 32, "depends on the type", HEX))
    rest: int = 0


@dataclass(frozen=True, slots=True)
class IcmpEcho(Icmp):
    """Echo request (8) and reply (0)."""

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
class IcmpUnreachable(Icmp):
    """Destination unreachable (3); code 4 says how large a packet may be (RFC 1191 §4)."""

    LAYOUT = Layout(*_START, _unused(16), Field("mtu", "Next-Hop MTU", 16, "the next link takes packets so large"))
    unused: int = 0
    mtu: int = 0

    def summary(self) -> str:
        """Why not."""
        words = f"{UNREACHABLE.get(self.code, f'code {self.code}')} unreachable"
        return f"{UNREACHABLE[4]}: MTU {self.mtu}" if self.code == 4 else words


@dataclass(frozen=True, slots=True)
class IcmpRedirect(Icmp):
    """Redirect (5): that way is shorter."""

    LAYOUT = Layout(*_START, Field("gateway", "Gateway Address", 32, "the better next hop", IPV4))
    gateway: str = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class IcmpTimeExceeded(Icmp):
    """Time exceeded (11): what traceroute listens to."""

    LAYOUT = Layout(*_START, _unused(32))
    unused: int = 0


@dataclass(frozen=True, slots=True)
class IcmpParameterProblem(Icmp):
    """Parameter problem (12)."""

    LAYOUT = Layout(*_START, Field("pointer", "Pointer", 8, "the byte of the header that is wrong"), _unused(24))
    pointer: int = 0
    unused: int = 0


_KINDS: dict[int, type[Icmp]] = {
    0: IcmpEcho,
    3: IcmpUnreachable,
    5: IcmpRedirect,
    8: IcmpEcho,
    11: IcmpTimeExceeded,
    12: IcmpParameterProblem,
}
