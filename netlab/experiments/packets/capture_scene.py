"""A command on a network of its own, with nothing but loopback in it, and every frame that it causes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from netlab.linux import rtnetlink
from netlab.linux.tap import Tap
from netlab.network.namespace import become_own_root, forbidden
from netlab.network.scene import ReportProgress
from netlab.packets.capture_file import CapturedFrame

_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """A command for sh(1), run in `folder` with descriptor `output` for its output. It is stopped after `count` frames
    or `timeout_s`."""

    command: str
    count: int
    timeout_s: float
    output: int
    folder: Path


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The frames, how many the kernel dropped, and the command's exit status; None: it was stopped."""

    frames: tuple[CapturedFrame, ...]
    lost: int
    status: int | None
    interrupted: bool = False


def play(plan: CapturePlan, report_progress: ReportProgress) -> CaptureResult:
    """Run the command until it ends or its time is up. SIGTERM ends it sooner; what was captured is kept."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    become_own_root()
    try:
        rtnetlink.set_up("lo")
    except OSError as error:
        raise forbidden("a loopback interface", error) from None
    deadline_s = time.monotonic() + plan.timeout_s
    frames: list[CapturedFrame] = []
    with Tap("lo") as tap:
        process = _start(plan)
        ended = False
        while not ended and not stopped and len(frames) < plan.count and time.monotonic() < deadline_s:
            ended = process.poll() is not None  # looked at before the tap: what it sent last is taken, too
            frames += tap.waiting(0 if ended else _LOOK_S)
        lost = tap.lost()
        if not ended:
            _stop(process)
    return CaptureResult(tuple(frames[: plan.count]), lost, process.returncode if ended else None)


def _start(plan: CapturePlan) -> subprocess.Popen[bytes]:
    # The command finds this very netlab, wherever it is installed.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.Popen(
        ["/bin/sh", "-c", plan.command],
        stdin=subprocess.DEVNULL,
        stdout=plan.output,
        stderr=plan.output,
        cwd=plan.folder,
        env={**os.environ, "PATH": path},
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
