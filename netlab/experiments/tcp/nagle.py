"""`netlab tcp-nagle`: small writes, Nagle's rule and the delayed ACK (lecture 12 has segments; these are tiny).

Follows RFC 896 and RFC 9293 §3.7.4 (a small segment waits for the ACK of the one before), RFC 1122 §4.2.3.2 (an ACK
waits for data to travel with), and tcp(7) for TCP_NODELAY, TCP_CORK and TCP_QUICKACK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import nagle_scene
from netlab.experiments.tcp.nagle_exchanges import WriteCase, case_of, keystrokes_of, stalled
from netlab.experiments.tcp.nagle_rows import CaseRow, KeystrokeRow
from netlab.experiments.tcp.nagle_scene import BODY, CORKED, GATHERED, HEAD, NODELAY, PLAIN, QUICK, REPLY
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace, recorded
from netlab.experiments.wire.trace_tables import report
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import count as count_of
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of
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
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    plan = nagle_scene.NaglePlan(hosts, parameters.exchanges, parameters.keys, parameters.interval_s)
    here = replace(plan, hosts=hosts.on_loopback())
    return judged(parameters, *recorded(nagle_scene.play, plan, progress, parameters.pcap, on_loopback=here))


def judged(parameters: Parameters, result: nagle_scene.NagleResult, trace: Trace) -> Measurement:
    """What each way costs, and whether it waits as the RFCs say; without a wire, how long each way takes."""
    draft = Draft()
    cases = {name: case_of(name, found, trace) for name, found in result.requests.items()}
    keystrokes = {name: keystrokes_of(name, found, trace) for name, found in result.keystrokes.items()}
    plain, ato_s = cases[PLAIN], result.requests[PLAIN].ato_s
    note = say("two writes; the answer has {reply} B", reply=len(REPLY))
    draft.fact("request", f"{len(HEAD)} + {len(BODY)} B", "", note)
    if not trace.lacking:
        note = say("of {exchanges}: the ACK of the first write was late", exchanges=parameters.exchanges)
        draft.fact("stalled", len(plain.delayed()), "1", note)
        draft.fact("its ACK waited", median(plain.waits()), "s", "median; on the wire, from arrival to ACK")
    draft.fact("delayed-ACK timer", ato_s, "s", "TCP_INFO (ato) of the server")
    draft.tables.append(table_of(CaseRow, [CaseRow(*_cells(each, trace)) for each in cases.values()]))
    draft.tables.append(table_of(KeystrokeRow, [KeystrokeRow(*_cells(each, trace)) for each in keystrokes.values()]))
    draft.charts.append(Chart("bar", "A request, from its first write to its answer (median)", "cases", "case", "p50"))
    slow, quick = median(plain.latencies_s), median(cases[GATHERED].latencies_s)
    if slow is not None and quick is not None:
        text = "A request took {slow:.2f} ms in two writes and {quick:.2f} ms in one (medians)."
        draft.answer = say(text, slow=slow * 1e3, quick=quick * 1e3)
    if trace.lacking:
        draft.lacking = trace.lacking
        _check_slowest(draft, cases)
        return draft.finish()
    title = "Bytes of headers for every byte of keystrokes"
    draft.charts.append(Chart("bar", title, "keystrokes", "keystrokes with", "headers a byte"))
    nagle, nodelay = (len(each.data("client")) for each in keystrokes.values())
    _check(draft, parameters.exchanges, ato_s, cases)
    claim, keys = "Nagle's rule puts keystrokes together: fewer segments", Evidence(table="keystrokes")
    draft.check(claim, "RFC 896", True, nagle < nodelay, keys)
    _find(draft, parameters.exchanges, cases)
    text = (
        "{keys} keystrokes took {nagle} segments with Nagle's rule and {nodelay} without. The price is latency: what "
        "waits for an ACK comes later."
    )
    draft.finding(say(text, keys=parameters.keys, nagle=nagle, nodelay=nodelay), keys)
    report(draft, *stalled(trace, plain))
    return draft.finish()


def median(values: Sequence[float]) -> float | None:
    """A value that was measured: not one between two."""
    return percentile(sorted(values), 50)


def _cells(
    case: WriteCase, trace: Trace
) -> tuple[str, int | None, int | None, float | None, float | None, float | None, float | None]:
    ordered = sorted(case.latencies_s)
    segments, data = (None, None) if trace.lacking else (len(case.segments), len(case.data("client")))
    p50, p90, p99 = (percentile(ordered, q) for q in (50, 90, 99))
    return case.name, segments, data, p50, p90, p99, case.overhead()


def _check(draft: Draft, count: int, ato_s: float, cases: Mapping[str, WriteCase]) -> None:
    """Of so many requests in each case."""
    claim = "a small segment waits until the small one before it is acknowledged"
    draft.check(claim, "RFC 896; RFC 9293 §3.7.4", count, cases[PLAIN].held(), _row_of(PLAIN, cases))
    at_once = cases[NODELAY].held() < count / 2
    row = _row_of(NODELAY, cases)
    draft.check("with TCP_NODELAY it does not wait", "tcp(7), TCP_NODELAY", True, at_once, row)
    gathered, corked = len(cases[GATHERED].data("client")), len(cases[CORKED].data("client"))
    row = _row_of(GATHERED, cases)
    draft.check("one sendmsg() makes one segment of both parts", "sendmsg(2)", count, gathered, row)
    draft.check("so does TCP_CORK", "tcp(7), TCP_CORK", True, corked <= count * 1.25, _row_of(CORKED, cases))
    claim = "this kernel delays an ACK by 40 to 200 ms, less than the RFC's 500"
    delays = _DELAYED_MIN_S <= round(ato_s, 3) <= _DELAYED_MAX_S
    draft.check(claim, "RFC 1122 §4.2.3.2", True, delays, Evidence(fact="delayed-ACK timer"))
    plain, quick = median(cases[PLAIN].waits()), median(cases[QUICK].waits())
    sooner = None if plain is None or quick is None else quick < plain
    row = _row_of(QUICK, cases)
    draft.check("with TCP_QUICKACK the ACK comes sooner", "tcp(7), TCP_QUICKACK", True, sooner, row)
    _check_slowest(draft, cases)


def _row_of(name: str, cases: Mapping[str, WriteCase]) -> Evidence:
    return Evidence(table="cases", row=list(cases).index(name))


def _check_slowest(draft: Draft, cases: Mapping[str, WriteCase]) -> None:
    _, slowest = max((median(each.latencies_s) or 0, name) for name, each in cases.items())
    claim = "both rules together are what is slow: each remedy is quicker"
    draft.check(claim, "RFC 9293 §3.7.4", PLAIN, slowest, Evidence(table="cases"))


def _find(draft: Draft, count: int, cases: Mapping[str, WriteCase]) -> None:
    delayed = cases[PLAIN].delayed()
    if delayed:
        text = (
            "{delayed} of {count} exchanges stalled: the second write waits for the ACK of the first (Nagle), and that "
            "ACK waits for an answer to travel with, which cannot come before the second write (delayed ACK). Each "
            "rule is sensible; together they wait for each other, until a timer runs out."
        )
        draft.finding(say(text, delayed=len(delayed), count=count), Evidence(fact="stalled"))
    if delayed and delayed[0] > 0:
        first = count_of(delayed[0], "The first", "The first {n}")
        text = (
            "{first} did not stall: Linux acknowledges at once when a connection is new (quickack mode). Once the "
            "server has answered, its kernel takes the two for a dialogue (pingpong mode), and delays."
        )
        draft.finding(say(text, first=first))
    text = (
        "The cure is to write once: one sendmsg() is a segment less for every request than TCP_NODELAY, and waits for "
        "nothing. TCP_CORK does the same where the parts come from different places. TCP_QUICKACK, at the receiver, "
        "leaves a round trip of waiting in each request and costs segments ({quick} against {gathered})."
    )
    draft.finding(say(text, quick=len(cases[QUICK].segments), gathered=len(cases[GATHERED].segments)))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Write little at a time, and see who waits for whom.

    A request in two writes, where Nagle's rule waits for the delayed ACK; the same
    with TCP_NODELAY, one sendmsg(), TCP_CORK, TCP_QUICKACK; and keystrokes.
    """,
    examples=("netlab tcp-nagle", "netlab tcp-nagle --exchanges 50 --delay 0.001 --pcap nagle.pcap"),
)
