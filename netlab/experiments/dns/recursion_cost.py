"""`netlab dns compare`: the same name by recursion and by iteration, cold and warm: who sends how many messages.

Recursive: the host sends one query to a local name server (a UDP server of this process), which iterates. Iterative:
the host does all of it itself. Rounds are interleaved, so that what disturbs the machine disturbs all four.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from netlab.dns import stub
from netlab.dns.exchange import NameServer
from netlab.dns.iterate import Resolution
from netlab.dns.names import ROOT, Name
from netlab.dns.records import SERVFAIL, rcode_text, type_from_text
from netlab.dns.recursor import Recursor
from netlab.dns.resolver import Resolver
from netlab.dns.transport import Listener
from netlab.experiment import Experiment
from netlab.experiments.dns.options import Domain, Rounds, Type, Zones
from netlab.experiments.dns.recursion_cost_rows import WayRow
from netlab.experiments.dns.world import StartingPoint, World, question_name, world
from netlab.experiments.options import AnySeed
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement, Samples
from netlab.report.rows import table_of

WAYS = ("recursive, cold", "iterative, cold", "recursive, warm", "iterative, warm")


@dataclass(frozen=True, slots=True)
class Parameters:
    name: Domain = "my.xxsilence.net"
    type: Type = "A"
    rounds: Rounds = 20
    zones: Zones = None
    seed: AnySeed = None


@dataclass(slots=True)
class _Way:
    """What one way took, over all rounds. Messages are those of one lookup: they are the same each time."""

    times_s: list[float] = field(default_factory=list)
    host_sent: list[int] = field(default_factory=list)
    server_sent: list[int] = field(default_factory=list)
    host_bytes: list[int] = field(default_factory=list)
    rtts_s: list[float] = field(default_factory=list)
    rcodes: set[int] = field(default_factory=set)

    def row(self, name: str) -> WayRow:
        host, server, size = (int(median(each)) for each in (self.host_sent, self.server_sent, self.host_bytes))
        return WayRow(name, host, server, size, median(self.times_s), median(self.rtts_s) if self.rtts_s else None)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds; Ctrl-C gives those that are done. Raises NetlabError."""
    name, rtype = question_name(parameters.name), type_from_text(parameters.type)
    ways = {way: _Way() for way in WAYS}
    draft = Draft()
    with world(StartingPoint(zones=parameters.zones, seed=parameters.seed)) as here:
        draft.finding(say("Asked in {where}.", where=here.where))
        try:
            _recursive(here, here.resolver(), name, rtype, [_Way(), _Way()])  # code and sockets warm before it counts
            _iterative(here, here.resolver(), name, rtype, _Way())
            for number in range(parameters.rounds):
                progress(number / parameters.rounds, f"round {number + 1}")
                _recursive(here, here.resolver(), name, rtype, [ways["recursive, cold"], ways["recursive, warm"]])
                resolver = here.resolver()
                _iterative(here, resolver, name, rtype, ways["iterative, cold"])
                _iterative(here, resolver, name, rtype, ways["iterative, warm"])
        except KeyboardInterrupt:
            draft.interrupted = True
    _report(draft, ways)
    return draft.finish()


def _recursive(here: World, resolver: Resolver, name: Name, rtype: int, ways: list[_Way]) -> None:
    recursor = Recursor(resolver, here.upstream.drive, here.loop.now_s)
    listener = Listener(here.loop, ("127.0.0.1", 0), recursor, Counter())
    server = NameServer(ROOT, *listener.where)
    try:
        for way in ways:
            before = recursor.counts["upstream"]
            started_s = here.loop.now_s()
            answer = stub.ask(here.upstream, here.rng, server, name, rtype, timeout_s=8.0, tries=1)
            way.times_s.append(here.loop.now_s() - started_s)
            way.host_sent.append(answer.tries)
            way.server_sent.append(recursor.counts["upstream"] - before)
            way.host_bytes.append(answer.sent_bytes + answer.message.size)
            way.rtts_s.append(answer.rtt_s)
            way.rcodes.add(answer.message.rcode)
    finally:
        listener.close()


def _iterative(here: World, resolver: Resolver, name: Name, rtype: int, way: _Way) -> None:
    started_s = here.loop.now_s()
    resolution = Resolution(resolver, name, rtype, started_s)
    answer = here.upstream.resolve(resolution.run())
    way.times_s.append(here.loop.now_s() - started_s)
    way.host_sent.append(resolution.sent)
    way.server_sent.append(0)
    way.host_bytes.append(resolution.sent_bytes + resolution.received_bytes)
    way.rtts_s += [step.rtt_s for step in resolution.steps if step.rtt_s is not None]
    way.rcodes.add(answer.rcode)


def _report(draft: Draft, ways: dict[str, _Way]) -> None:
    done = len(ways[WAYS[-1]].times_s)
    draft.fact("rounds", done, "1")
    if not done:
        return
    rcodes = {rcode for way in ways.values() for rcode in way.rcodes}
    draft.fact("rcode", ", ".join(map(rcode_text, sorted(rcodes))), "")
    rows = [way.row(name) for name, way in ways.items()]
    draft.tables.append(table_of(WayRow, rows))
    draft.charts.append(Chart("bar", "Time of a lookup, median", "One lookup", "way", "p50"))
    draft.samples += [Samples(name, "s", way.times_s) for name, way in ways.items()]
    recursive, iterative, warm_recursive, warm_iterative = rows
    text = "Cold, the host sends {recursive} query by recursion and {iterative} by iteration."
    draft.answer = say(text, recursive=recursive.host_sends, iterative=iterative.host_sends)
    draft.check("all ways lead to the same rcode", "RFC 1034 §4.3.1", 1, len(rcodes), Evidence(fact="rcode"))
    lecture, ways_row = "course, lecture 1", Evidence(table="One lookup")
    draft.check("by recursion, the host sends one query and waits", lecture, 1, recursive.host_sends, ways_row)
    claim = "cold, the local server sends what the host would have to send"
    draft.check(claim, lecture, iterative.host_sends, recursive.local_server_sends, ways_row)
    if SERVFAIL not in rcodes:
        asked = warm_recursive.local_server_sends + warm_iterative.host_sends
        draft.check("warm, nobody asks the Internet", "RFC 1034 §5.3.3", 0, asked, ways_row)
    times = recursive.p50 / warm_recursive.p50
    shared = "What saves is the cache of a server that many share" if times > 1.1 else "Here, the cache saved nothing"
    text = (
        "Recursion moves the work, it does not save it: the host sends 1 instead of {sends}. {shared}: {times:.1f} "
        "times as fast when warm."
    )
    draft.finding(say(text, sends=iterative.host_sends, shared=shared, times=times), ways_row)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Recursive against iterative: who sends how many messages; cold against warm.",
    examples=("netlab dns compare", "netlab dns compare www.deep.test --rounds 50"),
)
