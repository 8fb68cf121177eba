"""What the runs of `netlab tcp-congestion` show: a table of runs, curves over time, claims, and findings in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlab.experiments.tcp.congestion_run import BETA, CongestionRun, Flow, WindowCut
from netlab.report.downsample import extremes
from netlab.report.quantity import Chart, Column, Draft, Table, Value
from netlab.report.stats import jain_index

FULL_FRAME = 1514  # bytes
_POINTS = 150  # intervals of a curve, of which each keeps its lowest and its highest
HYSTART = {"TrainDetect": "the ACKs of a train took too long", "DelayDetect": "round trips became longer"}
SOURCES = {"reno": "RFC 5681 §3.1 (4)", "cubic": "RFC 9438 §4.6"}


@dataclass(frozen=True)
class Bottleneck:
    """Bytes a second; the round trip while it is empty; frames that may wait; how long a full one takes."""

    rate: float
    base_s: float
    queue: int
    frame_s: float

    @property
    def bdp(self) -> float:
        """The bandwidth-delay product in full frames: what is under way while nothing waits."""
        return self.base_s / self.frame_s


def report(draft: Draft, runs: Sequence[CongestionRun], wire: Bottleneck) -> None:
    """Everything but the capture."""
    steady_s = _steady_s(runs)
    draft.fact("round trip, queue empty", wire.base_s + wire.frame_s, "s", "delay both ways, and one full frame's time")
    draft.fact("the pipe holds", wire.bdp, "1", "full frames, with nothing waiting: bandwidth × delay")
    draft.fact("a full queue adds", wire.queue * wire.frame_s, "s", f"to a round trip: {wire.queue} frames")
    draft.tables += [_alone(runs, wire, steady_s), _shared(runs, steady_s)]
    draft.tables = [table for table in draft.tables if table.rows]
    for run in runs:
        if run.alone:
            table = _curves(run)
            draft.tables.append(table)
            draft.charts.append(Chart("curve", f"{table.name}, in segments", table.name, "time", "segments", "of"))
    draft.tables.append(_round_trips(runs))
    draft.charts.append(
        Chart("curve", "Round trip, each alone: the queue is in it", "round trips", "time", "RTT", "algorithm")
    )
    _check(draft, runs, wire)
    _findings(draft, runs, wire, steady_s)


def _steady_s(runs: Sequence[CongestionRun]) -> float:
    """Where the second half of a run begins."""
    return max(flow.samples[-1].at_s for run in runs for flow in run.flows) / 2


def _alone(runs: Sequence[CongestionRun], wire: Bottleneck, steady_s: float) -> Table:
    rows: list[tuple[Value, ...]] = []
    for run in runs:
        if run.alone:
            flow = run.flows[0]
            rows.append(
                (
                    flow.algorithm,
                    _bits(flow.goodput()),
                    _used(run, wire),
                    run.mean_queue(steady_s),
                    run.mean_rtt(),
                    run.rtt(99),
                    len(run.drops),
                    flow.retransmitted,
                )
            )
    columns = (
        Column("alone", ""),
        Column("goodput", "bit/s"),
        Column("used", "ratio"),
        Column("queue", "1"),
        Column("mean RTT", "s"),
        Column("p99", "s"),
        Column("drops", "1"),
        Column("sent again", "1"),
    )
    return Table("alone", columns, tuple(rows))


def _bits(rate: float | None) -> float | None:
    return None if rate is None else 8 * rate


def _used(run: CongestionRun, wire: Bottleneck) -> float | None:
    """Which part of the bottleneck's rate was goodput: headers keep it below 0.957."""
    rates = [rate for flow in run.flows if (rate := flow.goodput()) is not None]
    return sum(rates) / wire.rate if len(rates) == len(run.flows) else None


def _shared(runs: Sequence[CongestionRun], steady_s: float) -> Table:
    rows: list[tuple[Value, ...]] = []
    for run in runs:
        if not run.alone:
            rates = [flow.goodput(steady_s) or 0.0 for flow in run.flows]
            whole = sum(rates) or None
            shares: list[Value] = [None if whole is None else rate / whole for rate in rates]
            rows.append(
                (
                    run.name,
                    *shares,
                    jain_index(rates),
                    run.mean_queue(steady_s),
                    run.mean_rtt(),
                    run.rtt(99),
                    len(run.drops),
                )
            )
    columns = (
        Column("sharing", ""),
        Column("first", "ratio"),
        Column("second", "ratio"),
        Column("fairness", "ratio"),
        Column("queue", "1"),
        Column("mean RTT", "s"),
        Column("p99", "s"),
        Column("drops", "1"),
    )
    return Table("sharing", columns, tuple(rows))


def _curves(run: CongestionRun) -> Table:
    """cwnd, ssthresh and the queue over time. ssthresh is unknown until slow start ends."""
    samples = run.flows[0].samples
    rows: list[tuple[Value, ...]] = []
    for name, points in (
        ("cwnd", [(sample.at_s, float(sample.cwnd)) for sample in samples]),
        ("ssthresh", [(sample.at_s, float(sample.ssthresh)) for sample in samples if sample.ssthresh is not None]),
        ("queue", [(at_s, float(frames)) for at_s, frames in run.queue if at_s <= samples[-1].at_s]),
    ):
        rows += ((at_s, value, name) for at_s, value in extremes(points, _POINTS))
    columns = (Column("time", "s"), Column("segments", "1"), Column("of", ""))
    return Table(f"{run.name}: cwnd, ssthresh and queue", columns, tuple(rows), shown=False)


def _round_trips(runs: Sequence[CongestionRun]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for flow in (run.flows[0] for run in runs if run.alone):
        points = [(sample.at_s, sample.rtt_s) for sample in flow.samples]
        rows += ((at_s, rtt_s, flow.algorithm) for at_s, rtt_s in extremes(points, _POINTS))
    return Table(
        "round trips", (Column("time", "s"), Column("RTT", "s"), Column("algorithm", "")), tuple(rows), shown=False
    )


def _check(draft: Draft, runs: Sequence[CongestionRun], wire: Bottleneck) -> None:
    count, used = len(runs), [_used(run, wire) for run in runs]
    draft.check(
        "every byte arrives, in order and intact, in each run",
        "RFC 9293 §3.8",
        count,
        sum(all(flow.intact for flow in run.flows) for run in runs),
    )
    draft.check(
        f"never do more than {wire.queue} frames wait, and none is dropped while fewer do",
        "drop-tail",
        count,
        sum(_drop_tail(run, wire) for run in runs),
    )
    draft.check(
        "what the receivers get is less than the bottleneck's rate, in each run",
        "the wire's rate",
        count,
        sum(each is not None and each < 1 for each in used),
    )
    draft.check(
        "what was dropped was sent again: not fewer segments than drops, in each run",
        "RFC 9293 §3.8.1",
        count,
        sum(sum(flow.retransmitted for flow in run.flows) >= len(run.drops) for run in runs),
    )
    for run in runs:
        if run.alone and run.flows[0].algorithm in BETA:
            _check_windows(draft, run.flows[0], wire)


def _drop_tail(run: CongestionRun, wire: Bottleneck) -> bool:
    return max(run.waiting(), default=0) <= wire.queue and all(frames == wire.queue for _, frames in run.drops)


def _check_windows(draft: Draft, flow: Flow, wire: Bottleneck) -> None:
    """Of one that goes by losses, alone."""
    name = flow.algorithm
    grows = flow.grows_as_acknowledged()
    if grows is None:
        draft.warnings.append(f"{name} alone: slow start was over before cwnd had doubled, so it is not judged")
    else:
        draft.check(f"{name}: in slow start each segment acknowledged adds one to cwnd", "RFC 5681 §3.1", True, grows)
    cuts, beta = list(flow.cuts(wire.base_s)), BETA[name]
    if cuts:
        claim = f"{name}: ssthresh is {beta:.1g} of the window that met a loss, each time of {len(cuts)}"
        draft.check(claim, SOURCES[name], len(cuts), sum(cut.by(beta) for cut in cuts))
    else:
        draft.warnings.append(f"{name} alone: no loss was answered while it was watched, so none is judged")


def _findings(draft: Draft, runs: Sequence[CongestionRun], wire: Bottleneck, steady_s: float) -> None:
    alone = {run.flows[0].algorithm: run for run in runs if run.alone}
    for name in BETA:
        if name in alone:
            draft.findings += _told(name, alone[name], wire)
    full = wire.base_s + wire.frame_s
    for name, run in alone.items():
        queue, rtt_s = run.mean_queue(steady_s), run.mean_rtt()
        if queue is not None and rtt_s is not None:
            draft.findings.append(
                f"{name} alone: in the second half a frame finds {queue:.1f} in the queue, in the mean; "
                f"{wire.queue} may wait. A round trip takes {rtt_s * 1e3:.0f} ms, on the empty path {full * 1e3:.0f}."
            )
    if "bbr" in alone:
        draft.findings += _bbr(alone["bbr"], wire, steady_s)
    if wire.queue > 1.5 * wire.bdp:
        draft.findings.append(
            f"This queue is deep: {wire.queue} frames, where the pipe holds {wire.bdp:.0f}. Who stops only at a loss "
            "fills it (bufferbloat): all of the rate is used, and everybody waits. Try --queue 5."
        )
    elif wire.queue < 0.5 * wire.bdp:
        draft.findings.append(
            f"This queue is shallow: {wire.queue} frames, where the pipe holds {wire.bdp:.0f}. A halved window no "
            "longer fills the pipe, so some of the rate is left unused; round trips are short. Try --queue 100."
        )
    for run in runs:
        if not run.alone:
            rates = [flow.goodput(steady_s) or 0.0 for flow in run.flows]
            fairness = jain_index(rates)
            if fairness is not None and fairness < 0.9:
                names = {flow.algorithm for flow in run.flows}
                winner = run.flows[rates.index(max(rates))].algorithm if len(names) > 1 else "one of them"
                draft.findings.append(
                    f"{run.name}: {winner} gets {max(rates) / sum(rates):.0%} (fairness {fairness:.2f}; "
                    "1 is equal shares, 0.5 all for one)."
                )


def _told(name: str, run: CongestionRun, wire: Bottleneck) -> list[str]:
    """Slow start, how it ended, and the saw."""
    flow = run.flows[0]
    told = []
    start, doubled = flow.slow_start(), _doublings(flow)
    if len(doubled) > 1:
        told.append(
            f"{name}, slow start: cwnd {', '.join(f'{cwnd} after {at_s * 1e3:.0f} ms' for at_s, cwnd in doubled)}. "
            "One more for each that is acknowledged doubles it every round trip."
        )
    early = {key[len("TcpExtTCPHystart") :]: n for key, n in run.counters.items() if key.startswith("TcpExtTCPHystart")}
    by = [word for key, word in HYSTART.items() if early.get(key)]
    if by and start:
        told.append(
            f"{name} left slow start before it was told of a loss, at cwnd {start[-1].cwnd}: HyStart (RFC 9406 is a "
            f"later form of it) noticed that {by[0]}."
        )
    cuts: list[WindowCut] = list(flow.cuts(wire.base_s))
    if cuts:
        words = ", ".join(f"{cut.before} → {cut.after}" for cut in cuts[:4])
        told.append(f"{name}, window when a loss was noticed → ssthresh: {words}. The factor is {BETA[name]:.1g}.")
    return told


def _bbr(run: CongestionRun, wire: Bottleneck, steady_s: float) -> list[str]:
    """Why its queue is not empty, where it is not."""
    queue, pacing = run.mean_queue(steady_s), run.flows[0].pacing(steady_s)
    passes = wire.rate * run.flows[0].mss / FULL_FRAME
    if queue is None or pacing is None or queue <= 0.5 * wire.bdp or pacing <= passes:
        return []
    return [
        f"bbr does not keep the queue empty, as the textbook has it. It paces its data at {8 * pacing / 1e6:.2f} "
        f"Mbit/s (the median), where {8 * passes / 1e6:.2f} pass: the rate it asks for is meant to have headers in it "
        "(bbr_rate_bytes_per_sec of tcp_bbr.c), but where no fq queue paces for it TCP counts data alone "
        "(tcp_update_skb_after_send of tcp_output.c). What stops it is its limit of twice the pipe and a few "
        "(cwnd_gain, again tcp_bbr.c), however deep the queue."
    ]


def _doublings(flow: Flow) -> list[tuple[float, int]]:
    """When slow start was first seen at ten, twenty, forty … segments."""
    found: list[tuple[float, int]] = []
    goal = 0
    for sample in flow.slow_start():
        if sample.cwnd >= goal:
            found.append((sample.at_s, sample.cwnd))
            goal = 2 * sample.cwnd
    return found
