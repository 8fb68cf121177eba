"""What `netlab http keepalive` found, as facts, tables, checks and words."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Annotated

from netlab.experiments.http.keepalive_rows import CostRow, SpeedRow, TimeWaitRow
from netlab.experiments.http.keepalive_ways import WAYS, Round
from netlab.experiments.http.options import Cacert, Insecure, Patience, Tls
from netlab.experiments.options import Rounds
from netlab.http.url import Url
from netlab.option import Argument, Option
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Samples
from netlab.report.rows import table_of
from netlab.report.stats import clearly_more, median, percentile, spread

BASE = "new, client closes"
ONE, SERVER, AHEAD = "one connection", "new, server closes", "pipelined"


HOW = "How"


@dataclass(frozen=True, slots=True)
class Parameters:
    """`url` None, or a path: at the built-in origin, over TLS with `tls`. `requests`: of each way, a round."""

    url: Annotated[str | None, Argument("Of this machine; none, or a /path: the built-in origin.", "[URL]")] = None
    requests: Annotated[int, Option("Of each way, a round.", "N", 1, 10_000, panel=HOW)] = 100
    rounds: Rounds = 5
    depth: Annotated[int, Option("Sent ahead, pipelined.", "N", 2, 64, panel=HOW)] = 8
    tls: Tls = False
    cacert: Cacert = None
    insecure: Insecure = False
    timeout_s: Patience = 10.0


@dataclass(slots=True)
class KeepaliveRounds:
    """All rounds, by way; and what the built-in origin counted, if it was that."""

    rounds: dict[str, list[Round]] = field(default_factory=lambda: {way: [] for way in WAYS})
    counts: dict[str, int] | None = None
    extra_connections: int = 0

    @property
    def complete(self) -> int:
        """Rounds in which every way was run."""
        return min(len(rounds) for rounds in self.rounds.values())


def fill(draft: Draft, parameters: Parameters, found: KeepaliveRounds, url: Url) -> None:
    draft.fact("server", str(url), "", "" if found.counts is None else "the built-in origin")
    draft.fact("placement", "not pinned", "", "client and server run where the scheduler puts them")
    draft.fact("rounds", found.complete, "1")
    draft.fact("requests a round and way", parameters.requests, "1")
    statuses = sorted({status for rounds in found.rounds.values() for each in rounds for status in each.statuses})
    draft.fact("status", ", ".join(map(str, statuses)) or None, "")
    if not found.complete:
        return
    rows = found.rounds.items()
    draft.tables.append(table_of(SpeedRow, [_speed(found, way, parameters.requests) for way in found.rounds]))
    draft.tables.append(table_of(CostRow, [_cost(way, rounds, parameters.requests) for way, rounds in rows]))
    draft.tables.append(table_of(TimeWaitRow, [_time_wait(way, rounds) for way, rounds in rows]))
    draft.charts.append(Chart("bar", "Requests a second, median of the rounds", "Speed", "way", "requests/s"))
    for way, rounds in found.rounds.items():
        together = array("Q")
        for each in rounds:
            together.extend(each.latencies_ns)
        draft.samples.append(Samples(f"latency, {way}", "s", together, 1e-9))
    _checks(draft, parameters, found)
    _findings(draft, parameters, found)


def _quotients(found: KeepaliveRounds, way: str, to: str) -> list[float]:
    """How many times as quick as another way, in each round that has both."""
    pairs = zip(found.rounds[to], found.rounds[way], strict=False)
    return [other.elapsed_ns / mine.elapsed_ns for other, mine in pairs if mine.elapsed_ns and other.elapsed_ns]


def _verdict(what: str, quotients: list[float]) -> str:
    """Which is quicker, if the rounds agree on it by more than they differ: the rule of tcp-compare."""
    times = median(quotients) or 0
    if len(quotients) < 2:
        text = "{what}: {times:.2f} × as quick in the only round, which decides nothing (--rounds)."
        return say(text, what=what, times=times)
    if clearly_more(quotients):
        return say("{what}: {times:.2f} × as quick.", what=what, times=times)
    if clearly_more([1 / quotient for quotient in quotients]):
        return say("{what}: slower, {times:.2f} × as quick.", what=what, times=times)
    text = "{what}: no difference beyond the spread ({times:.2f} ×; the rounds say {least:.2f} to {most:.2f})."
    return say(text, what=what, times=times, least=min(quotients), most=max(quotients))


def _speed(found: KeepaliveRounds, way: str, requests: int) -> SpeedRow:
    rounds = found.rounds[way]
    rates = [requests / (each.elapsed_ns / 1e9) for each in rounds]
    latencies = sorted(value for each in rounds for value in each.latencies_ns)
    p50, p99 = percentile(latencies, 50), percentile(latencies, 99)
    relative = median(_quotients(found, way, BASE))
    return SpeedRow(way, median(rates), spread(rates), relative, p50 and p50 / 1e9, p99 and p99 / 1e9)


def _cost(way: str, rounds: list[Round], requests: int) -> CostRow:
    total = len(rounds) * requests
    heads = sum(each.sent_bytes + each.received_bytes - each.body_bytes for each in rounds)
    overhead = (heads + sum(each.handshake_bytes for each in rounds)) / total
    counted = [each.segments for each in rounds]
    segments = None if None in counted else sum(each or 0 for each in counted) / total
    return CostRow(way, median([each.connections for each in rounds]), overhead, segments)


def _time_wait(way: str, rounds: list[Round]) -> TimeWaitRow:
    here, there = [each.time_wait_here for each in rounds], [each.time_wait_there for each in rounds]
    return TimeWaitRow(way, median(here), median(there))


def _checks(draft: Draft, parameters: Parameters, found: KeepaliveRounds) -> None:
    wanted = parameters.requests * sum(len(rounds) for rounds in found.rounds.values())
    seen = sum(len(each.latencies_ns) for rounds in found.rounds.values() for each in rounds)
    draft.check("every request was answered, in full", "RFC 9112 §6.3", wanted, seen, Evidence(table="Speed"))
    if found.counts is None or draft.interrupted:
        return
    opened = found.extra_connections + sum(each.connections for rounds in found.rounds.values() for each in rounds)
    counted = found.counts["connections"]
    claim, costs = "client and server counted the same connections", Evidence(table="What a round costs, median")
    draft.check(claim, "counters of both", opened, counted, costs)


def _findings(draft: Draft, parameters: Parameters, found: KeepaliveRounds) -> None:
    requests = parameters.requests
    quicker, connections = _quotients(found, ONE, BASE), median([each.connections for each in found.rounds[ONE]]) or 0
    if connections >= requests > 1:
        if all(each.closing for each in found.rounds[ONE]):
            draft.finding("The server closes after each response: a connection cannot be kept (RFC 9112 §9.3).")
        else:
            why = "the server closed without a word, or sent more than the response."
            draft.finding("No connection could be used again: " + why)
    elif quicker:
        verdict = _verdict("Over one connection, against a new one each", quicker)
        draft.finding(verdict, Evidence(table="Speed"))
        draft.answer = verdict
    ahead = _quotients(found, AHEAD, ONE)
    repeated = sum(each.repeated for each in found.rounds[AHEAD])
    if repeated:
        text = "Of the requests sent ahead, {repeated} had to be sent again: the server closed before."
        draft.warnings.append(say(text, repeated=repeated))
    elif ahead:
        what = say("Sent {depth} ahead over it, against one at a time", depth=parameters.depth)
        draft.finding(_verdict(what, ahead))
    _who_closed(draft, found.rounds[SERVER][-1], found.rounds[BASE][-1], requests)


def _who_closed(draft: Draft, server: Round, client: Round, requests: int) -> None:
    """What is left where the server was asked to close, and where the client closed."""
    if server.kept_open:
        text = "Asked to close, the server did not, {times} times of {requests}: the client had to (RFC 9112 §9.6)."
        draft.finding(say(text, times=server.kept_open, requests=requests))
    if server.time_wait_there > server.time_wait_here and client.time_wait_here > client.time_wait_there:
        draft.finding("Whoever closed first has the sockets in TIME_WAIT (RFC 9293 §3.6), for a minute (Linux).")
    elif not client.time_wait_here and not client.time_wait_there:
        draft.finding(
            "No TIME_WAIT where the client closed: bytes that came for the closed socket made its kernel reset the "
            "connection (RFC 9293 §3.10.7), as TLS's last word does."
        )
