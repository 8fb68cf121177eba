"""`netlab dns serve`: the miniature Internet and a recursive resolver in the foreground, for dig and anybody else.

All of it is one process and one loop: Ctrl-C, SIGTERM or even SIGKILL leave nothing behind. The log is bounded: beyond
so many lines a second, queries are counted instead.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Annotated

from netlab.dns import mini_internet
from netlab.dns.iterate import Resolution
from netlab.dns.loop import Loop
from netlab.dns.names import ROOT, to_text
from netlab.dns.recursor import Recursor
from netlab.dns.resolver import Delegation, Resolver
from netlab.dns.serving import Logged, describe
from netlab.dns.steps import TracedAnswer
from netlab.dns.topology import EMBEDDED
from netlab.dns.transport import DnsPortInUse, Listener, SendReply, Upstream, shown
from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.dns.options import ip_and_port
from netlab.experiments.dns.world import REAL_PORT, StartingPoint, given_roots, limits, policy, rng
from netlab.experiments.options import SERVER
from netlab.option import Option, Without
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table
from netlab.report.units import human

RESOLVER = ("127.0.0.1", 5353)
LINES_A_SECOND = 200
MOST_NAMES_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Parameters:
    """`listen_host`, `listen_port`: the resolver's place; None: 127.0.0.1 port 5353, or the next that is free."""

    listen: Annotated[str | None, Option("Where the resolver is.", "IP:PORT", panel=SERVER, recorded=False)] = None
    listen_host: str | None = None
    listen_port: int | None = None
    resolver_only: Annotated[bool, Option("No servers: resolve from --root.", panel=SERVER)] = False
    log: Annotated[bool, Option("No query log.", panel=SERVER, name="--quiet", inverted=True)] = True
    duration_s: Annotated[float | None, Option("End after S seconds.", "S", 0.01, panel=SERVER)] = None
    start: Annotated[StartingPoint, Without("all_paths")] = field(default_factory=StartingPoint)


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    start = parameters.start
    if not start.own and not parameters.resolver_only:
        raise UsageError("--root, --root-hints and --live are for --resolver-only")
    if parameters.resolver_only and start.own:
        raise UsageError("--resolver-only needs to know where the root is", "--root IP, --root-hints FILE or --live")
    if parameters.resolver_only and start.zones is not None:
        raise UsageError("--resolver-only serves no --zones")
    if parameters.listen:
        at = ip_and_port(parameters.listen, 5353)
        parameters = replace(parameters, listen_host=at.host, listen_port=at.port)
    return replace(parameters, start=replace(start, roots=start.roots_apart()))


class _QueryLog:
    """Queries as lines for a Progress; counts them by server, and names that the resolver was asked for."""

    def __init__(self, progress: Progress, loop: Loop, on: bool) -> None:
        self._progress, self._loop, self._on = progress, loop, on
        self.by_server: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self._second, self._lines, self._left_out = -1, 0, 0

    def resolved(self, resolution: Resolution, answer: TracedAnswer) -> None:
        if len(self.names) < MOST_NAMES_COUNTED:
            self.names[to_text(resolution.name)] += 1

    def __call__(self, query: Logged) -> None:
        self.by_server[query.server] += 1
        if not self._on:
            return
        second = int(self._loop.now_s())
        if second != self._second:
            if self._left_out:
                self._progress(0.0, f"  … {self._left_out:,} queries more in that second")
            self._second, self._lines, self._left_out = second, 0, 0
        self._lines += 1
        if self._lines > LINES_A_SECOND:
            self._left_out += 1
            return
        where = f"{query.client:<21} {query.transport} → {query.server:<18}"
        self._progress(0.0, f"{where} {query.question} = {query.answer}  {human(query.took_s, 's')}")


class _LoggedRecursor:
    """A Recursor whose queries are logged when they are answered."""

    def __init__(self, recursor: Recursor, log: _QueryLog, loop: Loop) -> None:
        self._recursor, self._log, self._loop = recursor, log, loop

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """Nothing, so that every query comes by `handle` and is logged."""
        return None

    def handle(self, data: bytes, source: tuple[str, int], tcp: bool, reply: SendReply) -> bool:
        started_s = self._loop.now_s()

        def answered(message: bytes) -> None:
            reply(message)
            self._log(describe("resolver", source, tcp, data, [message], self._loop.now_s() - started_s))

        ready = self._recursor.at_once(data, tcp)
        if ready is None:
            return self._recursor.handle(data, source, tcp, answered)
        answered(ready)
        return False


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Serve until Ctrl-C, SIGTERM (both come as KeyboardInterrupt) or `duration_s`. Raises UsageError, MachineLacks."""
    with ExitStack() as stack:
        loop = Loop()
        stack.callback(loop.close)
        started_s, log = loop.now_s(), _QueryLog(progress, loop, parameters.log)
        start = parameters.start
        hints, port, place = _open_root(stack, parameters, loop, log)
        upstream = Upstream(loop)
        stack.callback(upstream.close)
        resolver = Resolver(hints, rng(start.seed), policy(start, port), limits(start))
        recursor = Recursor(resolver, upstream.drive, loop.now_s, log.resolved)
        counts: Counter[str] = Counter()
        service = _LoggedRecursor(recursor, log, loop) if parameters.log else recursor
        listener = _listen(loop, parameters, service, counts)
        stack.callback(listener.close)
        where = listener.where
        progress(0.0, f"ready: resolver on {shown(where)} (UDP and TCP); {place}")
        progress(0.0, f"try: dig @{where[0]} -p {where[1]} my.xxsilence.net    (Ctrl-C ends it)")
        if parameters.duration_s is not None:
            loop.after(parameters.duration_s, loop.stop)
        with suppress(KeyboardInterrupt):  # that is how a server is ended
            loop.run()
        draft = Draft()
        draft.fact("served for", loop.now_s() - started_s, "s")
        draft.fact("resolver at", shown(where), "")
        draft.findings.append(place[:1].upper() + place[1:] + ".")
        _report(draft, recursor, counts)
        _report_queries(draft, log, not parameters.resolver_only)
        return draft.finish()


def _open_root(stack: ExitStack, parameters: Parameters, loop: Loop, log: _QueryLog) -> tuple[Delegation, int, str]:
    """The root servers given, or those of the miniature Internet, which are opened; their port, and both in words."""
    start = parameters.start
    if parameters.resolver_only:
        hints, port = Delegation(ROOT, tuple(given_roots(start))), start.port or REAL_PORT
        roots = ", ".join(each for _, addresses in hints.servers[:3] for each in addresses)
        return hints, port, f"resolving from {roots}, port {port}"
    folder = start.zones or EMBEDDED
    servers, plan, port, network = mini_internet.open_servers(loop, folder, start.port, log)
    stack.callback(servers.close)
    count = len(servers.listeners)
    at = f"on 127.{network}.x.y" if start.zones is None else f"for the zones in {folder}"
    place = f"{count} server{'s' * (count != 1)} {at}, port {port}; the root is at {plan.roots[0][1]}"
    return mini_internet.hints_of(plan.roots), port, place


def _listen(loop: Loop, parameters: Parameters, service: Recursor | _LoggedRecursor, counts: Counter[str]) -> Listener:
    """At the place asked for, or near 127.0.0.1:5353 (which mDNS may have taken)."""
    if parameters.listen_host is not None and parameters.listen_port is not None:
        return Listener(loop, (parameters.listen_host, parameters.listen_port), service, counts)
    for port in range(RESOLVER[1], RESOLVER[1] + 40):
        try:
            return Listener(loop, (RESOLVER[0], port), service, counts)
        except DnsPortInUse:
            continue
    return Listener(loop, (RESOLVER[0], 0), service, counts)


def _report(draft: Draft, recursor: Recursor, counts: Counter[str]) -> None:
    said = recursor.counts
    draft.fact("resolver answered from the cache", said["from the cache"], "1")
    draft.fact("resolver resolved", said["resolved"], "1")
    draft.fact("resolver upstream queries", said["upstream"], "1")
    draft.fact("resolver failed", said["failed"], "1")
    draft.fact("resolver dropped", said["dropped"], "1", "beyond what one client, or all, may have under way")
    draft.fact("resolver malformed", said["malformed"], "1")
    draft.fact("resolver refused", said["refused"], "1")
    draft.fact("resolver cache entries", len(recursor.resolver.cache), "1")
    draft.fact("resolver datagrams", counts["datagrams"], "1")
    draft.fact("resolver connections", counts["connections"], "1")


def _report_queries(draft: Draft, log: _QueryLog, has_servers: bool) -> None:
    if has_servers:
        rows = tuple(each for each in log.by_server.most_common(20) if each[0] != "resolver")
        draft.tables.append(Table("Queries by server", (Column("server", ""), Column("queries", "1")), rows))
    if log.names:
        rows = tuple(log.names.most_common(10))
        draft.tables.append(Table("Names resolved", (Column("name", ""), Column("times", "1")), rows))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Run the miniature Internet and a recursive resolver until Ctrl-C, with a query log.",
    examples=(
        "netlab dns serve",
        "netlab dns serve --zones my-zones",
        "netlab dns serve --resolver-only --root 127.0.0.1 --port 5300",
    ),
    plots=False,
    shows="log",
    settle=_settle,
)
