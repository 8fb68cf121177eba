"""A zone and what it says of a name: the lookup of RFC 1034 §4.3.2, with RFC 4592 (wildcards) and RFC 6672 (DNAME).

`Zone.find` walks from the apex down to the name, so a delegation or a DNAME on the way is met before anything below it.
A name exists if it owns records or if a longer name does (an empty non-terminal, RFC 8020 §3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import dns.exception
import dns.name
import dns.zone
import dns.zonefile

from netlab.dns.names import Name, to_text, within
from netlab.dns.records import ANY, CNAME, DNAME, NS, SOA, RRset, Soa, soa
from netlab.errors import UsageError

_DS = 43  # lives on the parent's side of a delegation, RFC 4035 §3.1.4.1
MOST_CHANGES = 100  # remembered for IXFR


class Says(Enum):
    """What a zone has to say."""

    ANSWER = auto()
    ALIAS = auto()
    DNAME = auto()
    REFERRAL = auto()
    NODATA = auto()
    NXDOMAIN = auto()


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """The answer of a zone. `rrsets`: records, the CNAME or DNAME, or the NS set of the referral. `wildcard`: made
    by one."""

    says: Says
    rrsets: tuple[RRset, ...] = ()
    wildcard: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a zone to the next, as IXFR tells it (RFC 1995 §4). SOA records are not among the sets."""

    old_soa: RRset
    new_soa: RRset
    removed: tuple[RRset, ...]
    added: tuple[RRset, ...]


class Zone:
    """Records by name and type. Immutable but for `replace`, which keeps the difference for IXFR."""

    def __init__(self, origin: Name, rrsets: Iterable[RRset], where: str = "zone") -> None:
        self.origin = origin
        self.changes: list[Change] = []
        self._load(rrsets, where)

    def _load(self, rrsets: Iterable[RRset], where: str) -> None:
        nodes: dict[Name, dict[int, RRset]] = {}
        exists: set[Name] = {self.origin}
        for rrset in rrsets:
            if not within(rrset.owner, self.origin):
                raise UsageError(f"{where}: {to_text(rrset.owner)} is not within {to_text(self.origin)}")
            nodes.setdefault(rrset.owner, {})[rrset.rtype] = rrset
            for depth in range(len(rrset.owner) - len(self.origin)):
                exists.add(rrset.owner[depth:])
        apex = nodes.get(self.origin, {})
        if SOA not in apex or len(apex[SOA].data) != 1:
            raise UsageError(f"{where}: {to_text(self.origin)} needs one SOA record")
        if NS not in apex:
            raise UsageError(f"{where}: {to_text(self.origin)} needs an NS record")
        self.nodes, self._exists = nodes, exists

    @property
    def soa_set(self) -> RRset:
        """The SOA record."""
        return self.nodes[self.origin][SOA]

    @property
    def soa(self) -> Soa:
        """The SOA, read."""
        return soa(self.soa_set.data[0])

    @property
    def ns_set(self) -> RRset:
        """The zone's own name servers."""
        return self.nodes[self.origin][NS]

    def rrsets(self) -> Iterator[RRset]:
        """Everything in it, the SOA first."""
        yield self.soa_set
        for node in self.nodes.values():
            yield from (rrset for rrset in node.values() if rrset.rtype != SOA)

    def negative_soa(self) -> RRset:
        """The SOA as it goes with "no": its TTL is how long that may be remembered (RFC 2308 §3)."""
        whole = self.soa_set
        return whole._replace(ttl=min(whole.ttl, self.soa.minimum))

    def find(self, name: Name, rtype: int) -> ZoneAnswer:
        """What the zone, which must be an ancestor of `name` or `name`, says of it."""
        top = len(name) - len(self.origin)
        for depth in range(top, -1, -1):
            here = name[depth:]
            node = self.nodes.get(here)
            if node is None:
                if here not in self._exists:
                    return self._wildcard(name, rtype, name[depth + 1 :])
                continue
            if depth < top and NS in node and not (rtype == _DS and depth == 0):
                return ZoneAnswer(Says.REFERRAL, (node[NS],))
            if depth > 0 and DNAME in node:
                return ZoneAnswer(Says.DNAME, (node[DNAME],))
        return self._at(self.nodes.get(name, {}), rtype)

    def addresses(self, name: Name, rtypes: Iterable[int]) -> Iterator[RRset]:
        """Address sets at `name`, glue below a delegation included."""
        node = self.nodes.get(name, {})
        return (node[rtype] for rtype in rtypes if rtype in node)

    def replace(self, rrsets: Iterable[RRset]) -> Change:
        """Take a new version in place of the old one. UsageError if it is no zone; the old one then stays."""
        new = Zone(self.origin, rrsets)
        change = difference(self, new)
        self.nodes, self._exists = new.nodes, new._exists
        self.changes = [*self.changes[-MOST_CHANGES + 1 :], change]
        return change

    def _at(self, node: dict[int, RRset], rtype: int) -> ZoneAnswer:
        if rtype in node:
            return ZoneAnswer(Says.ANSWER, (node[rtype],))
        if rtype == ANY and node:
            return ZoneAnswer(Says.ANSWER, tuple(node.values()))
        if CNAME in node:
            return ZoneAnswer(Says.ALIAS, (node[CNAME],))
        return ZoneAnswer(Says.NODATA)

    def _wildcard(self, name: Name, rtype: int, encloser: Name) -> ZoneAnswer:
        """`encloser` is the closest name that exists; only `*` just below it can stand in (RFC 4592 §3.3.1)."""
        star = (b"*", *encloser)
        if star not in self._exists:
            return ZoneAnswer(Says.NXDOMAIN)
        found = self._at(self.nodes.get(star, {}), rtype)
        return ZoneAnswer(found.says, tuple(rrset._replace(owner=name) for rrset in found.rrsets), wildcard=True)


def singles(zone: Iterable[RRset]) -> dict[tuple[Name, int, bytes], int]:
    """Single records and their TTLs, SOA left out."""
    return {(each.owner, each.rtype, data): each.ttl for each in zone if each.rtype != SOA for data in each.data}


def difference(old: Zone, new: Zone) -> Change:
    """What makes `new` out of `old`. A changed TTL is a removal and an addition."""
    before, after = singles(old.rrsets()), singles(new.rrsets())
    removed = [RRset(*key[:2], ttl, (key[2],)) for key, ttl in before.items() if after.get(key) != ttl]
    added = [RRset(*key[:2], ttl, (key[2],)) for key, ttl in after.items() if before.get(key) != ttl]
    return Change(old.soa_set, new.soa_set, tuple(removed), tuple(added))


def grouped(records: Iterable[RRset]) -> list[RRset]:
    """Records of one owner and type as one set, in their order; the set takes the smallest TTL (RFC 2181 §5.2)."""
    sets: dict[tuple[Name, int], tuple[int, dict[bytes, None]]] = {}
    for owner, rtype, ttl, data in records:
        known = sets.get((owner, rtype))
        if known is None:
            sets[owner, rtype] = (ttl, dict.fromkeys(data))
        else:
            known[1].update(dict.fromkeys(data))
            sets[owner, rtype] = (min(known[0], ttl), known[1])
    return [RRset(owner, rtype, ttl, tuple(data)) for (owner, rtype), (ttl, data) in sets.items()]


@dataclass(slots=True)
class ZoneText:
    """A master file, its origin, and where it is from."""

    origin: Name
    text: str
    where: str
    lines: int = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.count("\n")


def parse(source: ZoneText) -> Zone:
    """The zone of a master file (RFC 1035 §5); UsageError says in which file and line it is none."""
    return Zone(source.origin, parse_records(source), source.where)


def parse_records(source: ZoneText) -> list[RRset]:
    """The records of a master file, which may be no zone: root hints have no SOA."""
    origin = dns.name.Name((*source.origin, b""))
    try:
        found = _read(source.text, origin, source.where)
    except _NO_ZONE as error:
        said = " ".join(str(error).split()) or type(error).__name__
        said = said if said.startswith(source.where) else f"{source.where}: {said}"
        raise UsageError(_own_line(said, source, origin), "RFC 1035 §5 says what a zone file looks like") from None
    rrsets = []
    for owner, rdataset in found.iterate_rdatasets():
        name = tuple(label.lower() for label in owner.labels[:-1])
        data = tuple(rdata.to_wire(origin=origin) or b"" for rdata in rdataset)
        rrsets.append(RRset(name, int(rdataset.rdtype), int(rdataset.ttl), data))
    return rrsets


_NO_ZONE = (dns.exception.DNSException, ValueError, UnicodeError)


def _read(text: str, origin: dns.name.Name, where: str) -> dns.zone.Zone:
    return dns.zone.from_text(text, origin, relativize=False, check_origin=False, filename=where)


def _own_line(said: str, source: ZoneText, origin: dns.name.Name) -> str:
    """dnspython names the line after the wrong one when it has read to the end of that: see if so much is wrong
    already."""
    match = re.fullmatch(r"(.*):(\d+): (.*)", said)
    if match is None or int(match[2]) < 2:
        return said
    before = "\n".join(source.text.split("\n")[: int(match[2]) - 1])
    try:
        _read(before, origin, source.where)
    except _NO_ZONE:
        return f"{match[1]}:{int(match[2]) - 1}: {match[3]}"
    return said


def read_file(path: Path, change: dict[str, str] | None = None) -> ZoneText:
    """A zone file: its origin is in $ORIGIN, or the file's name without ".zone" ("root.zone" is the root).

    `change` replaces text before parsing: that is how the miniature Internet moves to other addresses.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    for old, new in (change or {}).items():
        text = text.replace(old, new)
    from netlab.dns.names import from_text

    for line in text.splitlines():
        words = line.split(";")[0].split()
        if words and words[0].upper() == "$ORIGIN" and len(words) == 2:
            return ZoneText(from_text(words[1]), text, str(path))
        if words and not words[0].startswith("$"):
            break
    stem = path.name.removesuffix(".zone")
    return ZoneText(from_text("." if stem == "root" else stem), text, str(path))
