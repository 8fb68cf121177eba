"""What a resolver remembers: record sets and the absence of them, each until its time to live is over.

Time is an argument everywhere (`now_s`, seconds of any clock that does not go back), so expiry needs no waiting.
RFC 1035 §7.4 (caching), RFC 2181 §5.4.1 (whose word counts more), RFC 2308 §5 (how long "no" is remembered).
Bounded: at `max_entries`, or `max_octets` of record data, the entry that was stored first goes, as in a queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from netlab.dns.names import Name
from netlab.dns.records import DNAME, NOERROR, NS, NXDOMAIN, RRset, soa

LONGEST_TTL_S = 7 * 86400
LONGEST_NEGATIVE_S = 3 * 3600  # RFC 2308 §5: "one to three hours have been found to work well"


class Rank(IntEnum):
    """Whose word it is; more is better (RFC 2181 §5.4.1)."""

    GLUE = 1  # additional section of a referral
    REFERRAL = 2  # NS records that the parent gave
    ANSWER = 3  # an answer without AA
    AUTHORITATIVE = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A record set, or that there is none: then `rrset` is None and `soa` says who said so. `expires_s`: by the
    clock."""

    rrset: RRset | None
    rcode: int
    soa: RRset | None
    rank: Rank
    expires_s: float

    def left(self, now_s: float) -> int:
        """Whole seconds to live: 0 in the last one."""
        return max(0, int(self.expires_s - now_s))

    def aged(self, rrset: RRset, now_s: float) -> RRset:
        """`rrset` (the entry's own, or its SOA) with the TTL that is left."""
        return rrset._replace(ttl=min(rrset.ttl, self.left(now_s)))


_NO_NAME = 0  # in place of a type: the name does not exist at all
_RECORD_OCTETS = 40  # what Python adds to each record


def _octets(entry: Entry) -> int:
    rrset = entry.rrset
    return sum(map(len, rrset.data)) + _RECORD_OCTETS * len(rrset.data) if rrset else _RECORD_OCTETS


class Cache:
    """Entries by name and type. `hits` counts questions of clients that were answered from here."""

    def __init__(
        self, max_entries: int = 20_000, longest_ttl_s: int = LONGEST_TTL_S, max_octets: int = 16 << 20
    ) -> None:
        self._entries: dict[tuple[Name, int], Entry] = {}
        self._max, self._max_octets = max_entries, max_octets
        self._octets = 0
        self._longest_s = longest_ttl_s
        self.hits = self.dropped = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, rrset: RRset, rank: Rank, now_s: float) -> None:
        """Remember a set, unless a better source has said otherwise and is still alive. TTL 0 is not remembered."""
        if rrset.ttl <= 0:
            return
        key = (rrset.owner, rrset.rtype)
        old = self._entries.get(key)
        if old is not None and old.rank > rank and old.expires_s > now_s:
            return
        self._store(key, Entry(rrset, NOERROR, None, rank, now_s + min(rrset.ttl, self._longest_s)))
        if rank >= Rank.ANSWER:
            self._forget((rrset.owner, _NO_NAME))  # it exists after all

    def put_negative(self, name: Name, rtype: int, rcode: int, soa_set: RRset | None, now_s: float) -> None:
        """Remember NXDOMAIN or NODATA for min(SOA's TTL, SOA's minimum); without an SOA not at all (RFC 2308 §5)."""
        if soa_set is None:
            return
        ttl_s = min(soa_set.ttl, soa(soa_set.data[0]).minimum, LONGEST_NEGATIVE_S, self._longest_s)
        if ttl_s > 0:
            key = (name, _NO_NAME if rcode == NXDOMAIN else rtype)
            shown = soa_set._replace(ttl=ttl_s)
            self._store(key, Entry(None, rcode, shown, Rank.AUTHORITATIVE, now_s + ttl_s))

    def get(self, name: Name, rtype: int, now_s: float, at_least: Rank = Rank.ANSWER) -> Entry | None:
        """What is known of `name` and `rtype` from sources as good as `at_least`; a negative entry counts."""
        for key in ((name, rtype), (name, _NO_NAME)):
            entry = self._entries.get(key)
            if entry is not None and entry.expires_s <= now_s:
                self._forget(key)
            elif entry is not None and entry.rank >= at_least:
                return entry
        return None

    def dname_above(self, name: Name, now_s: float) -> tuple[RRset, Entry] | None:
        """The nearest DNAME above `name` that is remembered."""
        for depth in range(1, len(name)):
            entry = self.get(name[depth:], DNAME, now_s)
            if entry is not None and entry.rrset is not None:
                return entry.rrset, entry
        return None

    def nearest_ns(self, name: Name, now_s: float) -> Iterator[RRset]:
        """NS sets of the zones that `name` may be in, the deepest first."""
        for depth in range(len(name) + 1):
            entry = self.get(name[depth:], NS, now_s, Rank.REFERRAL)
            if entry is not None and entry.rrset is not None:
                yield entry.rrset

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._octets = 0

    def _store(self, key: tuple[Name, int], entry: Entry) -> None:
        self._forget(key)  # so that it goes to the end of the queue
        octets = _octets(entry)
        while self._entries and (len(self._entries) >= self._max or self._octets + octets > self._max_octets):
            self._forget(next(iter(self._entries)))
            self.dropped += 1
        self._entries[key] = entry
        self._octets += octets

    def _forget(self, key: tuple[Name, int]) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._octets -= _octets(entry)


class ServersSeen:
    """What is remembered of servers by address: who kept silent and until when to leave it alone, who knows no EDNS."""

    REST_S = 30.0
    _MOST = 1000

    def __init__(self) -> None:
        self._resting: dict[str, float] = {}
        self._no_edns: dict[str, None] = {}

    def silent(self, address: str, now_s: float) -> None:
        """It did not answer."""
        if len(self._resting) >= self._MOST:
            del self._resting[next(iter(self._resting))]
        self._resting[address] = now_s + self.REST_S

    def spoke(self, address: str) -> None:
        """It answered."""
        if self._resting:
            self._resting.pop(address, None)

    def rests(self, address: str, now_s: float) -> bool:
        """True while others should be asked first."""
        return bool(self._resting) and self._resting.get(address, 0.0) > now_s

    def knows_no_edns(self, address: str) -> None:
        """It answered FORMERR to EDNS and not without (RFC 6891 §7)."""
        if len(self._no_edns) >= self._MOST:
            del self._no_edns[next(iter(self._no_edns))]
        self._no_edns[address] = None

    def takes_edns(self, address: str) -> bool:
        """False for those that do not."""
        return address not in self._no_edns
