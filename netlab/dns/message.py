"""DNS messages: bytes to sections of record sets, and back (RFC 1035 §4, EDNS(0): RFC 6891).

Reading is bounded: a compression pointer must point to before the name it ends, so no name is longer to read than the
message; names are limited to 255 octets; a count in the header that the bytes do not bear out is a FormatError.
Every FormatError says where. Left out: classes other than IN, TSIG, options of EDNS.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from netlab.dns.names import LONGEST_WIRE, Name
from netlab.dns.records import CNAME, DNAME, IN, MX, NS, OPT, PTR, SOA, SRV, RRset

HEADER = struct.Struct(">6H")
_HEAD = struct.Struct(">HHIH")  # type, class, TTL, length
QR, AA, TC, RD, RA = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080
FLAG_NAMES = ((QR, "qr"), (AA, "aa"), (TC, "tc"), (RD, "rd"), (RA, "ra"), (0x20, "ad"), (0x10, "cd"))
QUERY, NOTIFY = 0, 4

# Names within record data, which may be compressed: (octets before, names). RFC 1035 §3.3, and what RFC 3597 §4 lets
# a receiver meet compressed in later types.
_NAMES_IN_DATA = {
    NS: (0, 1),
    3: (0, 1),
    4: (0, 1),
    CNAME: (0, 1),
    SOA: (0, 2),
    7: (0, 1),
    8: (0, 1),
    9: (0, 1),
    PTR: (0, 1),
    14: (0, 2),
    MX: (2, 1),
    17: (0, 2),
    18: (2, 1),
    21: (2, 1),
    SRV: (6, 1),
    36: (2, 1),
    DNAME: (0, 1),
}
_MAY_COMPRESS = {NS, CNAME, SOA, PTR, MX}  # when we write: RFC 3597 §4 allows it for the types of RFC 1035 only


class FormatError(ValueError):
    """Bytes that are no DNS message."""


class Question(NamedTuple):
    """What is asked; `start` and `end` are its place in the message."""

    name: Name
    rtype: int
    rclass: int
    start: int
    end: int


class ResourceRecord(NamedTuple):
    """One record as it stands in a message."""

    section: int  # 0 answer, 1 authority, 2 additional
    owner: Name
    rtype: int
    ttl: int
    data: bytes


@dataclass(slots=True)
class Message:
    """A message, read. `udp_size` None: it had no OPT record. `size` in octets."""

    id: int
    flags: int
    rcode: int
    question: Question | None
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    additional: list[RRset] = field(default_factory=list)
    udp_size: int | None = None
    size: int = 0
    edns_version: int = 0

    @property
    def opcode(self) -> int:
        """0 QUERY, 4 NOTIFY."""
        return self.flags >> 11 & 15

    def flag_names(self) -> list[str]:
        """["qr", "aa"]."""
        return [name for bit, name in FLAG_NAMES if self.flags & bit]


def read_name(data: bytes, at: int, lower: bool = True) -> tuple[Name, int]:
    """The name at `at`, and where it ends there. Raises FormatError."""
    labels: list[bytes] = []
    end, before, octets = -1, at, 1
    try:
        while length := data[at]:
            if length < 64:
                label = data[at + 1 : at + 1 + length]
                octets += length + 1
                if len(label) < length or octets > LONGEST_WIRE:
                    raise FormatError(f"the name at byte {at} is cut short or longer than 255 octets")
                labels.append(label.lower() if lower else label)
                at += 1 + length
            elif length >= 192:
                target = (length & 63) << 8 | data[at + 1]
                if target >= before:
                    raise FormatError(f"the compression pointer at byte {at} points forward")
                if end < 0:
                    end = at + 2
                at = before = target
            else:
                raise FormatError(f"a label at byte {at} of a type that does not exist")
    except IndexError:
        raise FormatError(f"the name at byte {at} runs out of the message") from None
    return tuple(labels), end if end >= 0 else at + 1


def read_question(data: bytes) -> Question | None:
    """The first question, or None where the message has none. Raises FormatError."""
    if len(data) < 12:
        raise FormatError(f"{len(data)} bytes are too short for a header")
    if not data[4] and not data[5]:
        return None
    name, at = read_name(data, 12)
    if at + 4 > len(data):
        raise FormatError("the question runs out of the message")
    return Question(name, data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3], 12, at + 4)


def records(data: bytes, question: Question | None) -> Iterator[ResourceRecord]:
    """Every record after the questions, OPT as it is, other classes skipped. Raises FormatError."""
    _, _, questions, *counts = HEADER.unpack_from(data)
    at = question.end if question else 12
    for _ in range(questions - 1):
        _, at = read_name(data, at)
        at += 4
    known: dict[int, Name] = {}
    total = len(data)
    for section, count in enumerate(counts):
        for _ in range(count):
            if at + 1 < total and data[at] >= 192:  # nearly all owners are a pointer to a name met before
                target = (data[at] & 63) << 8 | data[at + 1]
                owner = known.get(target)
                if owner is None:
                    owner = known[target] = read_name(data, at)[0]
                at += 2
            else:
                start = at
                owner, at = read_name(data, at)
                known[start] = owner
            if at + 10 > total:
                raise FormatError(f"the record at byte {at} runs out of the message")
            rtype, rclass, ttl, length = _HEAD.unpack_from(data, at)
            at += 10
            end = at + length
            if end > total:
                raise FormatError(f"record data at byte {at} run out of the message")
            if rtype == OPT:
                yield ResourceRecord(section, owner, OPT, ttl, rclass.to_bytes(2, "big"))
            elif rclass == IN:
                yield ResourceRecord(
                    section, owner, rtype, ttl if ttl < 1 << 31 else 0, _plain(data, rtype, at, end)
                )  # RFC 2181 §8
            at = end


def _plain(data: bytes, rtype: int, at: int, end: int) -> bytes:
    """Record data without compression."""
    form = _NAMES_IN_DATA.get(rtype)
    if form is None:
        if (rtype == 1 and end - at != 4) or (rtype == 28 and end - at != 16):
            raise FormatError(f"the address at byte {at} has {end - at} octets")
        return data[at:end]
    before, count = form
    parts = [data[at : at + before]]
    at += before
    for _ in range(count):
        name, at = read_name(data, at, lower=False)
        parts.append(b"".join(bytes((len(label),)) + label for label in name) + b"\0")
    rest = data[at:end]
    if at > end or len(rest) != (20 if rtype == SOA else 0):
        raise FormatError(f"record data that end at byte {end} have the wrong length")
    return b"".join((*parts, rest))


def read(data: bytes) -> Message:
    """A whole message. Records of one owner and type in a section become one set. Raises FormatError."""
    question = read_question(data)
    identifier, flags = HEADER.unpack_from(data)[:2]
    message = Message(identifier, flags, flags & 15, question, size=len(data))
    groups: tuple[dict[tuple[Name, int], tuple[int, list[bytes]]], ...] = ({}, {}, {})
    for section, owner, rtype, ttl, rdata in records(data, question):
        if rtype == OPT:
            message.udp_size = max(512, int.from_bytes(rdata, "big"))  # RFC 6891 §6.2.3
            message.rcode |= ttl >> 24 << 4
            message.edns_version = ttl >> 16 & 255
            continue
        group = groups[section].get((owner, rtype))
        if group is None:
            groups[section][owner, rtype] = (ttl, [rdata])
        else:
            group[1].append(rdata)
    message.answer, message.authority, message.additional = (
        [RRset(owner, rtype, ttl, tuple(rdatas)) for (owner, rtype), (ttl, rdatas) in group.items()] for group in groups
    )
    return message


class Writer:
    """A message under construction, with compression, that never grows over `limit` octets."""

    def __init__(self, identifier: int, flags: int, limit: int) -> None:
        self._head = [identifier, flags, 0, 0, 0, 0]
        self._out = bytearray(12)
        self._names: dict[Name, int] = {}
        self._limit = limit

    def question(self, name: Name, rtype: int, spelled: bytes | None = None) -> None:
        """Ask `name`; `spelled` is its wire form where upper and lower case matter (0x20)."""
        if spelled is not None:
            at = 12
            for depth in range(len(name)):
                self._names[name[depth:]] = at
                at += len(name[depth]) + 1
            self._out += spelled
        else:
            self._name(name)
        self._out += struct.pack(">HH", rtype, IN)
        self._head[2] = 1

    def rrset(self, section: int, rrset: RRset) -> bool:
        """Append to section 0, 1 or 2; False, and nothing is appended, where the set has no room."""
        start, known = len(self._out), len(self._names)
        for rdata in rrset.data:
            self._name(rrset.owner)
            self._out += _HEAD.pack(rrset.rtype, IN, rrset.ttl, 0)
            begin = len(self._out)
            self._data(rrset.rtype, rdata)
            struct.pack_into(">H", self._out, begin - 2, len(self._out) - begin)
            if len(self._out) > self._limit:
                del self._out[start:]
                for name in list(self._names)[known:]:
                    del self._names[name]
                return False
        self._head[3 + section] += len(rrset.data)
        return True

    def edns(self, udp_size: int, extended_rcode: int = 0) -> None:
        """Append an OPT record; reserve its 11 octets in the limit."""
        self._out += b"\0" + _HEAD.pack(OPT, udp_size, extended_rcode << 24, 0)
        self._head[5] += 1

    def flag(self, bit: int) -> None:
        """Set a flag after all."""
        self._head[1] |= bit

    def finish(self) -> bytes:
        """The message."""
        HEADER.pack_into(self._out, 0, *self._head)
        return bytes(self._out)

    def _name(self, name: Name, spelled: Name | None = None) -> None:
        """`spelled`: the same name in the case it is to be sent in, as far as nobody has sent it yet (RFC 4343 §4)."""
        spelled = spelled or name
        while name:
            at = self._names.get(name)
            if at is not None:
                self._out += (0xC000 | at).to_bytes(2, "big")
                return
            if len(self._out) < 0x4000:
                self._names[name] = len(self._out)
            self._out.append(len(name[0]))
            self._out += spelled[0]
            name, spelled = name[1:], spelled[1:]
        self._out.append(0)

    def _data(self, rtype: int, rdata: bytes) -> None:
        if rtype not in _MAY_COMPRESS:
            self._out += rdata
            return
        before, count = _NAMES_IN_DATA[rtype]
        self._out += rdata[:before]
        at = before
        for _ in range(count):
            spelled, at = read_name(rdata, at, lower=False)
            self._name(tuple(label.lower() for label in spelled), spelled)
        self._out += rdata[at:]


def write_query(
    identifier: int,
    name: Name,
    rtype: int,
    *,
    flags: int = 0,
    udp_size: int | None = None,
    spelled: bytes | None = None,
    sections: Iterable[tuple[int, RRset]] = (),
) -> bytes:
    """A query as bytes. `sections`: record sets for IXFR (RFC 1995 §3) and NOTIFY (RFC 1996 §3.7)."""
    writer = Writer(identifier, flags, 65535)
    writer.question(name, rtype, spelled)
    for section, rrset in sections:
        writer.rrset(section, rrset)
    if udp_size is not None:
        writer.edns(udp_size)
    return writer.finish()
