"""`netlab dns cache`: browser → system → router → ISP → iteration, each layer a real cache with its own policy.

The router and the ISP's resolver are UDP servers on this machine; the name servers are the miniature Internet. The
clock that the caches go by is an argument: between lookups it is moved to just after a layer has forgotten the name,
so nothing waits. The times of the lookups themselves are measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from netlab.dns import stub
from netlab.dns.cache_layers import CacheLayer, CachingForwarder, answer_of, good_for
from netlab.dns.exchange import NameServer
from netlab.dns.names import ROOT, Name
from netlab.dns.records import rcode_text, type_from_text
from netlab.dns.recursor import Recursor
from netlab.dns.steps import TracedAnswer
from netlab.dns.transport import Listener
from netlab.experiment import Experiment
from netlab.experiments.dns.layered_cache_rows import LookupRow
from netlab.experiments.dns.options import Domain, Type, Zones
from netlab.experiments.dns.world import StartingPoint, World, question_name, world
from netlab.experiments.options import AnySeed
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

# The browser keeps names for a time of its own (course, lecture 1: 2 to 30 minutes); the others shorten TTLs at most.
BROWSER_S, SYSTEM_S, ROUTER_S = 120, 300, 600
LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Parameters:
    name: Domain = "my.xxsilence.net"
    type: Type = "A"
    zones: Zones = None
    seed: AnySeed = None


@dataclass(slots=True)
class _House:
    """The layers, from the browser's to the ISP's."""

    here: World
    browser: CacheLayer
    system: CacheLayer
    router: CachingForwarder
    router_at: NameServer
    isp: Recursor
    shift_s: float = 0.0

    def now_s(self) -> float:
        """The clock of the caches."""
        return self.here.loop.now_s() + self.shift_s

    def look_up(self, name: Name, rtype: int) -> tuple[TracedAnswer, str]:
        """As a browser does: its answer, and which layer had it."""
        for layer, above in ((self.browser, ()), (self.system, (self.browser,))):
            known = layer.get(name, rtype, self.now_s())
            if known is not None:
                for each in above:
                    each.put(name, rtype, known, self.now_s())
                return known, layer.name
        hits, upstream = self.router.layer.hits, self.isp.counts["upstream"]
        told = stub.ask(self.here.upstream, self.here.rng, self.router_at, name, rtype, timeout_s=8.0, tries=1)
        answer = answer_of(told.message)
        for layer in (self.system, self.browser):
            layer.put(name, rtype, answer, self.now_s())
        if self.router.layer.hits > hits:
            return answer, "router"
        return answer, "ISP" if self.isp.counts["upstream"] == upstream else "iteration"


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Look the name up again and again. Raises NetlabError."""
    name, rtype = question_name(parameters.name), type_from_text(parameters.type)
    draft = Draft()
    rows: list[LookupRow] = []
    with ExitStack() as stack:
        house = _open(stack, stack.enter_context(world(StartingPoint(zones=parameters.zones, seed=parameters.seed))))
        began_s = house.now_s()

        def look(when: str) -> None:
            before = house.isp.counts["upstream"]
            at_s, started_s = house.now_s() - began_s, house.here.loop.now_s()
            answer, layer = house.look_up(name, rtype)
            took_s, queries = house.here.loop.now_s() - started_s, house.isp.counts["upstream"] - before
            said = ", ".join(text for each in answer.answer for text in each.texts()) or rcode_text(answer.rcode)
            lookup = f"{len(rows) + 1}. {when}"
            rows.append(LookupRow(lookup, int(at_s), layer, good_for(answer), took_s, queries, said))
            progress(min(len(rows) / 7, 1.0), f"lookup {len(rows)}")

        look("first")
        look("again, at once")
        for layer, expires_s in (
            ("browser", lambda: house.browser.expires_s(name, rtype)),
            ("system", lambda: house.system.expires_s(name, rtype)),
            ("router", lambda: house.router.layer.expires_s(name, rtype)),
            ("ISP", lambda: _isp_expires_s(house, name, rtype)),
        ):
            if _move_past(house, expires_s):
                look(f"the {layer}'s time is over")
    _report(draft, rows)
    return draft.finish()


def _open(stack: ExitStack, here: World) -> _House:
    holder: list[_House] = []

    def now_s() -> float:
        return holder[0].now_s()

    isp = Recursor(here.resolver(), here.upstream.drive, now_s)
    isp_listener = Listener(here.loop, (LOCAL, 0), isp, Counter())
    stack.callback(isp_listener.close)
    router_layer = CacheLayer("router", longest_s=ROUTER_S)
    router = CachingForwarder(router_layer, NameServer(ROOT, *isp_listener.where), here.upstream.ask, here.rng, now_s)
    router_listener = Listener(here.loop, (LOCAL, 0), router, Counter())
    stack.callback(router_listener.close)
    browser, system = CacheLayer("browser", fixed_s=BROWSER_S), CacheLayer("system", longest_s=SYSTEM_S)
    holder.append(_House(here, browser, system, router, NameServer(ROOT, *router_listener.where), isp))
    return holder[0]


def _isp_expires_s(house: _House, name: Name, rtype: int) -> float | None:
    entry = house.isp.resolver.cache.get(name, rtype, house.now_s())
    return entry.expires_s if entry else None


def _move_past(house: _House, expires_s: Callable[[], float | None]) -> bool:
    """Move the caches' clock to a second after that; False where there is nothing to wait for."""
    at_s = expires_s()
    if at_s is None:
        return False
    house.shift_s += max(0.0, at_s + 1.0 - house.now_s())
    return True


def _report(draft: Draft, rows: list[LookupRow]) -> None:
    draft.fact("browser keeps names", BROWSER_S, "s", "a fixed time, whatever the TTL")
    draft.fact("system keeps names", SYSTEM_S, "s", "their TTL, at most this")
    draft.fact("router keeps names", ROUTER_S, "s", "their TTL, at most this")
    draft.fact("ISP keeps names", "their TTL", "")
    draft.tables.append(table_of(LookupRow, rows))
    draft.charts.append(Chart("bar", "How long it took", "Lookups", "lookup", "took", log_y=True))
    first, again = rows[0], rows[1]
    at_first, at_second = (Evidence(table="Lookups", row=number) for number in range(2))
    iterated = sum(row.answered_by == "iteration" for row in rows)
    text = "Of {lookups} lookups {iterated} went as far as the name servers; the others were answered by a cache."
    draft.answer = say(text, lookups=len(rows), iterated=iterated)
    claim = "the first lookup goes all the way to iteration"
    draft.check(claim, "course, lecture 1", "iteration", first.answered_by, at_first)
    if good := first.good_for:
        claim = "the second is answered by the browser"
        draft.check(claim, "course, lecture 1", "browser", again.answered_by, at_second)
        text = (
            "The zone says that its answer is good for {good} s; each layer may forget it earlier, but not later: only "
            "the browser, with a time of its own, does not care."
        )
        draft.finding(say(text, good=good))
    draft.findings.append("The clock of the caches was moved between the lookups; nothing waited. “took” is measured.")
    if rows[-1].answered_by == "iteration" and len(rows) > 2:
        draft.findings.append(
            "When the ISP's time is over, too, the name servers are asked again; the ISP still knows which."
        )


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Look a name up as a browser does: which layer remembers it, and for how long.

    Browser, system, router, ISP, iteration: first, again, and after it expired.
    """,
    examples=("netlab dns cache", "netlab dns cache www.163.com --json"),
)
