"""`--serve`: a server that stays up for whoever comes, and reports what it really served."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

from netlab.errors import NetlabError
from netlab.experiment import Experiment
from netlab.experiments.servers.options import ServerOptions
from netlab.experiments.servers.server_trial import SERVE_PORT, limits_of
from netlab.linux.process import cpus as allowed_cpus
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table
from netlab.report.stats import ratio
from netlab.servers.counters import Count
from netlab.servers.modes import find
from netlab.servers.placement import FREE, Placement, parse_cpus
from netlab.servers.supervisor import RunningServer, ServerLook, ServerOutcome

TICK_S = 0.25
SAMPLE_S = 1.0
MOST_SAMPLES = 3600
MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Parameters:
    """A server to keep up. Times in seconds; `duration_s` None: until interrupted."""

    transport: str
    mode: str = "epoll"
    server: ServerOptions = field(default_factory=lambda: ServerOptions(port=SERVE_PORT))
    duration_s: float | None = None


class Sample(NamedTuple):
    """How a server was doing: connections open, echoes per second, CPUs busy."""

    at_s: float
    open: int
    rate: float
    busy: float


def measure(serving: Parameters, progress: Progress) -> Measurement:
    """Serve until Ctrl-C, SIGTERM (both come as KeyboardInterrupt) or `duration_s`; then drain and report.

    `progress` is told first where the server listens, and from then on how it is doing.
    """
    mode = find(serving.transport, serving.mode)
    wanted = serving.server
    placement = Placement((), ()) if wanted.cpus in (None, FREE) else Placement(parse_cpus(wanted.cpus or ""), ())
    cpu_count = len(placement.server or allowed_cpus())
    limits = limits_of(mode, wanted, connections=16, cpu_count=cpu_count)
    history: list[Sample] = []
    with RunningServer(
        serving.transport, mode, host=wanted.host, port=wanted.port, limits=limits, cpus=placement.server
    ) as server:
        host = f"[{server.host}]" if ":" in server.host else server.host
        start = server.look()
        try:
            # Announced in here: whoever reads that the server is up may end it at once.
            where = f"on {host}:{server.port}, process {server.pid}"
            progress(0.0, f"{mode.name} {serving.transport.upper()} echo server {where}")
            _watch(server, serving, start, progress, history)
        except KeyboardInterrupt:
            pass  # that is how a server is ended
        end = server.look()
        memory = server.memory()
        outcome = server.stop()
    return _report(mode.name, placement, start, end, memory.processes, outcome, history)


def _watch(
    server: RunningServer,
    serving: Parameters,
    start: ServerLook,
    progress: Progress,
    history: list[Sample],
) -> None:
    last = sampled = start
    while True:
        time.sleep(TICK_S)
        if not server.alive():
            raise NetlabError("the server process ended by itself", server.last_words())
        now = server.look()
        elapsed_s = (now.at_ns - start.at_ns) / 1e9
        rate, busy = _since(last, now)
        shed = f"  {now.counts[Count.SHED]:,} shed" if now.counts[Count.SHED] else ""
        live = f"{_open(now):,} open  {now.counts[Count.ACCEPTED]:,} in all  {rate:,.0f} echoes/s  CPU {busy:.0%}{shed}"
        progress(elapsed_s / serving.duration_s if serving.duration_s else 0.0, live)
        last = now
        if now.at_ns - sampled.at_ns >= SAMPLE_S * 1e9 and len(history) < MOST_SAMPLES:
            rate, busy = _since(sampled, now)
            history.append(Sample(elapsed_s, _open(now), rate, busy))
            sampled = now
        if serving.duration_s is not None and elapsed_s >= serving.duration_s:
            return


def downsampled(history: list[Sample]) -> list[Sample]:
    """At most MOST_ROWS over the whole time, each for as many samples: most open, mean rate, mean CPUs busy."""
    step = -(-len(history) // MOST_ROWS)
    parts = (history[start : start + step] for start in range(0, len(history), step))
    return [
        Sample(some[-1].at_s, max(s.open for s in some), fmean(s.rate for s in some), fmean(s.busy for s in some))
        for some in parts
    ]


def _since(before: ServerLook, after: ServerLook) -> tuple[float, float]:
    """Echoes a second and CPUs busy between two looks."""
    seconds = (after.at_ns - before.at_ns) / 1e9
    return (after.counts[Count.CHUNKS] - before.counts[Count.CHUNKS]) / seconds, (after.cpu_s - before.cpu_s) / seconds


def _open(look: ServerLook) -> int:
    return look.counts[Count.ACCEPTED] - look.counts[Count.CLOSED]


def _report(
    mode: str,
    placement: Placement,
    start: ServerLook,
    end: ServerLook,
    processes: int,
    outcome: ServerOutcome,
    history: list[Sample],
) -> Measurement:
    draft = Draft()
    counts = outcome.counts
    served_s = (end.at_ns - start.at_ns) / 1e9
    chunks = counts[Count.CHUNKS]
    draft.fact("mode", mode, "")
    draft.fact("placement", placement.describe(), "")
    draft.fact("served for", served_s, "s")
    counted = [
        ("connections", Count.ACCEPTED, "1"),
        ("at once at most", Count.PEAK_OPEN, "1"),
        ("echoes", Count.CHUNKS, "1"),
        ("bytes in", Count.BYTES_IN, "B"),
        ("bytes out", Count.BYTES_OUT, "B"),
        ("connections shed", Count.SHED, "1"),
        ("connections reset by the peer", Count.RESET, "1"),
        ("connections closed as idle", Count.IDLED_OUT, "1"),
        ("connections cut at the end", Count.FORCE_CLOSED, "1"),
    ]
    text = "{echoes:,} echoes on {connections:,} connections in {served:.1f} s."
    draft.answer = say(text, echoes=counts[Count.CHUNKS], connections=counts[Count.ACCEPTED], served=served_s)
    for name, count, unit in counted:
        draft.fact(f"served {name}", counts[count], unit)
    draft.fact("server CPU per echo", ratio(end.cpu_s - start.cpu_s, end.counts[Count.CHUNKS]) if chunks else None, "s")
    draft.fact("server user time", outcome.user_s, "s")
    draft.fact("server system time", outcome.system_s, "s")
    draft.fact("server wake-ups per echo", ratio(counts[Count.WAKEUPS], chunks), "ratio")
    draft.fact("server voluntary switches per echo", ratio(outcome.voluntary_switches, chunks), "ratio")
    draft.fact("server peak RSS", outcome.peak_rss_bytes, "B")
    draft.fact("server processes at the end", processes, "1")
    if history:
        rate = Column("echoes per second", "1/s")
        columns = (Column("time", "s"), Column("open", "1"), rate, Column("CPUs busy", "ratio"))
        draft.tables.append(Table("over time", columns, tuple(downsampled(history))))
        if len(history) > 1:
            draft.charts.append(Chart("line", "echoes per second", "over time", "time", "echoes per second"))
    draft.check("the server ended in order (exit code)", "netlab", 0, outcome.exit_code)
    draft.check("no server process crashed", "netlab", 0, counts[Count.CRASHED])
    if counts[Count.OUT_OF_FD_SET]:
        text = (
            "FD_SETSIZE reached: {connections:,} connections had a descriptor of 1024 or more, which select(2) cannot "
            "watch; they were closed unserved."
        )
        draft.finding(say(text, connections=counts[Count.OUT_OF_FD_SET]))
    return draft.finish()


EXPERIMENT = Experiment(Parameters, measure, shows="line")
