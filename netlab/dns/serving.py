"""The servers of a topology on real sockets in one loop: addresses, logs, secondaries that copy and follow."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from netlab.dns import message, transfers
from netlab.dns.authority import Authority
from netlab.dns.exchange import NameServer, Query, Reply
from netlab.dns.loop import Loop
from netlab.dns.message import FormatError
from netlab.dns.names import Name, from_text, to_text
from netlab.dns.records import AXFR, IXFR, SOA, data_text, rcode_text, type_text
from netlab.dns.topology import ServerPlan, Topology
from netlab.dns.transfers import Incoming, NextTransfer, Secondary
from netlab.dns.transport import Listener, SendReply, Upstream, Where
from netlab.dns.zone import Zone
from netlab.errors import NetlabError, PeerError

TRANSFER_TIMEOUT_S = 5.0
QUERY_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Logged:
    """One query and its answer, for the log. `took_s` None: not answered (yet, or on purpose)."""

    server: str
    client: str
    transport: str
    question: str
    answer: str
    took_s: float | None


Log = Callable[[Logged], None]


class AuthorityService:
    """An Authority at a socket."""

    def __init__(
        self, name: str, authority: Authority, log: Log | None, now_s: Callable[[], float], notified: Callable[[], None]
    ) -> None:
        self.name, self.authority = name, authority
        self._log, self._now_s, self._notified = log, now_s, notified
        self._ready = log is None and type(authority) is Authority  # nothing to write down, and nothing to spoil

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """What lies ready."""
        return self.authority.at_once(data, tcp) if self._ready else None

    def handle(self, data: bytes, source: Where, tcp: bool, reply: SendReply) -> bool:
        """Answer at once."""
        started_s = self._now_s() if self._log else 0.0
        replies = self.authority.handle(data, source[0], tcp)
        for each in replies:
            reply(each)
        if self._log:
            self._log(describe(self.name, source, tcp, data, replies, self._now_s() - started_s if replies else None))
        if self.authority.notified:
            self._notified()
        return False


def describe(server: str, source: Where, tcp: bool, query: bytes, replies: list[bytes], took_s: float | None) -> Logged:
    """A line of the query log."""
    try:
        asked = message.read_question(query)
        question = f"{to_text(asked.name)} {type_text(asked.rtype)}" if asked else "(no question)"
    except FormatError:
        question = f"({len(query)} bytes that are no query)"
    answer = "no reply"
    if replies:
        try:
            answer = _outcome(replies)
        except FormatError:
            answer = f"{len(replies[0])} bytes"
    return Logged(server, f"{source[0]}:{source[1]}", "tcp" if tcp else "udp", question, answer, took_s)


def _outcome(replies: list[bytes]) -> str:
    first = message.read(replies[0])
    if first.question and first.question.rtype in (AXFR, IXFR) and not first.rcode:
        return f"a transfer in {len(replies)} message{'s' * (len(replies) > 1)}"
    if first.flags & message.TC:
        return "truncated"
    if first.rcode:
        return rcode_text(first.rcode)
    if first.answer:
        return ", ".join(data_text(each.rtype, data) for each in first.answer[:2] for data in each.data[:2])
    if first.authority and first.authority[0].rtype != SOA:
        return f"referral: ask {', '.join(map(to_text, first.authority[0].targets()[:2]))}"
    return "no such record" if first.authority else "nothing"


class Servers:
    """Every server of a topology, listening. Raises UsageError or MachineLacks, and has then bound nothing."""

    def __init__(self, loop: Loop, topology: Topology, port: int, log: Log | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.listeners: list[Listener] = []
        self.authorities: dict[str, Authority] = {}
        self.secondaries: list[Following] = []
        self.skipped: list[str] = []
        self._upstream = Upstream(loop)
        try:
            for plan in topology.servers:
                self._open(loop, plan, port, log)
        except NetlabError:
            self.close()
            raise

    def _open(self, loop: Loop, plan: ServerPlan, port: int, log: Log | None) -> None:
        authority = plan.authority()
        following = [
            Following(loop, self._upstream, authority, origin, (primary, port))
            for origin, primary in plan.secondary.items()
        ]

        def notified() -> None:
            names, authority.notified = authority.notified, []
            for each in following:
                if each.origin in names:
                    each.notified()

        service = AuthorityService(plan.name, authority, log, loop.now_s, notified)
        try:
            self.listeners.append(Listener(loop, (plan.address, port), service, self.counts))
        except NetlabError:
            if ":" not in plan.address:
                raise
            self.skipped.append(plan.name)  # a machine without IPv6 has the rest all the same
            return
        self.authorities[plan.address] = authority
        self.secondaries += following
        for each in following:
            each.check()

    def close(self) -> None:
        """Close every socket."""
        for following in self.secondaries:
            following.close()
        for listener in self.listeners:
            listener.close()
        self._upstream.close()


class Following:
    """A secondary at work: asks for the SOA when it is due, transfers, tries AXFR where IXFR is no good, gives up in
    the end."""

    def __init__(self, loop: Loop, upstream: Upstream, authority: Authority, origin: Name, primary: Where) -> None:
        self._loop, self._upstream, self._authority, self.origin = loop, upstream, authority, origin
        self._primary = NameServer(from_text("primary.invalid"), *primary)
        self.state = Secondary()
        self.history: list[str] = []
        self.busy = False
        self._timer = loop.after(0.0, _nothing)

    def notified(self) -> None:
        """A NOTIFY came."""
        self.state.notified(self._loop.now_s())
        self.check()

    def check(self) -> None:
        """Do what is due, and come back when something will be."""
        now_s = self._loop.now_s()
        if self.state.zone is not None and self.state.expired(now_s):
            self._authority.expired.add(self.origin)
            self._authority.changed()
        if not self.busy and self.state.next(now_s) is NextTransfer.ASK_SOA:
            self.busy = True
            self._ask_soa()
            return
        self._again()

    @property
    def expires_s(self) -> float:
        """When the copy becomes too old, by the loop's clock, if the primary is not heard again."""
        return self.state.expires_s

    def close(self) -> None:
        """No more timers."""
        self._timer.cancel()

    def _again(self) -> None:
        self._timer.cancel()
        self._timer = self._loop.after(max(0.01, self.state.due_s - self._loop.now_s()), self.check)

    def _ask_soa(self) -> None:
        payload = message.write_query(secrets.randbits(16), self.origin, SOA)
        self._upstream.ask(self._exchange(SOA, "udp", QUERY_TIMEOUT_S, payload), self._heard_soa)

    def _exchange(self, rtype: int, transport: str, timeout_s: float, payload: bytes) -> Query:
        return Query(self._primary, self.origin, rtype, transport, timeout_s, payload, edns=False)

    def _heard_soa(self, heard: Reply) -> None:
        zone = self.state.zone
        if heard.message is None or not heard.message.answer:
            self._failed(
                f"SOA: {heard.problem or 'timeout' if heard.message is None else rcode_text(heard.message.rcode)}"
            )
        elif zone is not None and not self.state.wants(heard.message):
            self._succeeded(zone, f"serial {zone.soa.serial} is still the newest")
        else:
            self._transfer(IXFR if zone is not None else AXFR)

    def _transfer(self, rtype: int) -> None:
        zone = self.state.zone
        incoming = Incoming(self.origin, rtype, zone)
        identifier = secrets.randbits(16)
        payload = (
            transfers.ixfr_query(identifier, zone)
            if rtype == IXFR and zone
            else transfers.axfr_query(identifier, self.origin)
        )
        broken: list[str] = []

        def more(data: bytes) -> bool:
            try:
                return not incoming.feed(data)
            except PeerError as error:
                broken.append(error.message)
                return False

        def done(heard: Reply) -> None:
            problem = broken[0] if broken else heard.problem or ("" if heard.message else "timeout")
            if not problem:
                try:
                    self._take(incoming)
                    return
                except NetlabError as error:
                    problem = error.message
            if rtype == IXFR:
                self.history.append(f"{problem}; so AXFR")
                self._transfer(AXFR)
            else:
                self._failed(problem)

        self._upstream.ask(self._exchange(rtype, "tcp", TRANSFER_TIMEOUT_S, payload), done, more)

    def _take(self, incoming: Incoming) -> None:
        rrsets = incoming.apply()
        zone = self.state.zone
        if zone is None:
            zone = self._authority.zones[self.origin] = Zone(self.origin, rrsets)
        elif not incoming.up_to_date:
            zone.replace(rrsets)
        self._authority.changed()
        how = "IXFR" if incoming.incremental else "AXFR"
        count = f"{incoming.messages} message{'s' * (incoming.messages != 1)}"
        self._succeeded(zone, f"{how}: serial {zone.soa.serial}, {incoming.octets} bytes in {count}")

    def _succeeded(self, zone: Zone, said: str) -> None:
        self.history.append(said)
        self.busy = False
        self._authority.expired.discard(self.origin)
        self.state.succeeded(zone, self._loop.now_s())
        self._again()

    def _failed(self, said: str) -> None:
        self.history.append(said)
        self.busy = False
        self.state.failed(self._loop.now_s())
        if self.state.expired(self._loop.now_s()) and self.state.zone is not None:
            self._authority.expired.add(self.origin)
            self._authority.changed()
        self._again()


def _nothing() -> None:
    """A timer that was never set."""
