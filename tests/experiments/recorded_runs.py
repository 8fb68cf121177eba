"""Runs of experiments, recorded where a scene's result comes in, so that they can be judged again, whole or altered.

A recording holds what the scenes of one run returned, as JSON. `replay` puts these in the place of the scenes and
measures: in milliseconds, and without a network. `make record` runs them all anew (tools/record_runs.py).
"""

from __future__ import annotations

import copy
import json
import lzma
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from netlab import registry
from netlab.errors import Doubt, MachineLacks
from netlab.network import scene
from netlab.progress import silent
from netlab.report.quantity import Measurement

FOLDER = Path(__file__).parent / "recorded"
LACKS = {"lacks": "no user namespaces"}
"""In the place of a scene's result: this machine cannot build networks."""


@dataclass(frozen=True)
class Run:
    """An experiment and the parameters to run it with. `on_loopback`: as on a machine that cannot build networks."""

    name: str
    experiment: str
    parameters: dict[str, Any] = field(default_factory=dict)
    on_loopback: bool = False

    @property
    def path(self) -> Path:
        """Where its recording is."""
        return FOLDER / f"{self.name}.json.xz"

    def measure(self) -> Measurement:
        """Run it, with whatever stands in the place of its scenes."""
        experiment = registry.find(self.experiment).load()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Doubt)
            found: Measurement = experiment.measure(experiment.parameters(**self.parameters), silent)
            return found


RUNS = (
    Run("tcp-handshake", "tcp-handshake"),
    Run("tcp-handshake-loopback", "tcp-handshake", on_loopback=True),
    *(
        Run(f"tcp-teardown-{variant}", "tcp-teardown", {"variant": variant})
        for variant in ("orderly", "simultaneous", "reset-linger", "reset-unread", "orphan")
    ),
    Run("tcp-teardown-loopback", "tcp-teardown", on_loopback=True),
    Run("tcp-states", "tcp-states"),
    Run("tcp-backlog", "tcp-backlog", {"clients": 6}),
    Run("tcp-flow", "tcp-flow", {"size_bytes": 300_000}),
    Run("tcp-nagle", "tcp-nagle", {"exchanges": 6, "keys": 12}),
    Run("tcp-nagle-loopback", "tcp-nagle", {"exchanges": 6, "keys": 12}, on_loopback=True),
    Run("tcp-retransmit", "tcp-retransmit", {"losses": (0.0, 0.05), "size_bytes": 60_000}),
    Run("tcp-congestion", "tcp-congestion", {"algorithms": ("reno", "cubic"), "duration_s": 4.0}),
    Run("udp-behaviour", "udp-behaviour", {"numbered": 40}),
    Run("tcp-limits", "tcp-limits", {"hold": 0, "ports": 20}),
)
"""Every experiment that plays scenes, with every way in which it judges them."""


def plain(result: Any) -> Any:
    """A scene's result as JSON."""
    return scene._plain(result)


@contextmanager
def listening(loopback: bool) -> Iterator[list[Any]]:
    """While inside, what scenes return is kept, in order. `loopback`: the first finds that there can be no network."""
    kept: list[Any] = []
    real = scene._result

    def hear(child: Any, play: Any, progress: Any, timeout_s: float) -> Any:
        if loopback and not kept:
            kept.append(LACKS)
            raise MachineLacks(LACKS["lacks"])
        result = real(child, play, progress, timeout_s)
        kept.append(copy.deepcopy(plain(result)))
        return result

    with mock.patch.object(scene, "_result", hear):
        yield kept


@contextmanager
def told(scenes: list[Any]) -> Iterator[None]:
    """While inside, scenes are not played: each returns what was recorded of it."""
    left = iter(scenes)

    def tell(_: Any, play: Any, *__: Any) -> Any:
        result = next(left)
        if result == LACKS:
            raise MachineLacks(LACKS["lacks"])
        return scene._typed(scene._annotation(play, "return"), result, scene._name(play))

    with (
        mock.patch.object(scene, "_result", tell),
        mock.patch.object(scene, "_child", lambda *_, **__: nullcontext()),
    ):
        yield


def record(run: Run) -> Measurement:
    """Run it, and keep what its scenes returned."""
    with listening(run.on_loopback) as kept:
        found = run.measure()
    run.path.parent.mkdir(exist_ok=True)
    run.path.write_bytes(lzma.compress(json.dumps(kept, separators=(",", ":")).encode()))
    return found


def recorded(run: Run) -> list[Any]:
    """What its scenes returned."""
    scenes: list[Any] = json.loads(lzma.decompress(run.path.read_bytes()))
    return scenes


def replay(run: Run, scenes: list[Any] | None = None) -> Measurement:
    """Judge the recording, or what was made of it."""
    with told(recorded(run) if scenes is None else scenes):
        return run.measure()


Change = Callable[[list[Any]], None]
