"""The wire of the private networks: how many frames a second it moves without losing any of its own accord.

A flood at a fixed rate: the hosts (both network stacks and the sender) on one CPU, the wire on the other. The rate goes
up until frames are missing at the other end. The kernel's counters of the two interfaces are compared, not what the
wire says of itself; a rate counts as carried when nothing at all is missing.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

from netlab.errors import NetlabError
from netlab.network import flood_scene
from netlab.network.conditions import Conditions
from netlab.network.flood_scene import FloodPlan
from netlab.network.scene import run_scene

from .processes import RowError
from .ratios import Target, spread, verdict
from .rounds import Placement, Settings
from .table import Result, number

Say = Callable[[str], None]

GOAL = 40_000  # frames a second
RATES = (20_000, 30_000, GOAL, 50_000, 65_000, 80_000, 100_000)
TRIES = 3  # at each rate: a machine that others use as well takes the CPU away now and then
ROWS = (
    ("as it comes, 64 B", 64, Conditions()),
    ("as it comes, 1,400 B", 1400, Conditions()),
    ("10 ms delay, 1,400 B", 1400, Conditions(delay_s=0.01)),
    ("rate and queue, 1,400 B", 1400, Conditions(rate=1e9, queue=1000)),
)


def rates(settings: Settings, placement: Placement, say: Say) -> Result:
    """For each kind of wire the highest rate at which nothing is lost, and what a frame costs at 40,000 a second."""
    result = Result(
        "Wire: frames a second from one host to the other, no loss of its own",
        ("wire", "frames/s", "lost at 40,000/s", "CPU µs/frame", "target", "met"),
    )
    if placement.server == placement.load:
        result.notes.append("One CPU for hosts and wire: the rate is what they reach together.")
    target = Target(f"≥ {GOAL:,}/s", GOAL)
    for name, size, conditions in ROWS[:2] if settings.quick else ROWS:
        best, runs = 0, []
        try:
            for rate in RATES:
                tries = []
                for _ in range(TRIES):
                    say(f"wire: {name}, {rate:,} frames/s")
                    tries.append(_flood(rate, size, conditions, 1.0 if settings.quick else 3.0, placement))
                    if tries[-1]["received"] == tries[-1]["sent"]:
                        best = rate
                        break
                runs += tries
                if best != rate and rate > GOAL:
                    break
        except NetlabError as error:
            raise RowError(error.message) from None
        at_goal = [run for run in runs if run["rate"] == GOAL]
        least = min(at_goal, key=lambda run: run["sent"] - run["received"])
        cost_us = least["wire_cpu_s"] / least["sent"] * 1e6
        lost = f"{(least['sent'] - least['received']) / least['sent']:.2%}"
        result.rows.append((name, number(best), lost, number(cost_us), target.text, verdict(spread([best]), target)))
        result.raw[name] = {"best": best, "runs": runs}
    return result


def _flood(rate: int, size: int, conditions: Conditions, seconds: float, placement: Placement) -> dict[str, Any]:
    """One run. Lost frames are what is measured here, and no reason to warn."""
    plan = FloodPlan(
        count=round(rate * seconds),
        size=size,
        rate=rate,
        conditions=conditions,
        cpus=(placement.load, placement.server),
        snap=64,
        timeout_s=30.0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = run_scene(flood_scene.play, plan, lambda done, text: None, timeout_s=60.0)
    return {"rate": rate, **dataclasses.asdict(told)}
