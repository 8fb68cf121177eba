"""`netlab capture`: frames of a command on a private network, or of this machine's own interfaces."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.packets import capture_scene
from netlab.experiments.packets.capture_recording import recording_of
from netlab.experiments.packets.capture_scene import CapturePlan
from netlab.experiments.packets.options import Fields, Packets
from netlab.experiments.wire.packet_numbers import numbers
from netlab.experiments.wire.packet_story import PacketTables
from netlab.experiments.wire.trace import check_path, write_pcap
from netlab.linux import filters
from netlab.linux.tap import Tap
from netlab.network.scene import run_scene
from netlab.option import REPORT, Argument, Option
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.dissect import dissect
from netlab.progress import Progress
from netlab.report.phrase import count, say
from netlab.report.quantity import Draft, Measurement

_LOOK_S = 0.1
_NOT_RUN = {126: "it may not be executed", 127: "there is none of this name"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """`during`: the command to capture; without it, `interface`. Ends after `count` frames or `duration_s`."""

    filter: Annotated[str, Argument("tcp, udp, arp, icmp, dns, host IP, port N, and, or, not.", "[FILTER]")] = ""
    during: Annotated[str | None, Option("Run it on a private network, and capture that.", "COMMAND")] = None
    interface: Annotated[str, Option("Of this machine; needs CAP_NET_RAW.", "NAME", shown="")] = "lo"
    count: Annotated[int, Option("End after N frames.", "N", 1)] = 10_000
    duration_s: Annotated[float | None, Option("End after so many seconds.", "S", 0.01)] = None
    packets: Packets = None
    fields: Fields = False
    pcap: Annotated[Path | None, Option("Keep the frames, for Wireshark.", "FILE", panel=REPORT)] = None


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    if (parameters.during is None) == ("interface" not in written):
        raise UsageError("say what to capture: --during 'COMMAND', or --interface NAME", "netlab capture --help")
    return parameters


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Capture. Raises UsageError, and MachineLacks where it may not."""
    wanted = filters.compiled(parameters.filter)
    check_path(parameters.pcap)
    draft = Draft()
    if parameters.during is not None:
        frames, lost = _during(parameters.during, parameters, progress, draft)
    else:
        frames, lost = _here(parameters, progress, draft)
    kept = [each for each in frames if wanted(dissect(each.frame, each.link))]
    draft.fact("frames seen", len(frames), "1")
    draft.fact("frames kept", len(kept), "1")
    draft.fact("dropped by the kernel", lost, "1", "netlab was too slow")
    draft.answer = count(len(kept), "One frame was captured.", "{n:,} frames were captured.")
    draft.show(fields=parameters.fields)
    tables = PacketTables()
    tables.add_all(kept, numbers(parameters.packets, len(kept)) if parameters.packets and kept else frozenset())
    draft.tables += tables.tables()
    draft.recording = recording_of(kept, tables.packets)
    if lost:
        draft.warnings.append(say("{lost} frames came faster than they could be taken, and are missing.", lost=lost))
    write_pcap(parameters.pcap, kept)
    return draft.finish()


def _during(
    command: str, parameters: Parameters, progress: Progress, draft: Draft
) -> tuple[Sequence[CapturedFrame], int]:
    """On a private network; the command's own output goes to stderr."""
    limit_s = parameters.duration_s or 3600.0
    output = os.dup(2)
    plan = CapturePlan(command, parameters.count, limit_s, output, Path.cwd())
    try:
        result = run_scene(
            capture_scene.play, plan, progress, timeout_s=limit_s + 30, pass_fds=(output,), stoppable=True
        )
    finally:
        os.close(output)
    draft.fact("where", "a private network: nothing but loopback", "")
    draft.fact("exit status of the command", result.status, "1")
    draft.interrupted = result.interrupted
    if why := _NOT_RUN.get(result.status or 0):
        draft.check("the command could be run", "sh(1): 126, 127", "yes", why)
    elif result.status:
        draft.warnings.append(say("The command failed: exit status {status}.", status=result.status))
    return result.frames, result.lost


def _here(parameters: Parameters, progress: Progress, draft: Draft) -> tuple[Sequence[CapturedFrame], int]:
    """On an interface of this machine, until told to stop."""
    frames: list[CapturedFrame] = []
    draft.fact("where", f"{parameters.interface} of this machine", "")
    with Tap(parameters.interface) as tap:
        deadline_s = time.monotonic() + (parameters.duration_s or 1e9)
        try:
            while len(frames) < parameters.count and time.monotonic() < deadline_s:
                frames += tap.waiting(_LOOK_S)
                progress(len(frames) / parameters.count, f"{len(frames):,} frames; Ctrl-C ends it")
        except KeyboardInterrupt:
            draft.interrupted = False  # the way to end a capture that has no other end
        return frames[: parameters.count], tap.lost()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Capture what a command sends and receives, without root: its network has loopback only.

    Or, with CAP_NET_RAW, what passes an interface of this machine.
    """,
    examples=(
        "netlab capture --during 'netlab dns trace'",
        "netlab capture 'tcp and port 8000' --during './my-test.sh' --pcap test.pcap",
        "sudo netlab capture 'not port 22' --interface eth0 --count 20",
    ),
    plots=False,
    saves=False,
    settle=_settle,
)
