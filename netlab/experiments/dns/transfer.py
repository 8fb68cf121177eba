"""`netlab dns transfer`: a zone goes from its primary to its secondary, follows a change, and outlives the primary.

Primary and secondary are servers on loopback sockets. The clock by which the secondary refreshes, retries and expires
is an argument: it is moved, so the day until a zone expires takes no time here. All transfers are real.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.dns import message, transfers, zone
from netlab.dns.authority import Authority
from netlab.dns.exchange import NameServer, Query
from netlab.dns.loop import Loop
from netlab.dns.names import Name, from_text, to_text
from netlab.dns.quirks import OddAuthority
from netlab.dns.records import SOA, A, RRset, Soa, rcode_text, soa
from netlab.dns.serving import AuthorityService, Following
from netlab.dns.topology import EMBEDDED
from netlab.dns.transport import Listener, Upstream, Where
from netlab.dns.zone import Zone
from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.dns.options import Zones
from netlab.experiments.dns.transfer_rows import DiaryRow
from netlab.experiments.options import AnySeed
from netlab.option import Argument, Option
from netlab.progress import Progress
from netlab.report.quantity import Draft, Evidence, Measurement, Value
from netlab.report.rows import table_of

PRIMARY, SECONDARY = ("127.0.0.2", 0), ("127.0.0.3", 0)
UPDATE = 5  # opcode, RFC 2136
PATIENCE_TURNS = 400


@dataclass(frozen=True, slots=True)
class Parameters:
    """`bad_ixfr`: the primary's incremental transfers are of no use."""

    zone: Annotated[str, Argument("A zone of the miniature Internet with a primary.", "[ZONE]")] = "xxsilence.net"
    bad_ixfr: Annotated[bool, Option("A primary whose IXFR is no good.")] = False
    zones: Zones = None
    seed: AnySeed = None


class _TwoServers:
    """The two servers, a clock that can be moved, and the diary of what happened."""

    def __init__(self, stack: ExitStack, source: Zone, bad_ixfr: bool) -> None:
        self.shift_s = 0.0
        self._began_s = time.monotonic()
        self.loop = Loop(lambda: time.monotonic() + self.shift_s)
        stack.callback(self.loop.close)
        self.upstream = Upstream(self.loop)
        stack.callback(self.upstream.close)
        self.origin, self.source = source.origin, source
        kind = OddAuthority if bad_ixfr else Authority
        self.primary = kind([source], transfer_to=["127.0.0.0/8"])
        if isinstance(self.primary, OddAuthority):
            self.primary.quirk = "bad-ixfr"
        self.primary_listener: Listener | None = self._listen(PRIMARY, self.primary, "primary")
        self.primary_at: Where = self.primary_listener.where
        self.copy = Authority([], transfer_to=["127.0.0.0/8"], notify_from=[self.primary_at[0]])
        self.secondary_listener = self._listen(SECONDARY, self.copy, "secondary")
        self.following = Following(self.loop, self.upstream, self.copy, self.origin, self.primary_at)
        stack.callback(self.close)
        self.diary: list[DiaryRow] = []

    def _listen(self, where: Where, authority: Authority, name: str) -> Listener:
        service = AuthorityService(name, authority, None, self.loop.now_s, self._notified)
        return Listener(self.loop, where, service, Counter())

    def _notified(self) -> None:
        if self.copy.notified:
            self.copy.notified.clear()
            self.following.notified()

    def close(self) -> None:
        self.following.close()
        self.stop_primary()
        self.secondary_listener.close()

    def stop_primary(self) -> None:
        if self.primary_listener:
            self.primary_listener.close()
            self.primary_listener = None

    def start_primary(self) -> None:
        self.primary_listener = self._listen(self.primary_at, self.primary, "primary")

    def settle(self) -> None:
        """Turn until the secondary is no longer busy."""
        self.following.check()
        for _ in range(PATIENCE_TURNS):
            if not self.following.busy:
                return
            self.loop.turn(0.25)

    def move(self, seconds: float) -> None:
        """Move the clock on, and let the secondary do what is then due."""
        self.shift_s += seconds
        self.settle()

    def check(self, draft: Draft, claim: str, source: str, expected: Value, observed: Value) -> None:
        """A check whose evidence is what has just happened."""
        draft.check(claim, source, expected, observed, Evidence(table="Diary", row=len(self.diary) - 1))

    def note(self, event: str, said: str) -> None:
        """Write down what happened, and how both servers stand."""
        at_s = int(self.loop.now_s() - self._began_s)
        primary = self._serial(self.primary_at) if self.primary_listener else "gone"
        self.diary.append(DiaryRow(event, at_s, primary, self._serial(self.secondary_listener.where), said))

    def _serial(self, where: Where) -> str:
        """The serial that a server tells when it is asked for its SOA."""
        reply = self.ask_soa(where)
        if reply is None:
            return "silent"
        return str(soa(reply.answer[0].data[0]).serial) if reply.answer else rcode_text(reply.rcode)

    def ask_soa(self, where: Where) -> message.Message | None:
        return self.ask(where, message.write_query(secrets.randbits(16), self.origin, SOA))

    def ask(self, where: Where, payload: bytes) -> message.Message | None:
        """Send a message to one of the servers and take its reply."""
        exchange = Query(NameServer(self.origin, *where), self.origin, SOA, "udp", 1.0, payload, edns=False)
        return self.upstream.wait(exchange).message

    def equal(self) -> bool:
        """True if the secondary has every record that the primary has, and no other."""
        mine = self.copy.zones.get(self.origin)
        return (
            mine is not None
            and mine.soa == self.source.soa
            and zone.singles(mine.rrsets()) == zone.singles(self.source.rrsets())
        )


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Play it. Raises UsageError where there is no such zone."""
    origin = from_text(parameters.zone)
    draft = Draft()
    with ExitStack() as stack:
        servers = _TwoServers(stack, _zone_file(origin, parameters.zones), parameters.bad_ixfr)
        draft.fact("primary", f"{servers.primary_at[0]}:{servers.primary_at[1]}", "")
        where = servers.secondary_listener.where
        draft.fact("secondary", f"{where[0]}:{where[1]}", "")
        draft.fact("records", sum(len(each.data) for each in servers.source.rrsets()), "1")
        progress(0.1, "first transfer")
        _first_copy(servers, draft)
        progress(0.3, "a change")
        _change(servers, draft, parameters.bad_ixfr)
        _read_only(servers, draft)
        progress(0.6, "the primary goes away")
        _without_primary(servers, draft)
    draft.tables.append(table_of(DiaryRow, servers.diary))
    draft.findings.append(
        "The secondary's clock was moved: nothing waited for refresh, retry or expire. Every message was sent."
    )
    return draft.finish()


def _zone_file(origin: Name, folder: Path | None) -> Zone:
    name = "root" if not origin else to_text(origin).rstrip(".")
    path = (folder or EMBEDDED) / f"{name}.zone"
    if not path.exists():
        where = folder or "the miniature Internet"
        raise UsageError(f"there is no zone file {path.name} in {where}", "xxsilence.net has one")
    return zone.parse(zone.read_file(path))


def _first_copy(servers: _TwoServers, draft: Draft) -> None:
    servers.settle()
    servers.note("the secondary starts", servers.following.history[-1])
    servers.check(
        draft, "after AXFR, the secondary has every record of the primary", "RFC 5936 §2", True, servers.equal()
    )


def _change(servers: _TwoServers, draft: Draft, bad_ixfr: bool) -> None:
    old = servers.source.soa
    sets = [_with_serial(each, old) if each.rtype == SOA else each for each in servers.source.rrsets()]
    sets.append(RRset((b"added", *servers.origin), A, 300, (bytes((192, 0, 2, 99)),)))
    servers.source.replace(sets)
    servers.primary.changed()
    serials = f"serial {old.serial} → {servers.source.soa.serial}"
    servers.note("a record is added on the primary", f"{serials}; the secondary does not know yet")
    before = len(servers.following.history)
    assert servers.primary_listener is not None
    notify = transfers.notify(secrets.randbits(16), servers.source)
    servers.primary_listener.send(servers.secondary_listener.where, notify)
    for _ in range(PATIENCE_TURNS):
        if len(servers.following.history) > before and not servers.following.busy:
            break
        servers.loop.turn(0.25)
    servers.note("NOTIFY", "; ".join(servers.following.history[before:]) or "nothing")
    said = servers.following.history[-1]
    servers.check(draft, "after NOTIFY, the secondary is equal again", "RFC 1996 §3", True, servers.equal())
    if bad_ixfr:
        servers.check(
            draft, "an IXFR that is no good is answered by an AXFR", "RFC 1995 §4", "AXFR", said.partition(":")[0]
        )
    else:
        servers.check(draft, "only the difference was sent", "RFC 1995 §4", "IXFR", said.partition(":")[0])


def _with_serial(rrset: RRset, old: Soa) -> RRset:
    return rrset._replace(data=(old._replace(serial=(old.serial + 1) % (1 << 32)).to_wire(),))


def _read_only(servers: _TwoServers, draft: Draft) -> None:
    update = message.write_query(secrets.randbits(16), servers.origin, SOA, flags=UPDATE << 11)
    secondary = servers.secondary_listener.where
    reply = servers.ask(secondary, update)
    said = rcode_text(reply.rcode) if reply else "no reply"
    servers.note("somebody sends the secondary an UPDATE", said)
    servers.check(draft, "the secondary is a read-only copy", "course, lecture 1; RFC 2136 §6", "NOTIMP", said)
    stranger = servers.ask(secondary, transfers.notify(secrets.randbits(16), servers.source))
    said = rcode_text(stranger.rcode) if stranger else "no reply"
    servers.note("NOTIFY from a stranger, 127.0.0.1", said)
    servers.check(draft, "only its primary may notify it", "RFC 1996 §3.10", "REFUSED", said)


def _without_primary(servers: _TwoServers, draft: Draft) -> None:
    timers = servers.source.soa
    servers.stop_primary()
    servers.note("the primary goes away", "the secondary does not notice")
    servers.move(timers.refresh + 1)
    servers.note(f"refresh: {timers.refresh} s later", f"{servers.following.history[-1]}; it answers all the same")
    servers.check(
        draft, "after a failed refresh, the secondary still answers", "RFC 1035 §3.3.13", True, _answers(servers)
    )
    servers.move(timers.retry + 1)
    servers.note(f"retry: {timers.retry} s later", f"{servers.following.history[-1]}; still no primary")
    left_s = servers.following.expires_s - servers.loop.now_s()  # refresh and retry are part of that time
    servers.move(max(0.0, left_s) + 1)
    servers.note(f"expire: {timers.expire} s after the last contact", "too old to be told to anyone")
    servers.check(draft, "after expire, the secondary answers no more", "RFC 1035 §3.3.13", False, _answers(servers))
    servers.start_primary()
    servers.move(timers.retry + 1)
    servers.note("the primary is back", servers.following.history[-1])
    whole = _answers(servers) and servers.equal()
    servers.check(draft, "when the primary is back, so is the secondary", "RFC 1034 §4.3.5", True, whole)


def _answers(servers: _TwoServers) -> bool:
    reply = servers.ask_soa(servers.secondary_listener.where)
    return reply is not None and bool(reply.answer)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Copy a zone from its primary to a secondary, change it, and follow the change.

    AXFR, NOTIFY, IXFR; then the primary goes away: refresh, retry, expire.
    """,
    examples=("netlab dns transfer", "netlab dns transfer xxsilence.net --bad-ixfr"),
    plots=False,
)
