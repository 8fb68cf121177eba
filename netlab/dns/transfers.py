"""Zone transfer: AXFR (RFC 5936), IXFR (RFC 1995), NOTIFY (RFC 1996), and when a secondary asks again (RFC 1034
§4.3.5).

Sans-IO: a primary's messages come out of `outgoing`, a secondary feeds what it hears to an `Incoming`, and `Secondary`
says, given the time, what is to be done next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from netlab.dns import message
from netlab.dns.message import AA, QR, Message, Writer
from netlab.dns.names import Name, to_text
from netlab.dns.records import AXFR, IXFR, NOERROR, OPT, SOA, RRset, rcode_text, soa
from netlab.dns.zone import Zone, grouped, singles
from netlab.errors import PeerError

ROOM = 16_384  # octets of one message of a transfer: names compress best within reach of a pointer (RFC 1035 §4.1.4)
MOST_RECORDS = 1_000_000


def newer(serial: int, than: int) -> bool:
    """Serial number arithmetic: numbers wrap around at 2^32 (RFC 1982 §3.2)."""
    return serial != than and (serial - than) % (1 << 32) < 1 << 31


def outgoing(zone: Zone, identifier: int, flags: int, rtype: int, have: int | None) -> Iterator[bytes]:
    """The messages that answer an AXFR, or an IXFR from a secondary that has serial `have`."""
    sets: Iterable[RRset]
    if rtype == IXFR and have is not None and not newer(zone.soa.serial, have):
        sets = [zone.soa_set]  # it is up to date: RFC 1995 §2
    elif rtype == IXFR and have is not None and (steps := _since(zone, have)):
        sets = steps
    else:
        sets = [*zone.rrsets(), zone.soa_set]
    writer, empty = Writer(identifier, QR | AA | flags, ROOM), True
    writer.question(zone.origin, rtype)
    for rrset in sets:
        for data in rrset.data:  # one by one: a set may be larger than a message
            single = rrset._replace(data=(data,))
            if not writer.rrset(0, single):
                if empty:
                    writer = Writer(identifier, QR | AA | flags, 65535)
                else:
                    yield writer.finish()
                    writer = Writer(identifier, QR | AA | flags, ROOM)
                writer.rrset(0, single)
            empty = False
    yield writer.finish()


def _since(zone: Zone, have: int) -> list[RRset]:
    """The differences from serial `have` on: new SOA, then old SOA, removed, new SOA, added for each, then the new
    SOA."""
    for index, change in enumerate(zone.changes):
        if soa(change.old_soa.data[0]).serial == have:
            steps = [zone.soa_set]
            for each in zone.changes[index:]:
                steps += [each.old_soa, *each.removed, each.new_soa, *each.added]
            return [*steps, zone.soa_set]
    return []


class Incoming:
    """A transfer as it comes in: `feed` messages until it returns True; then `apply`. PeerError where it breaks the
    rules."""

    def __init__(self, origin: Name, rtype: int, have: Zone | None) -> None:
        self._origin, self._rtype, self._have = origin, rtype, have
        self._records: list[RRset] = []
        self.messages = self.octets = 0

    def feed(self, data: bytes) -> bool:
        """Take one message; True when the transfer is complete."""
        try:
            reply = message.read_question(data)
            flags = message.HEADER.unpack_from(data)[1]
            found = [each for each in message.records(data, reply) if each.section == 0 and each.rtype != OPT]
        except message.FormatError as error:
            raise PeerError(f"transfer of {to_text(self._origin)}: {error}") from None
        if flags & 15 != NOERROR:
            raise PeerError(f"transfer of {to_text(self._origin)} refused: {rcode_text(flags & 15)}")
        self.messages += 1
        self.octets += len(data)
        for each in found:
            if not self._records and (each.rtype != SOA or each.owner != self._origin):
                raise PeerError(f"transfer of {to_text(self._origin)} does not begin with its SOA")
            self._records.append(RRset(each.owner, each.rtype, each.ttl, (each.data,)))
        if not self._records or len(self._records) > MOST_RECORDS:
            raise PeerError(
                f"transfer of {to_text(self._origin)}: {'empty' if not self._records else 'too many records'}"
            )
        return self._complete()

    @property
    def incremental(self) -> bool:
        """True if the differences came, and not the whole zone: the second record is an SOA, too (RFC 1995 §4)."""
        return len(self._records) > 2 and self._records[1].rtype == SOA and self._rtype == IXFR

    @property
    def up_to_date(self) -> bool:
        """True if the primary had nothing new."""
        return len(self._records) == 1

    def _complete(self) -> bool:
        first, last = self._records[0], self._records[-1]
        if len(self._records) == 1:  # a lone SOA says "nothing new" if it is not newer; an AXFR goes on
            return self._have is not None and self._rtype == IXFR and not newer(_serial(first), self._have.soa.serial)
        if last.rtype != SOA or last.data != first.data:
            return False
        # Within IXFR the new SOA also stands before the last additions; the end is the one after that.
        return not self.incremental or sum(each.rtype == SOA and each.data == first.data for each in self._records) >= 3

    def apply(self) -> list[RRset]:
        """The records of the new version. PeerError if the differences do not fit what we have: then AXFR is the
        way."""
        first = self._records[0]
        if not self.incremental:
            return grouped(self._records[:-1])
        if self._have is None:
            raise PeerError("differences for a zone that we do not have")
        records = singles(self._have.rrsets())
        serial, adding = self._have.soa.serial, True
        for each in self._records[1:-1]:
            key = (each.owner, each.rtype, each.data[0])
            if each.rtype == SOA:
                adding = not adding
                if not adding and _serial(each) != serial:
                    raise PeerError(f"IXFR: differences from serial {_serial(each)}, but we have {serial}")
                serial = _serial(each)
            elif adding:
                records[key] = each.ttl
            elif records.pop(key, None) is None:
                raise PeerError(f"IXFR: removes a record at {to_text(each.owner)} that is not there")
        if serial != _serial(first):
            raise PeerError(f"IXFR: ends at serial {serial}, not at {_serial(first)}")
        return grouped([first, *(RRset(owner, rtype, ttl, (data,)) for (owner, rtype, data), ttl in records.items())])


def _serial(rrset: RRset) -> int:
    return soa(rrset.data[0]).serial


def notify(identifier: int, zone: Zone) -> bytes:
    """ "My zone has changed", with the new SOA as a hint (RFC 1996 §3.7)."""
    return message.write_query(
        identifier, zone.origin, SOA, flags=message.NOTIFY << 11 | AA, sections=[(0, zone.soa_set)]
    )


def ixfr_query(identifier: int, zone: Zone) -> bytes:
    """ "What is new since this?" (RFC 1995 §3)."""
    return message.write_query(identifier, zone.origin, IXFR, sections=[(1, zone.soa_set)])


def axfr_query(identifier: int, origin: Name) -> bytes:
    """ "All of it, please"."""
    return message.write_query(identifier, origin, AXFR)


class NextTransfer(StrEnum):
    """What a secondary does now."""

    WAIT = "wait"
    ASK_SOA = "ask for the SOA"


@dataclass(slots=True)
class Secondary:
    """When a secondary asks, tries again and gives up, by the SOA of the version it has. `now_s` by any clock.

    refresh: so long after the last success it asks; retry: so long after a failure it asks again; expire: so long after
    the last success it stops answering (RFC 1035 §3.3.13).
    """

    zone: Zone | None = None
    good_s: float = 0.0  # when the primary was last heard
    due_s: float = 0.0

    def next(self, now_s: float) -> NextTransfer:
        """What is due."""
        return NextTransfer.ASK_SOA if now_s >= self.due_s else NextTransfer.WAIT

    def notified(self, now_s: float) -> None:
        """A NOTIFY came: do not wait for the refresh (RFC 1996 §3.11)."""
        self.due_s = now_s

    def succeeded(self, zone: Zone, now_s: float) -> None:
        """The primary was heard, and `zone` is what it has."""
        self.zone, self.good_s, self.due_s = zone, now_s, now_s + zone.soa.refresh

    def failed(self, now_s: float) -> None:
        """It was not."""
        self.due_s = now_s + (self.zone.soa.retry if self.zone else 60)

    def expired(self, now_s: float) -> bool:
        """True when what we have is too old to be told to anyone."""
        return self.zone is None or now_s >= self.expires_s

    @property
    def expires_s(self) -> float:
        """When that will be: counted from the last success, not from the first failure."""
        return self.good_s + (self.zone.soa.expire if self.zone else 0)

    def wants(self, reply: Message) -> bool:
        """True if the SOA in `reply` is newer than ours."""
        found = next((each for each in reply.answer if each.rtype == SOA), None)
        return found is not None and (self.zone is None or newer(_serial(found), self.zone.soa.serial))
