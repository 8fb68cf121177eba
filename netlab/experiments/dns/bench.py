"""`netlab dns bench`: resolutions a second against the miniature Internet, cold and warm, and what each takes upstream.

Cold: one after the other, from the root, each with an empty cache. Warm: a recursive resolver in a process of its own
answers from its cache, over UDP, 1 or 16 queries under way. Rounds are interleaved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Annotated

from netlab.dns import message
from netlab.dns.iterate import Resolution
from netlab.dns.message import RD
from netlab.dns.mini_internet import ResolverProcess
from netlab.dns.names import Name
from netlab.dns.records import SERVFAIL, rcode_text, type_from_text
from netlab.dns.transport import Volley, volley
from netlab.experiment import Experiment
from netlab.experiments.dns.options import Domain, Rounds, Type
from netlab.experiments.dns.world import StartingPoint, World, question_name, world
from netlab.experiments.options import AnySeed
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Column, Draft, Evidence, Measurement, Samples, Table

WARM_TIMES = 10  # a warm answer is so much quicker that more of them are needed for a round of the same length


@dataclass(frozen=True, slots=True)
class Parameters:
    """`names`: cold resolutions a round."""

    name: Domain = "my.xxsilence.net"
    type: Type = "A"
    names: Annotated[int, Option("Resolutions a round.", "N", 1, 1_000_000)] = 1000
    rounds: Rounds = 3
    seed: AnySeed = None


@dataclass(slots=True)
class _Rounds:
    rates: dict[str, list[float]] = field(default_factory=dict)
    upstream: dict[str, float | None] = field(default_factory=dict)
    cold_s: list[float] = field(default_factory=list)
    rcodes: set[int] = field(default_factory=set)
    lost: int = 0
    failed: int = 0

    def add(self, way: str, count: int, seconds: float, upstream: float | None) -> None:
        self.rates.setdefault(way, []).append(count / seconds if seconds > 0 else 0.0)
        self.upstream[way] = upstream

    def add_warm(self, under_way: int, result: Volley) -> None:
        self.add(f"warm, by UDP, {under_way} under way", result.answered, result.seconds, 0.0)
        self.lost += result.lost
        self.rcodes |= result.rcodes


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds; Ctrl-C gives those that are done. Raises NetlabError."""
    name, rtype = question_name(parameters.name), type_from_text(parameters.type)
    found, draft = _Rounds(), Draft()
    with world(StartingPoint(seed=parameters.seed)) as here:
        assert here.net is not None
        with ResolverProcess(here.net) as warm:
            query = message.write_query(0, name, rtype, flags=RD, udp_size=1232)
            volley(warm.where, [query], 1)  # from now on it is in its cache
            try:
                for number in range(parameters.rounds):
                    progress(number / parameters.rounds, f"round {number + 1}")
                    _cold(here, name, rtype, parameters.names, found)
                    _referrals(here, name, rtype, parameters.names, found)
                    for under_way in (1, 16):
                        count = parameters.names * WARM_TIMES
                        found.add_warm(under_way, volley(warm.where, [query], count, under_way))
            except KeyboardInterrupt:
                draft.interrupted = True
    _report(draft, parameters, found)
    return draft.finish()


def _cold(here: World, name: Name, rtype: int, count: int, found: _Rounds) -> None:
    """Each from the root, remembering nothing of the one before."""
    resolver, sent = here.resolver(), 0
    began_s = here.loop.now_s()
    for _ in range(count):
        resolver.cache.clear()
        started_s = here.loop.now_s()
        resolution = Resolution(resolver, name, rtype, started_s)
        answer = here.upstream.resolve(resolution.run())
        found.cold_s.append(here.loop.now_s() - started_s)
        sent += resolution.sent
        found.failed += answer.rcode == SERVFAIL
        found.rcodes.add(answer.rcode)
    found.add("cold, from the root", count, here.loop.now_s() - began_s, sent / count)


def _referrals(here: World, name: Name, rtype: int, count: int, found: _Rounds) -> None:
    """With a cache that knows the zones, and never this name: what most lookups of a busy resolver are like."""
    resolver, sent = here.resolver(), 0
    here.upstream.resolve(Resolution(resolver, name, rtype, here.loop.now_s()).run())
    began_s = here.loop.now_s()
    for number in range(count):
        other = (f"n{number}".encode(), *name[1:])
        resolution = Resolution(resolver, other, rtype, here.loop.now_s())
        here.upstream.resolve(resolution.run())
        sent += resolution.sent
    found.add("new name, zone known", count, here.loop.now_s() - began_s, sent / count)


def _report(draft: Draft, parameters: Parameters, found: _Rounds) -> None:
    done = min((len(rates) for rates in found.rates.values()), default=0)
    draft.fact("rounds", done, "1")
    draft.fact("rcode", ", ".join(map(rcode_text, sorted(found.rcodes))), "")
    draft.fact("queries lost", found.lost, "1")
    if not done:
        return
    rates = {way: median(each) for way, each in found.rates.items()}
    rows = tuple((way, rate, 1 / rate, found.upstream[way]) for way, rate in rates.items() if rate)
    columns = (Column("way", ""), Column("names/s", "1/s"), Column("time a name", "s"), Column("upstream queries", "1"))
    draft.tables.append(Table("Rates", columns, rows))
    draft.charts.append(Chart("bar", "Names a second, median of the rounds", "Rates", "way", "names/s", log_y=True))
    draft.samples.append(Samples("cold resolution", "s", found.cold_s))
    fastest = max(rates, key=lambda way: rates[way] or 0.0)
    text = "The most names per second: {rate:,.0f}, {way}."
    draft.answer = say(text, rate=rates[fastest] or 0.0, way=fastest)
    draft.check("resolutions that failed", "netlab", 0, found.failed, Evidence(table="Rates"))
    draft.findings.append(
        "One after the other on one connection of one process, with the servers on the same machine: "
        "what it costs, not what a resolver could do for many clients."
    )


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="How many names a second: cold and warm, and the queries each of them takes.",
    examples=("netlab dns bench", "netlab dns bench my.xxsilence.net --names 5000 --rounds 5"),
)
