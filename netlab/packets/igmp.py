"""IGMP: a host tells the routers of its network which groups it listens to (RFC 3376; RFC 2236 and RFC 1112 before it).

Three forms: the eight bytes of versions 1 and 2, the query of version 3, and its report, with a record for each group.
Left out: the sources of a query are left as data; those of a report are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

from netlab.packets.checksum import checksum
from netlab.packets.field import HEX, IPV4, Field, Layout
from netlab.packets.header import Covers, Header, numbers, replaced
from netlab.packets.header_option import HeaderOption, Kinds, OptionKind
from netlab.packets.ipv4 import HEX16

QUERY, REPORT_V3 = 0x11, 0x22
TYPES = {
    QUERY: "membership query",
    0x12: "membership report v1",
    0x16: "membership report v2",
    0x17: "leave group",
    REPORT_V3: "membership report v3",
}
RECORDS = {
    1: "is include",
    2: "is exclude",
    3: "to include",
    4: "to exclude",
    5: "allow new sources",
    6: "block old sources",
}
_TYPE = Field("type", "Type", 8, "kind of message", HEX, names=TYPES)
_CHECKSUM = Field("checksum", "Checksum", 16, "of the whole message", HEX16)
_TIME = Field("max_response", "Max Resp Time", 8, "of a query: answer within so many tenths of a second")
_GROUP = Field("group", "Group Address", 32, "the group; 0.0.0.0: all of them", IPV4)


@dataclass(frozen=True, slots=True)
class Igmp(Header):
    """What all messages have; `parse` gives one of the classes below."""

    NAME = "IGMP"
    SOURCE = "RFC 3376"
    NUMBERS = numbers(ip=2)
    COVERS = Covers()
    LAYOUT = Layout(_TYPE, _TIME, _CHECKSUM)
    type: int
    max_response: int = 0
    checksum: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """A message of the class that belongs to its type; a query's version is told by its length (RFC 3376 §7.1)."""
        cls.need(data, 8)
        if cls is not Igmp:
            return cls(**cls.LAYOUT.unpack(data)), cls.LAYOUT.size
        if data[0] == REPORT_V3:
            return IgmpReport.parse(data)  # type: ignore[return-value]
        chosen = IgmpQuery if data[0] == QUERY and len(data) >= IgmpQuery.LAYOUT.size else IgmpMessage
        return chosen(**chosen.LAYOUT.unpack(data)), chosen.LAYOUT.size  # type: ignore[return-value]

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """Fill in the checksum."""
        return replaced(self, checksum=checksum(self.encode() + body))  # type: ignore[no-any-return]

    def summary(self) -> str:
        """Kind of message."""
        return TYPES.get(self.type, f"type 0x{self.type:02x}")


@dataclass(frozen=True, slots=True)
class IgmpMessage(Igmp):
    """Eight bytes: everything in versions 1 and 2."""

    SOURCE = "RFC 2236 §2"
    LAYOUT = Layout(_TYPE, _TIME, _CHECKSUM, _GROUP)
    group: str = "0.0.0.0"

    def summary(self) -> str:
        """Which group."""
        return f"{TYPES.get(self.type, f'type 0x{self.type:02x}')}, {self.group}"


@dataclass(frozen=True, slots=True)
class IgmpQuery(Igmp):
    """A router asks who listens (version 3)."""

    SOURCE = "RFC 3376 §4.1"
    LAYOUT = Layout(
        _TYPE,
        _TIME,
        _CHECKSUM,
        _GROUP,
        Field("reserved", "Resv", 4, "0"),
        Field("suppress", "S", 1, "other routers shall not set their timers by this"),
        Field("robustness", "QRV", 3, "how many losses in a row to be prepared for, and one"),
        Field("interval", "QQIC", 8, "seconds between general queries"),
        Field("sources", "Number of Sources", 16, "that it asks about; they follow"),
    )
    group: str = "0.0.0.0"
    reserved: int = 0
    suppress: int = 0
    robustness: int = 2
    interval: int = 125
    sources: int = 0


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """What a report says of one group."""

    type: int
    group: str
    sources: tuple[str, ...]


def record(kind: int, group: str, *sources: str) -> bytes:
    """A group record without auxiliary data, as bytes."""
    addresses = (IPv4Address(each).packed for each in (group, *sources))
    return struct.pack("!BBH", kind, 0, len(sources)) + b"".join(addresses)


def _record(data: bytes) -> GroupRecord:
    kind, _, count = struct.unpack_from("!BBH", data)
    places = range(4, min(8 + 4 * count, len(data) - 3), 4)
    group, *sources = (str(IPv4Address(data[at : at + 4])) for at in places)
    return GroupRecord(kind, group, tuple(sources))


def _text(data: bytes) -> str:
    """Of a record without its first two bytes."""
    found = _record(b"\0\0" + data)
    return f"{found.group}, sources: {', '.join(found.sources) or 'none'}"


_GROUP_RECORDS: Kinds = {
    number: OptionKind(f"Group Record: {name}", "a group, and the sources meant", None, _text)
    for number, name in RECORDS.items()
}


@dataclass(frozen=True, slots=True)
class IgmpReport(Igmp):
    """A host says what it listens to (version 3). `records` are the bytes of all group records."""

    SOURCE = "RFC 3376 §4.2"
    OPTION_KINDS = _GROUP_RECORDS
    LAYOUT = Layout(
        _TYPE,
        Field("max_response", "Reserved", 8, "0"),
        _CHECKSUM,
        Field("reserved", "Reserved", 16, "0"),
        Field("count", "Number of Group Records", 16, "that follow"),
    )
    type: int = REPORT_V3
    reserved: int = 0
    count: int | None = None
    records: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """StopError where a record is longer than the data."""
        cls.need(data, cls.LAYOUT.size)
        values, end = cls.LAYOUT.unpack(data), cls.LAYOUT.size
        for _ in range(values["count"]):
            cls.need(data, end + 8, "with its records")
            end += 8 + 4 * (int.from_bytes(data[end + 2 : end + 4], "big") + data[end + 1])
            cls.need(data, end, "with its records")
        return cls(**values, records=data[cls.LAYOUT.size : end]), end

    def encode(self) -> bytes:
        """The header and its records."""
        return Header.encode(self) + self.records

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """Fill in how many records, then the checksum."""
        counted = replaced(self, count=sum(1 for _ in self._placed()))
        return replaced(counted, checksum=checksum(counted.encode() + body))  # type: ignore[no-any-return]

    def _placed(self) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 8 <= len(self.records):
            size = 8 + 4 * (int.from_bytes(self.records[at + 2 : at + 4], "big") + self.records[at + 1])
            yield at, self.records[at : at + size]
            at += size

    def groups(self) -> list[GroupRecord]:
        """The records, read."""
        return [_record(data) for _, data in self._placed()]

    def variable(self) -> Sequence[tuple[int, HeaderOption]]:
        """The records, as an option each: the type, and after one more byte the rest."""
        return [(self.LAYOUT.size + at, HeaderOption(data[0], data[2:])) for at, data in self._placed()]

    def summary(self) -> str:
        """What of which groups."""
        words = (f"{each.group} {RECORDS.get(each.type, f'type {each.type}')}" for each in self.groups())
        return ", ".join([TYPES[REPORT_V3], *words])
