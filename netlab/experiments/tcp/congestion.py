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
from typing import Annotated, Any

from netlab.errors import MachineLacks, UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import congestion_report, congestion_run, congestion_scene
from netlab.experiments.tcp.congestion_run import CongestionRun
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.network.conditions import Conditions
from netlab.network.scene import run_scenes
from netlab.notation import names
from netlab.option import Option
from netlab.packets import pcap
from netlab.packets.capture_file import CapturedFrame
from netlab.progress import Progress
from netlab.report.quantity import Draft, Measurement

AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
TOGETHER = 3  # runs at a time, each on a network of its own: they wait most of the time


@dataclass(frozen=True, slots=True)
class Parameters:
    """`rate_mbit` of the bottleneck in Mbit/s, `queue` in frames. `delay_s` is one way. `share`: also two at a time."""

    algorithms: Annotated[tuple[str, ...], Option("Congestion controls of this kernel.", "LIST", parse=names)] = (
        "reno",
        "cubic",
        "bbr",
    )
    rate_mbit: Annotated[float, Option("Mbit/s, 10^6 bits.", "MBIT", 1.0, 100.0, panel=WIRE)] = 10.0
    queue: Annotated[int, Option("Frames that may wait.", "N", 2, 2000, panel=WIRE)] = 60
    delay_s: Delay = 0.01
    share: Annotated[bool, Option("Also two at a time.")] = True
    duration_s: Annotated[float, Option("Of each run, in seconds.", "S", 1.0, 60.0)] = 7.0
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All runs. Raises MachineLacks, UsageError."""
    trace.check_path(parameters.pcap)
    draft = Draft()
    names = _offered(draft, parameters.algorithms)
    planned: list[tuple[str, ...]] = [(name,) for name in names]
    if parameters.share:
        planned += [(name, name) for name in names] + list(combinations(names, 2))
    runs: list[CongestionRun] = []
    try:
        for first in range(0, len(planned), TOGETHER):
            batch = planned[first : first + TOGETHER]
            configs = [_config(parameters, each, capture=first == number == 0) for number, each in enumerate(batch)]
            part = _part(progress, first / len(planned), len(batch) / len(planned), ", ".join(map(_called, batch)))
            told = run_scenes(congestion_scene.play, configs, part, timeout_s=parameters.duration_s + 60.0)
            runs += (congestion_run.read(_called(each), result) for each, result in zip(batch, told, strict=True))
    except KeyboardInterrupt:
        draft.interrupted = True
    if runs:
        _save(runs[0], parameters.pcap)
        congestion_report.report(draft, runs, _Bottleneck(parameters))
    return draft.finish()


def _part(progress: Progress, begun: float, share: float, what: str) -> Progress:
    """The progress of a part of it all."""

    def told(done: float, text: str) -> None:
        progress(begun + share * done, what)

    told(0.0, "")
    return told


class _Bottleneck(congestion_report.Bottleneck):
    """The bottleneck of these parameters."""

    def __init__(self, parameters: Parameters) -> None:
        rate = parameters.rate_mbit * 1e6 / 8
        super().__init__(rate, 2 * parameters.delay_s, parameters.queue, congestion_report.FULL_FRAME / rate)


def _called(names: Sequence[str]) -> str:
    return f"{names[0]} alone" if len(names) == 1 else f"{names[0]} + {names[1]}"


def _offered(draft: Draft, wanted: Sequence[str]) -> list[str]:
    """Those of the algorithms that this machine has; what it lacks is a warning, unless nothing is left."""
    if not wanted or len(set(wanted)) != len(wanted):
        raise UsageError("which algorithms? Each once", "--algorithms reno,cubic,bbr")
    here = AVAILABLE.read_text().split()
    missing = [name for name in wanted if name not in here]
    hint = f"sudo modprobe {' '.join(f'tcp_{name}' for name in missing)}"
    if len(missing) == len(wanted):
        raise MachineLacks(
            f"this kernel has none of {', '.join(wanted)} now; it has {', '.join(here)}",
            f"if its modules are installed: {hint}",
        )
    if missing:
        draft.warnings.append(f"left out, because this kernel does not have it now: {', '.join(missing)} ({hint})")
    return [name for name in wanted if name in here]


def _config(parameters: Parameters, names: Sequence[str], *, capture: bool) -> dict[str, Any]:
    there = Conditions(delay_s=parameters.delay_s, rate=parameters.rate_mbit * 1e6 / 8, queue=parameters.queue)
    back = Conditions(delay_s=parameters.delay_s)
    return {
        "conditions": {"client": there.plain(), "server": back.plain()},
        "seed": parameters.seed,
        "algorithms": list(names),
        "duration_s": parameters.duration_s,
        "timeout_s": 40.0,
        "capture": capture and parameters.pcap is not None,
    }


def _save(run: CongestionRun, path: Path | None) -> None:
    """The capture file: at the client's interface, the headers of each frame."""
    if path is None:
        return
    epoch_ns = run.result["epoch_ns"]
    seen = [
        (sent_ns if sender == "client" else arrived_ns, bytes.fromhex(frame), size)
        for sender, sent_ns, arrived_ns, frame, size in run.result["capture"]
    ]
    records = [
        CapturedFrame(epoch_ns + at_ns, frame, size, interface="eth0 of the client")
        for at_ns, frame, size in sorted(each for each in seen if each[0] is not None)
    ]
    try:
        path.write_bytes(pcap.write(records))
    except OSError as error:
        raise UsageError(f"--pcap {path}: {error.strerror}") from None


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Compare congestion controls over one bottleneck of your own.

    cwnd, ssthresh, queue and round trip over time, each algorithm alone; then
    two at a time: who gets how much, and how long everybody waits.
    """,
    examples=("netlab tcp-congestion", "netlab tcp-congestion --algorithms reno,cubic --queue 10 --plot queue.svg"),
)
