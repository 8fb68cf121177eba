"""A command on a network of its own, with nothing but loopback in it, and every frame that it causes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netlab.linux import rtnetlink
from netlab.linux.tap import Tap
from netlab.network.namespace import become_own_root, forbidden

_LOOK_S = 0.05


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Run `config["command"]` by sh(1), its output to descriptor `config["output"]`, until it ends or time is up.

    SIGTERM ends it sooner, and what was captured is kept.
    """
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    become_own_root()
    try:
        rtnetlink.set_up("lo")
    except OSError as error:
        raise forbidden("a loopback interface", error) from None
    deadline_s = time.monotonic() + config["timeout_s"]
    # The command finds this very netlab, wherever it is installed.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    frames: list[dict[str, Any]] = []
    with Tap("lo") as tap:
        process = subprocess.Popen(
            ["/bin/sh", "-c", config["command"]],
            stdin=subprocess.DEVNULL,
            stdout=config["output"],
            stderr=config["output"],
            cwd=config["folder"],
            env={**os.environ, "PATH": path},
        )
        ended = False
        while not ended and not stopped and len(frames) < config["count"] and time.monotonic() < deadline_s:
            ended = process.poll() is not None  # looked at before the tap: what it sent last is taken, too
            new = tap.waiting(0 if ended else _LOOK_S)
            frames += ({"time_ns": record.time_ns, "frame": record.frame.hex()} for record in new)
        lost = tap.lost()
        if not ended:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return {"frames": frames[: config["count"]], "lost": lost, "status": process.returncode if ended else None}
