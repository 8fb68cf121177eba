"""What `netlab http keepalive` found, as facts, tables, checks and words."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Annotated

from netlab.experiments.http.keepalive_ways import WAYS, Round
from netlab.experiments.http.options import Cacert, Insecure, Patience, Tls
from netlab.experiments.options import Rounds
from netlab.http.url import Url
from netlab.option import Argument, Option
from netlab.report.quantity import Chart, Column, Draft, Samples, Table, Value
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
    extra_requests: int = 0

    @property
    def complete(self) -> int:
        """Rounds in which every way was run."""
        return min(len(rounds) for rounds in self.rounds.values())


def fill(draft: Draft, parameters: Parameters, found: KeepaliveRounds, url: Url) -> None:
    """Put everything into `draft`."""
    draft.fact("server", str(url), "", "" if found.counts is None else "the built-in origin")
    draft.fact("placement", "not pinned", "", "client and server run where the scheduler puts them")
    draft.fact("rounds", found.complete, "1")
    draft.fact("requests a round and way", parameters.requests, "1")
    statuses = sorted({status for rounds in found.rounds.values() for each in rounds for status in each.statuses})
    draft.fact("status", ", ".join(map(str, statuses)) or None, "")
    if not found.complete:
        return
    draft.tables.append(_speed(found, parameters))
    draft.tables.append(_cost(found, parameters))
    draft.tables.append(_left(found))
    draft.charts.append(Chart("bar", "Requests a second, median of the rounds", "Speed", "way", "requests/s"))
    for way, rounds in found.rounds.items():
        together = array("Q")
        for each in rounds:
            together.extend(each.latencies_ns)
        draft.samples.append(Samples(f"latency, {way}", "s", together, 1e-9))
    _checks(draft, parameters, found)
    _findings(draft, parameters, found)


def _rates(rounds: list[Round], requests: int) -> list[float]:
    return [requests / (each.elapsed_ns / 1e9) for each in rounds]


def _relative(found: KeepaliveRounds, way: str) -> float | None:
    """How many times as quick as a new connection each: the median of the rounds' own ratios."""
    return median(_quotients(found, way, BASE))


def _quotients(found: KeepaliveRounds, way: str, to: str) -> list[float]:
    """How many times as quick as another way, in each round that has both."""
    pairs = zip(found.rounds[to], found.rounds[way], strict=False)
    return [other.elapsed_ns / mine.elapsed_ns for other, mine in pairs if mine.elapsed_ns and other.elapsed_ns]


def _verdict(what: str, quotients: list[float]) -> str:
    """Which is quicker, if the rounds agree on it by more than they differ: the rule of tcp-compare."""
    times = f"{median(quotients) or 0:.2f} ×"
    if len(quotients) < 2:
        return f"{what}: {times} as quick in the only round, which decides nothing (--rounds)."
    if clearly_more(quotients):
        return f"{what}: {times} as quick."
    if clearly_more([1 / quotient for quotient in quotients]):
        return f"{what}: slower, {times} as quick."
    least, most = min(quotients), max(quotients)
    return f"{what}: no difference beyond the spread ({times}; the rounds say {least:.2f} to {most:.2f})."


def _speed(found: KeepaliveRounds, parameters: Parameters) -> Table:
    rows: list[tuple[Value, ...]] = []
    for way, rounds in found.rounds.items():
        rates = _rates(rounds, parameters.requests)
        latencies = sorted(value for each in rounds for value in each.latencies_ns)
        p50, p99 = percentile(latencies, 50), percentile(latencies, 99)
        rows.append((way, median(rates), spread(rates), _relative(found, way), p50 and p50 / 1e9, p99 and p99 / 1e9))
    columns = (
        Column("way", ""),
        Column("requests/s", "1/s"),
        Column("spread", "ratio"),
        Column("× new", "ratio"),
        Column("p50", "s"),
        Column("p99", "s"),
    )
    return Table("Speed", columns, tuple(rows))


def _cost(found: KeepaliveRounds, parameters: Parameters) -> Table:
    rows: list[tuple[Value, ...]] = []
    for way, rounds in found.rounds.items():
        total = len(rounds) * parameters.requests
        heads = sum(each.sent_bytes + each.received_bytes - each.body_bytes for each in rounds)
        overhead = (heads + sum(each.handshake_bytes for each in rounds)) / total
        counted = [each.segments for each in rounds]
        segments = None if None in counted else sum(each or 0 for each in counted) / total
        rows.append((way, median([each.connections for each in rounds]), overhead, segments))
    columns = (
        Column("way", ""),
        Column("connections", "1"),
        Column("overhead/request", "B"),
        Column("segments/request", "1"),
    )
    return Table("What a round costs, median", columns, tuple(rows))


def _left(found: KeepaliveRounds) -> Table:
    """Sockets in TIME_WAIT at the end of a round: what the kernel keeps for a minute after the one who closed first."""
    rows = tuple(
        (way, median([each.time_wait_here for each in rounds]), median([each.time_wait_there for each in rounds]))
        for way, rounds in found.rounds.items()
    )
    columns = (Column("way", ""), Column("at the client", "1"), Column("at the server", "1"))
    return Table("Sockets a round leaves in TIME_WAIT, median", columns, rows)


def _checks(draft: Draft, parameters: Parameters, found: KeepaliveRounds) -> None:
    wanted = parameters.requests * sum(len(rounds) for rounds in found.rounds.values())
    seen = sum(len(each.latencies_ns) for rounds in found.rounds.values() for each in rounds)
    draft.check("every request was answered, in full", "RFC 9112 §6.3", wanted, seen)
    if found.counts is None or draft.interrupted:
        return
    opened = found.extra_connections + sum(each.connections for rounds in found.rounds.values() for each in rounds)
    draft.check(
        "client and server counted the same connections", "counters of both", opened, found.counts["connections"]
    )


def _findings(draft: Draft, parameters: Parameters, found: KeepaliveRounds) -> None:
    quicker, connections = _quotients(found, ONE, BASE), median([each.connections for each in found.rounds[ONE]]) or 0
    if connections >= parameters.requests > 1:
        closing = all(each.closing for each in found.rounds[ONE])
        draft.findings.append(
            "The server closes after each response: a connection cannot be kept (RFC 9112 §9.3)."
            if closing
            else "No connection could be used again: the server closed without a word, or sent more than the response."
        )
    elif quicker:
        draft.findings.append(_verdict("Over one connection, against a new one each", quicker))
    ahead = _quotients(found, AHEAD, ONE)
    repeated = sum(each.repeated for each in found.rounds[AHEAD])
    if repeated:
        draft.warnings.append(f"Of the requests sent ahead, {repeated} had to be sent again: the server closed before.")
    elif ahead:
        draft.findings.append(_verdict(f"Sent {parameters.depth} ahead over it, against one at a time", ahead))
    server, client = found.rounds[SERVER][-1], found.rounds[BASE][-1]
    if server.kept_open:
        draft.findings.append(
            f"Asked to close, the server did not, {server.kept_open} times of {parameters.requests}: "
            "the client had to (RFC 9112 §9.6)."
        )
    if server.time_wait_there > server.time_wait_here and client.time_wait_here > client.time_wait_there:
        draft.findings.append(
            "Whoever closed first has the sockets in TIME_WAIT (RFC 9293 §3.6), for a minute (Linux)."
        )
    elif not client.time_wait_here and not client.time_wait_there:
        draft.findings.append(
            "No TIME_WAIT where the client closed: bytes that came for the closed socket made its kernel reset the "
            "connection (RFC 9293 §3.10.7), as TLS's last word does."
        )
