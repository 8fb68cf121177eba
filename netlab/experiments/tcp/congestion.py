"""`netlab tcp-congestion`: congestion control, over one bottleneck, alone and sharing it (lecture 12).

Each algorithm (a socket option, TCP_CONGESTION) sends by itself; then two of the same share the bottleneck, and each
with each other. RFC 5681 (slow start, congestion avoidance, Reno), RFC 9438 (CUBIC); BBR is Linux's tcp_bbr.c.
Left out: ECN, and paths with more than one bottleneck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

from netlab.errors import MachineLacks, UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import congestion_report, congestion_scene
from netlab.experiments.tcp.congestion_report import Bottleneck
from netlab.experiments.tcp.congestion_run import CongestionRun, called
from netlab.experiments.tcp.congestion_scene import CongestionPlan
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.experiments.wire.trace import at_client, check_path, write_pcap
from netlab.network.conditions import Conditions
from netlab.network.scene import run_scenes
from netlab.network.two_hosts import TwoHostsPlan
from netlab.notation import names
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement

AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
_USUAL = ("reno", "cubic", "bbr")
TOGETHER = 3  # runs at a time, each on a network of its own: they wait most of the time


@dataclass(frozen=True, slots=True)
class Parameters:
    """`rate_mbit` of the bottleneck in Mbit/s, `queue` in frames. `delay_s` is one way. `share`: also two at a time."""

    algorithms: Annotated[tuple[str, ...], Option("Congestion controls of this kernel.", "LIST", parse=names)] = _USUAL
    rate_mbit: Annotated[float, Option("Mbit/s, 10^6 bits.", "MBIT", 1.0, 100.0, panel=WIRE)] = 10.0
    queue: Annotated[int, Option("Frames that may wait.", "N", 2, 2000, panel=WIRE)] = 60
    delay_s: Delay = 0.01
    share: Annotated[bool, Option("Also two at a time.")] = True
    duration_s: Annotated[float, Option("Of each run, in seconds.", "S", 1.0, 60.0)] = 7.0
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All runs. Raises MachineLacks, UsageError."""
    check_path(parameters.pcap)
    draft = Draft()
    names = _offered(draft, parameters.algorithms)
    planned: list[tuple[str, ...]] = [(name,) for name in names]
    if parameters.share:
        planned += [(name, name) for name in names] + list(combinations(names, 2))
    runs: list[CongestionRun] = []
    try:
        for first in range(0, len(planned), TOGETHER):
            batch = planned[first : first + TOGETHER]
            plans = [_plan(parameters, each, capture=first == number == 0) for number, each in enumerate(batch)]
            part = _part(progress, first / len(planned), len(batch) / len(planned), ", ".join(map(called, batch)))
            runs += run_scenes(congestion_scene.play, plans, part, timeout_s=parameters.duration_s + 60.0)
    except KeyboardInterrupt:
        draft.interrupted = True
    if runs:
        write_pcap(parameters.pcap, at_client(runs[0].capture, runs[0].epoch_ns))
        rate = parameters.rate_mbit * 1e6 / 8
        congestion_report.report(draft, runs, Bottleneck(rate, 2 * parameters.delay_s, parameters.queue))
    return draft.finish()


def _part(progress: Progress, begun: float, share: float, what: str) -> Progress:
    """The progress of a part of it all."""

    def part(done: float, text: str) -> None:
        progress(begun + share * done, what)

    part(0.0, "")
    return part


def _offered(draft: Draft, wanted: Sequence[str]) -> list[str]:
    """Those of the algorithms that this machine has; what it lacks is a warning, unless nothing is left."""
    if not wanted or len(set(wanted)) != len(wanted):
        raise UsageError("which algorithms? Each once", "--algorithms reno,cubic,bbr")
    here = AVAILABLE.read_text().split()
    missing = [name for name in wanted if name not in here]
    hint = say("sudo modprobe {missing}", missing=" ".join(f"tcp_{name}" for name in missing))
    if len(missing) == len(wanted):
        what = f"this kernel has none of {', '.join(wanted)} now; it has {', '.join(here)}"
        raise MachineLacks(what, f"if its modules are installed: {hint}")
    if missing:
        text = "left out, because this kernel does not have it now: {missing} ({hint})"
        draft.warnings.append(say(text, missing=", ".join(missing), hint=hint))
    return [name for name in wanted if name in here]


def _plan(parameters: Parameters, names: tuple[str, ...], *, capture: bool) -> CongestionPlan:
    there = Conditions(delay_s=parameters.delay_s, rate=parameters.rate_mbit * 1e6 / 8, queue=parameters.queue)
    conditions = {"client": there, "server": Conditions(delay_s=parameters.delay_s)}
    hosts = TwoHostsPlan(conditions, parameters.seed, timeout_s=40.0)
    return CongestionPlan(hosts, names, parameters.duration_s, capture and parameters.pcap is not None)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Compare congestion controls over one bottleneck of your own.

    cwnd, ssthresh, queue and round trip over time, each algorithm alone; then
    two at a time: who gets how much, and how long everybody waits.
    """,
    examples=("netlab tcp-congestion", "netlab tcp-congestion --algorithms reno,cubic --queue 10 --plot queue.svg"),
)
