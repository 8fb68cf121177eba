"""`netlab dns transfer`: a zone goes from its primary to its secondary, follows a change, and outlives the primary
for a while.

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
from netlab.experiments.options import AnySeed
from netlab.option import Argument, Option
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table, Value

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


class _Stage:
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
        self.diary: list[tuple[Value, ...]] = []

    def _listen(self, where: Where, authority: Authority, name: str) -> Listener:
        return Listener(
            self.loop, where, AuthorityService(name, authority, None, self.loop.now_s, self._notified), Counter()
        )

    def _notified(self) -> None:
        if self.copy.notified:
            self.copy.notified.clear()
            self.following.notified()

    def close(self) -> None:
        self.following.close()
        self.stop_primary()
        self.secondary_listener.close()

    def stop_primary(self) -> None:
        """The primary goes away."""
        if self.primary_listener:
            self.primary_listener.close()
            self.primary_listener = None

    def start_primary(self) -> None:
        """And comes back, at the same address."""
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

    def note(self, event: str, said: str) -> None:
        """Write down what happened, and how both servers stand."""
        at_s = self.loop.now_s() - self._began_s
        self.diary.append(
            (
                event,
                int(at_s),
                self._serial(self.primary, self.primary_at, bool(self.primary_listener)),
                self._serial(self.copy, self.secondary_listener.where, True),
                said,
            )
        )

    def _serial(self, authority: Authority, where: Where, there: bool) -> str:
        """The serial that a server tells when it is asked for its SOA."""
        if not there:
            return "gone"
        reply = self.ask(where, message.write_query(secrets.randbits(16), self.origin, SOA), SOA)
        if reply is None:
            return "silent"
        return str(soa(reply.answer[0].data[0]).serial) if reply.answer else rcode_text(reply.rcode)

    def ask(self, where: Where, payload: bytes, rtype: int) -> message.Message | None:
        """Send a message to one of the servers and take its reply."""
        exchange = Query(NameServer(self.origin, *where), self.origin, rtype, "udp", 1.0, payload, edns=False)
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
        stage = _Stage(stack, _zone_file(origin, parameters.zones), parameters.bad_ixfr)
        draft.fact("primary", f"{stage.primary_at[0]}:{stage.primary_at[1]}", "")
        where = stage.secondary_listener.where
        draft.fact("secondary", f"{where[0]}:{where[1]}", "")
        draft.fact("records", sum(len(each.data) for each in stage.source.rrsets()), "1")
        progress(0.1, "first transfer")
        _first_copy(stage, draft)
        progress(0.3, "a change")
        _change(stage, draft, parameters.bad_ixfr)
        _read_only(stage, draft)
        progress(0.6, "the primary goes away")
        _without_primary(stage, draft)
    columns = (
        Column("event", ""),
        Column("at", "s"),
        Column("primary", ""),
        Column("secondary", ""),
        Column("what happened", ""),
    )
    draft.tables.append(Table("Diary", columns, tuple(stage.diary)))
    draft.findings.append(
        "The secondary's clock was moved: nothing waited for refresh, retry or expire. Every message was sent."
    )
    return draft.finish()


def _zone_file(origin: Name, folder: Path | None) -> Zone:
    name = "root" if not origin else to_text(origin).rstrip(".")
    path = (folder or EMBEDDED) / f"{name}.zone"
    if not path.exists():
        raise UsageError(
            f"there is no zone file {path.name} in {folder or 'the miniature Internet'}", "xxsilence.net has one"
        )
    return zone.parse(zone.read_file(path))


def _first_copy(stage: _Stage, draft: Draft) -> None:
    stage.settle()
    stage.note("the secondary starts", stage.following.history[-1])
    draft.check("after AXFR, the secondary has every record of the primary", "RFC 5936 §2", True, stage.equal())


def _change(stage: _Stage, draft: Draft, bad_ixfr: bool) -> None:
    old = stage.source.soa
    sets = [_with_serial(each, old) if each.rtype == SOA else each for each in stage.source.rrsets()]
    sets.append(RRset((b"added", *stage.origin), A, 300, (bytes((192, 0, 2, 99)),)))
    stage.source.replace(sets)
    stage.primary.changed()
    stage.note(
        "a record is added on the primary",
        f"serial {old.serial} → {stage.source.soa.serial}; the secondary does not know yet",
    )
    before = len(stage.following.history)
    assert stage.primary_listener is not None
    stage.primary_listener.send(stage.secondary_listener.where, transfers.notify(secrets.randbits(16), stage.source))
    for _ in range(PATIENCE_TURNS):
        if len(stage.following.history) > before and not stage.following.busy:
            break
        stage.loop.turn(0.25)
    stage.note("NOTIFY", "; ".join(stage.following.history[before:]) or "nothing")
    said = stage.following.history[-1]
    draft.check("after NOTIFY, the secondary is equal again", "RFC 1996 §3", True, stage.equal())
    if bad_ixfr:
        draft.check("an IXFR that is no good is answered by an AXFR", "RFC 1995 §4", "AXFR", said.partition(":")[0])
    else:
        draft.check("only the difference was sent", "RFC 1995 §4", "IXFR", said.partition(":")[0])


def _with_serial(rrset: RRset, old: Soa) -> RRset:
    return rrset._replace(data=(old._replace(serial=(old.serial + 1) % (1 << 32)).to_wire(),))


def _read_only(stage: _Stage, draft: Draft) -> None:
    update = message.write_query(secrets.randbits(16), stage.origin, SOA, flags=UPDATE << 11)
    reply = stage.ask(stage.secondary_listener.where, update, SOA)
    said = rcode_text(reply.rcode) if reply else "no reply"
    stage.note("somebody sends the secondary an UPDATE", said)
    draft.check("the secondary is a read-only copy", "course, lecture 1; RFC 2136 §6", "NOTIMP", said)
    stranger = stage.ask(stage.secondary_listener.where, transfers.notify(secrets.randbits(16), stage.source), SOA)
    said = rcode_text(stranger.rcode) if stranger else "no reply"
    stage.note("NOTIFY from a stranger, 127.0.0.1", said)
    draft.check("only its primary may notify it", "RFC 1996 §3.10", "REFUSED", said)


def _without_primary(stage: _Stage, draft: Draft) -> None:
    timers = stage.source.soa
    stage.stop_primary()
    stage.note("the primary goes away", "the secondary does not notice")
    stage.move(timers.refresh + 1)
    stage.note(f"refresh: {timers.refresh} s later", f"{stage.following.history[-1]}; it answers all the same")
    draft.check("after a failed refresh, the secondary still answers", "RFC 1035 §3.3.13", True, _answers(stage))
    stage.move(timers.retry + 1)
    stage.note(f"retry: {timers.retry} s later", f"{stage.following.history[-1]}; still no primary")
    stage.move(max(0.0, stage.following.expires_s - stage.loop.now_s()) + 1)  # refresh and retry are part of that time
    stage.note(f"expire: {timers.expire} s after the last contact", "too old to be told to anyone")
    draft.check("after expire, the secondary answers no more", "RFC 1035 §3.3.13", False, _answers(stage))
    stage.start_primary()
    stage.move(timers.retry + 1)
    stage.note("the primary is back", stage.following.history[-1])
    draft.check(
        "when the primary is back, so is the secondary", "RFC 1034 §4.3.5", True, _answers(stage) and stage.equal()
    )


def _answers(stage: _Stage) -> bool:
    reply = stage.ask(stage.secondary_listener.where, message.write_query(secrets.randbits(16), stage.origin, SOA), SOA)
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
