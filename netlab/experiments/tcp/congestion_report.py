"""What the runs of `netlab tcp-congestion` show: a table of runs, curves over time, claims, and findings in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netlab.experiments.tcp.congestion_rows import AloneRow, CurveRow, RoundTripRow, SharingRow
from netlab.experiments.tcp.congestion_run import BETA, CongestionRun, Flow
from netlab.report.downsample import extremes
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence
from netlab.report.rows import table_of
from netlab.report.stats import jain_index

FULL_FRAME = 1514  # bytes
_POINTS = 150  # intervals of a curve, of which each keeps its lowest and its highest
_HYSTART = {"TrainDetect": "the ACKs of a train took too long", "DelayDetect": "round trips became longer"}
_SOURCES = {"reno": "RFC 5681 §3.1 (4)", "cubic": "RFC 9438 §4.6"}


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Bytes per second; the round trip while it is empty; frames that may wait."""

    rate: float
    base_s: float
    queue: int

    @property
    def frame_s(self) -> float:
        """How long a full frame takes."""
        return FULL_FRAME / self.rate

    @property
    def bdp(self) -> float:
        """The bandwidth-delay product in full frames: what is under way while nothing waits."""
        return self.base_s / self.frame_s


def report(draft: Draft, runs: Sequence[CongestionRun], wire: Bottleneck) -> None:
    """Everything but the capture."""
    steady_s = max(flow.samples[-1].at_s for run in runs for flow in run.flows) / 2  # where the second half begins
    alone, sharing = [run for run in runs if run.alone], [run for run in runs if not run.alone]
    draft.fact("round trip, queue empty", wire.base_s + wire.frame_s, "s", "delay both ways, and one full frame's time")
    draft.fact("the pipe holds", wire.bdp, "1", "full frames, with nothing waiting: bandwidth × delay")
    note = say("to a round trip: {queue} frames", queue=wire.queue)
    draft.fact("a full queue adds", wire.queue * wire.frame_s, "s", note)
    if alone:
        draft.tables.append(table_of(AloneRow, [_alone(run, wire, steady_s) for run in alone]))
    best = min((run for run in alone if run.mean_rtt() is not None), key=lambda run: run.mean_rtt() or 0, default=None)
    if best is not None:
        text = "Alone, {name} has the shortest round trips: {rtt:.0f} ms in the mean, {empty:.0f} ms on the empty path."
        full_s, mean_s = wire.base_s + wire.frame_s, best.mean_rtt() or 0
        draft.answer = say(text, name=best.flows[0].algorithm, rtt=mean_s * 1e3, empty=full_s * 1e3)
    if sharing:
        draft.tables.append(table_of(SharingRow, [_shared(run, steady_s) for run in sharing]))
    for run in alone:
        curves = say("{name}: cwnd, ssthresh and queue", name=run.name)
        draft.tables.append(table_of(CurveRow, _curves(run), title=curves, shown=False))
        title = say("{curves}, in segments", curves=curves)
        draft.charts.append(Chart("curve", title, curves, "time", "segments", "of"))
    draft.tables.append(table_of(RoundTripRow, _round_trips(alone), shown=False))
    alone_title = "Round trip, each alone: the queue is in it"
    draft.charts.append(Chart("curve", alone_title, "round trips", "time", "RTT", "algorithm"))
    _check(draft, runs, wire)
    for run in alone:
        if run.flows[0].algorithm in BETA:
            _check_window(draft, run.flows[0], wire)
    _find(draft, alone, wire, steady_s)
    draft.findings += filter(None, (_unfair(run, steady_s) for run in sharing))


def _alone(run: CongestionRun, wire: Bottleneck, steady_s: float) -> AloneRow:
    flow, queue, mean_rtt = run.flows[0], run.mean_queue(steady_s), run.mean_rtt()
    rate = flow.goodput()
    bits, used, drops = None if rate is None else 8 * rate, _used(run, wire), len(run.drops)
    return AloneRow(flow.algorithm, bits, used, queue, mean_rtt, run.rtt(99), drops, flow.retransmitted)


def _used(run: CongestionRun, wire: Bottleneck) -> float | None:
    """Which part of the bottleneck's rate was goodput: headers keep it below 0.957."""
    rates = [rate for flow in run.flows if (rate := flow.goodput()) is not None]
    return sum(rates) / wire.rate if len(rates) == len(run.flows) else None


def _shared(run: CongestionRun, steady_s: float) -> SharingRow:
    rates = [flow.goodput(steady_s) or 0.0 for flow in run.flows]
    first, second = (rate / sum(rates) if sum(rates) else None for rate in rates)
    queue, mean_rtt, drops = run.mean_queue(steady_s), run.mean_rtt(), len(run.drops)
    return SharingRow(run.name, first, second, jain_index(rates), queue, mean_rtt, run.rtt(99), drops)


def _curves(run: CongestionRun) -> Iterator[CurveRow]:
    samples = run.flows[0].samples
    for name, points in (
        ("cwnd", [(sample.at_s, float(sample.cwnd)) for sample in samples]),
        ("ssthresh", [(sample.at_s, float(sample.ssthresh)) for sample in samples if sample.ssthresh is not None]),
        ("queue", [(at_s, float(frames)) for at_s, frames in run.queue if at_s <= samples[-1].at_s]),
    ):
        yield from (CurveRow(at_s, value, name) for at_s, value in extremes(points, _POINTS))


def _round_trips(alone: Sequence[CongestionRun]) -> Iterator[RoundTripRow]:
    for flow in (run.flows[0] for run in alone):
        points = extremes([(sample.at_s, sample.rtt_s) for sample in flow.samples], _POINTS)
        yield from (RoundTripRow(at_s, rtt_s, flow.algorithm) for at_s, rtt_s in points)


def _check(draft: Draft, runs: Sequence[CongestionRun], wire: Bottleneck) -> None:
    """In how many of the runs each claim holds: it must in all."""

    def check(claim: str, source: str, holds: Iterator[bool]) -> None:
        tables = [Evidence(table=table) for table in ("alone", "sharing") if _has(runs, table)]
        draft.check(claim, source, len(runs), sum(holds), *tables)

    intact = (all(flow.intact for flow in run.flows) for run in runs)
    check("every byte arrives, in order and intact, in each run", "RFC 9293 §3.8", intact)
    most = say("never do more than {queue} frames wait, and none is dropped while fewer do", queue=wire.queue)
    check(most, "drop-tail", (_drop_tail(run, wire) for run in runs))
    claim = "what the receivers get is less than the bottleneck's rate, in each run"
    used = (_used(run, wire) for run in runs)
    check(claim, "the wire's rate", (each is not None and each < 1 for each in used))
    claim = "what was dropped was sent again: not fewer segments than drops, in each run"
    again = (sum(flow.retransmitted for flow in run.flows) >= len(run.drops) for run in runs)
    check(claim, "RFC 9293 §3.8.1", again)


def _has(runs: Sequence[CongestionRun], table: str) -> bool:
    return any(run.alone == (table == "alone") for run in runs)


def _drop_tail(run: CongestionRun, wire: Bottleneck) -> bool:
    return max(run.waiting(), default=0) <= wire.queue and all(frames == wire.queue for _, frames in run.drops)


def _check_window(draft: Draft, flow: Flow, wire: Bottleneck) -> None:
    """Of one that goes by losses, alone."""
    name, grows = flow.algorithm, flow.grows_as_acknowledged()
    if grows is None:
        text = "{name} alone: slow start was over before cwnd had doubled, so it is not judged"
        draft.warnings.append(say(text, name=name))
    else:
        text = "{name}: in slow start each segment acknowledged adds one to cwnd"
        draft.check(say(text, name=name), "RFC 5681 §3.1", True, grows, _curve(flow))
    cuts, beta = list(flow.cuts(wire.base_s)), BETA[name]
    if cuts:
        text = "{name}: ssthresh is {beta:.1g} of the window that met a loss, each time of {cuts}"
        claim = say(text, name=name, beta=beta, cuts=len(cuts))
        draft.check(claim, _SOURCES[name], len(cuts), sum(cut.by(beta) for cut in cuts), _curve(flow))
    else:
        text = "{name} alone: no loss was answered while it was watched, so none is judged"
        draft.warnings.append(say(text, name=name))


def _curve(flow: Flow) -> Evidence:
    return Evidence(table=f"{flow.algorithm} alone: cwnd, ssthresh and queue")


def _find(draft: Draft, alone: Sequence[CongestionRun], wire: Bottleneck, steady_s: float) -> None:
    by_name = {run.flows[0].algorithm: run for run in alone}
    for name in BETA:
        if name in by_name:
            draft.findings += _saw(by_name[name], wire)
    full = wire.base_s + wire.frame_s
    for name, run in by_name.items():
        queue, rtt_s = run.mean_queue(steady_s), run.mean_rtt()
        if queue is not None and rtt_s is not None:
            text = (
                "{name} alone: in the second half a frame finds {mean:.1f} in the queue, in the mean; {most} may wait. "
                "A round trip takes {rtt:.0f} ms, on the empty path {empty:.0f}."
            )
            draft.finding(say(text, name=name, mean=queue, most=wire.queue, rtt=rtt_s * 1e3, empty=full * 1e3))
    if "bbr" in by_name:
        draft.findings += _bbr(by_name["bbr"], wire, steady_s)
    if wire.queue > 1.5 * wire.bdp:
        text = (
            "This queue is deep: {queue} frames, where the pipe holds {bdp:.0f}. Who stops only at a loss fills it "
            "(bufferbloat): all of the rate is used, and everybody waits. Try --queue 5."
        )
        draft.finding(say(text, queue=wire.queue, bdp=wire.bdp))
    elif wire.queue < 0.5 * wire.bdp:
        text = (
            "This queue is shallow: {queue} frames, where the pipe holds {bdp:.0f}. A halved window no longer fills "
            "the pipe, so some of the rate is left unused; round trips are short. Try --queue 100."
        )
        draft.finding(say(text, queue=wire.queue, bdp=wire.bdp))


def _unfair(run: CongestionRun, steady_s: float) -> str | None:
    """Who gets more, where that is clear."""
    rates = [flow.goodput(steady_s) or 0.0 for flow in run.flows]
    fairness = jain_index(rates)
    if fairness is None or fairness >= 0.9:
        return None
    alike = len({flow.algorithm for flow in run.flows}) == 1
    winner = "one of them" if alike else run.flows[rates.index(max(rates))].algorithm
    share = max(rates) / sum(rates)
    text = "{name}: {winner} gets {share:.0%} (fairness {fairness:.2f}; 1 is equal shares, 0.5 all for one)."
    return say(text, name=run.name, winner=winner, share=share, fairness=fairness)


def _saw(run: CongestionRun, wire: Bottleneck) -> Iterator[str]:
    """Slow start, how it ended, and what each loss made of the window."""
    flow = run.flows[0]
    name, start, doubled = flow.algorithm, flow.slow_start(), _doublings(flow)
    if len(doubled) > 1:
        text = "{name}, slow start: cwnd {doubled}. One more for each that is acknowledged doubles it every round trip."
        yield say(text, name=name, doubled=", ".join(f"{cwnd} after {at_s * 1e3:.0f} ms" for at_s, cwnd in doubled))
    noticed = [words for key, words in _HYSTART.items() if run.counters.get(f"TcpExtTCPHystart{key}")]
    if noticed and start:
        text = (
            "{name} left slow start before it was told of a loss, at cwnd {cwnd}: HyStart (RFC 9406 is a later form of "
            "it) noticed that {noticed}."
        )
        yield say(text, name=name, cwnd=start[-1].cwnd, noticed=noticed[0])
    if cuts := list(flow.cuts(wire.base_s)):
        words = ", ".join(f"{cut.before} → {cut.after}" for cut in cuts[:4])
        text = "{name}, window when a loss was noticed → ssthresh: {words}. The factor is {beta:.1g}."
        yield say(text, name=name, words=words, beta=BETA[name])


def _bbr(run: CongestionRun, wire: Bottleneck, steady_s: float) -> list[str]:
    """Why its queue is not empty, where it is not."""
    queue, pacing = run.mean_queue(steady_s), run.flows[0].pacing(steady_s)
    passes = wire.rate * run.flows[0].mss / FULL_FRAME
    if queue is None or pacing is None or queue <= 0.5 * wire.bdp or pacing <= passes:
        return []
    text = (
        "bbr does not keep the queue empty, as the textbook has it. It paces its data at {pacing:.2f} Mbit/s (the "
        "median), where {passes:.2f} pass: the rate it asks for is meant to have headers in it (bbr_rate_bytes_per_sec "
        "of tcp_bbr.c), but where no fq queue paces for it TCP counts data alone (tcp_update_skb_after_send of "
        "tcp_output.c). What stops it is its limit of twice the pipe and a few (cwnd_gain, again tcp_bbr.c), however "
        "deep the queue."
    )
    return [say(text, pacing=8 * pacing / 1e6, passes=8 * passes / 1e6)]


def _doublings(flow: Flow) -> list[tuple[float, int]]:
    """When slow start was first seen at ten, twenty, forty … segments."""
    found: list[tuple[float, int]] = []
    goal = 0
    for sample in flow.slow_start():
        if sample.cwnd >= goal:
            found.append((sample.at_s, sample.cwnd))
            goal = 2 * sample.cwnd
    return found
