"""`netlab tcp-nagle`: small writes, Nagle's rule and the delayed ACK (lecture 12 has segments; these are tiny).

Follows RFC 896 and RFC 9293 §3.7.4 (a small segment waits for the ACK of the one before), RFC 1122 §4.2.3.2 (an ACK
waits for data to travel with), and tcp(7) for TCP_NODELAY, TCP_CORK and TCP_QUICKACK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import nagle_scene
from netlab.experiments.tcp.nagle_exchanges import WriteCase, case_of, keystrokes_of, stalled
from netlab.experiments.tcp.nagle_scene import BODY, CORKED, GATHERED, HEAD, NODELAY, PLAIN, QUICK, REPLY
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace
from netlab.network.conditions import Conditions
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value
from netlab.report.stats import percentile

_DELAYED_MIN_S, _DELAYED_MAX_S = 0.04, 0.2  # TCP_DELACK_MIN, TCP_DELACK_MAX of <net/tcp.h>


@dataclass(frozen=True, slots=True)
class Parameters:
    """`exchanges` requests in two writes, for every case; `keys` writes of a byte, one every `interval_s`."""

    exchanges: Annotated[int, Option("Of each case.", "N", 5, 200)] = 20
    keys: Annotated[int, Option("Writes of one byte.", "N", 10, 300)] = 60
    interval_s: Annotated[float, Option("Between two of those.", "S")] = 0.005
    delay_s: Delay = 0.005
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All cases on one pair of hosts. Raises MachineLacks, UsageError."""
    if not 0.0005 <= parameters.interval_s <= 0.1:
        raise UsageError("--interval is between 0.0005 and 0.1 seconds", "--interval 0.005")
    trace.check_path(parameters.pcap)
    config = {
        "conditions": trace.both(Conditions(delay_s=parameters.delay_s)),
        "seed": parameters.seed,
        "exchanges": parameters.exchanges,
        "keys": parameters.keys,
        "interval_s": parameters.interval_s,
    }
    seen = trace.run(nagle_scene.play, config, progress, on_loopback=parameters.pcap is None)
    trace.save(seen, parameters.pcap)
    draft = Draft()
    cases = {name: case_of(name, told, seen) for name, told in seen.result["requests"].items()}
    typed = {name: keystrokes_of(name, told, seen) for name, told in seen.result["keystrokes"].items()}
    draft.fact("request", f"{len(HEAD)} + {len(BODY)} B", "", f"two writes; the answer has {len(REPLY)} B")
    if seen.lacking:
        _on_loopback(draft, seen, cases, typed)
        return draft.finish()
    draft.fact(
        "stalled", len(cases[PLAIN].delayed()), "1", f"of {parameters.exchanges}: the ACK of the first write was late"
    )
    draft.fact("its ACK waited", _middle(cases[PLAIN].waits()), "s", "median; on the wire, from arrival to ACK")
    draft.fact("delayed-ACK timer", seen.result["requests"][PLAIN]["ato_s"], "s", "TCP_INFO (ato) of the server")
    _tables(draft, cases, typed)
    _checks(draft, parameters, seen.result, cases, typed)
    _findings(draft, parameters, cases, typed)
    part, claims = stalled(seen, cases[PLAIN])
    trace.report(draft, part, claims)
    return draft.finish()


def _on_loopback(draft: Draft, seen: Trace, cases: dict[str, WriteCase], typed: dict[str, WriteCase]) -> None:
    """What can be seen without a wire: how long each way takes, and no segment."""
    draft.lacking = seen.lacking
    draft.fact("delayed-ACK timer", seen.result["requests"][PLAIN]["ato_s"], "s", "TCP_INFO (ato) of the server")
    _tables(draft, cases, typed, on_wire=False)
    slowest = max(cases.values(), key=lambda each: _middle(each.latencies_s) or 0)
    draft.check("both rules together are what is slow: each remedy is quicker", "RFC 9293 §3.7.4", PLAIN, slowest.name)


def _middle(values: list[float]) -> float | None:
    return percentile(sorted(values), 50)


def _tables(draft: Draft, cases: dict[str, WriteCase], typed: dict[str, WriteCase], *, on_wire: bool = True) -> None:
    for name, found, first in (("cases", cases, "case"), ("keystrokes", typed, "keystrokes with")):
        rows: list[tuple[Value, ...]] = []
        for each in found.values():
            ordered = sorted(each.latencies_s)
            counts = (len(each.segments), len(each.data("client"))) if on_wire else (None, None)
            rows.append((each.name, *counts, *(percentile(ordered, q) for q in (50, 90, 99)), each.overhead()))
        columns = (
            Column(first, ""),
            Column("segments", "1"),
            Column("of client's data", "1"),
            Column("p50", "s"),
            Column("p90", "s"),
            Column("p99", "s"),
            Column("headers a byte", "ratio"),
        )
        draft.tables.append(Table(name, columns, tuple(rows)))
    draft.charts.append(Chart("bar", "A request, from its first write to its answer (median)", "cases", "case", "p50"))
    if not on_wire:
        return
    draft.charts.append(
        Chart("bar", "Bytes of headers for every byte of keystrokes", "keystrokes", "keystrokes with", "headers a byte")
    )


def _checks(
    draft: Draft,
    parameters: Parameters,
    told: Mapping[str, Any],
    cases: dict[str, WriteCase],
    typed: dict[str, WriteCase],
) -> None:
    count, half = parameters.exchanges, parameters.exchanges / 2
    draft.check(
        "a small segment waits until the small one before it is acknowledged",
        "RFC 896; RFC 9293 §3.7.4",
        count,
        cases[PLAIN].held(),
    )
    draft.check("with TCP_NODELAY it does not wait", "tcp(7), TCP_NODELAY", True, cases[NODELAY].held() < half)
    draft.check(
        "one sendmsg() makes one segment of both parts", "sendmsg(2)", count, len(cases[GATHERED].data("client"))
    )
    draft.check("so does TCP_CORK", "tcp(7), TCP_CORK", True, len(cases[CORKED].data("client")) <= count * 1.25)
    ato_s = told["requests"][PLAIN]["ato_s"]
    draft.check(
        "this kernel delays an ACK by 40 to 200 ms, less than the RFC's 500",
        "RFC 1122 §4.2.3.2",
        True,
        _DELAYED_MIN_S <= round(ato_s, 3) <= _DELAYED_MAX_S,
    )
    plain, quick = _middle(cases[PLAIN].waits()), _middle(cases[QUICK].waits())
    draft.check(
        "with TCP_QUICKACK the ACK comes sooner",
        "tcp(7), TCP_QUICKACK",
        True,
        None if plain is None or quick is None else quick < plain,
    )
    slowest = max(cases.values(), key=lambda each: _middle(each.latencies_s) or 0)
    draft.check("both rules together are what is slow: each remedy is quicker", "RFC 9293 §3.7.4", PLAIN, slowest.name)
    nagle, nodelay = typed.values()
    draft.check(
        "Nagle's rule puts keystrokes together: fewer segments",
        "RFC 896",
        True,
        len(nagle.data("client")) < len(nodelay.data("client")),
    )


def _findings(draft: Draft, parameters: Parameters, cases: dict[str, WriteCase], typed: dict[str, WriteCase]) -> None:
    plain, quick = cases[PLAIN], cases[QUICK]
    delayed = plain.delayed()
    if delayed:
        draft.findings.append(
            f"{len(delayed)} of {parameters.exchanges} exchanges stalled: the second write waits for the ACK of "
            "the first (Nagle), and that ACK waits for an answer to travel with, which cannot come before the second "
            "write (delayed ACK). Each rule is sensible; together they wait for each other, until a timer runs out."
        )
    if delayed and delayed[0] > 0:
        draft.findings.append(
            f"The first {delayed[0]} did not stall: Linux acknowledges at once when a connection is new (quickack "
            "mode). Once the server has answered, its kernel takes the two for a dialogue (pingpong mode), and delays."
            if delayed[0] > 1
            else "The first did not stall: Linux acknowledges at once when a connection is new (quickack mode). Once "
            "the server has answered, its kernel takes the two for a dialogue (pingpong mode), and delays."
        )
    draft.findings.append(
        "The cure is to write once: one sendmsg() is a segment less for every request than TCP_NODELAY, and waits for "
        "nothing. TCP_CORK does the same where the parts come from different places. TCP_QUICKACK, at the "
        f"receiver, leaves a round trip of waiting in each request and costs segments ({len(quick.segments)} "
        f"against {len(cases[GATHERED].segments)})."
    )
    nagle, nodelay = typed.values()
    draft.findings.append(
        f"{parameters.keys} keystrokes took {len(nagle.data('client'))} segments with Nagle's rule and "
        f"{len(nodelay.data('client'))} without. The price is latency: what waits for an ACK comes later."
    )


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Write little at a time, and see who waits for whom.

    A request in two writes, where Nagle's rule waits for the delayed ACK; the same
    with TCP_NODELAY, one sendmsg(), TCP_CORK, TCP_QUICKACK; and keystrokes.
    """,
    examples=("netlab tcp-nagle", "netlab tcp-nagle --exchanges 50 --delay 0.001 --pcap nagle.pcap"),
)
