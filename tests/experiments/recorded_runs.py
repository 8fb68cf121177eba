"""Runs of experiments, recorded where a scene's result comes in, so that they can be judged again, whole or altered.

A recording holds what the scenes of one run returned, as JSON. `replay` puts these in the place of the scenes and
measures: in milliseconds, and without a network. tools/record_runs.py runs them all anew.
"""

from __future__ import annotations

import json
import lzma
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from netlab import registry
from netlab.codec import encode
from netlab.errors import Doubt, MachineLacks
from netlab.experiments.journey import packets
from netlab.experiments.wire import trace
from netlab.experiments.wire.packet_story import PacketTables
from netlab.network import scene
from netlab.packets.dissect import dissect
from netlab.progress import silent
from netlab.report.quantity import Measurement

FOLDER = Path(__file__).parent / "recorded"
HEADERS = 74  # bytes of a frame: Ethernet, IPv4, TCP with its options
_dissected = cache(dissect)  # of one recording after the other nearly all frames are the same
LACKS = {"lacks": "no user namespaces"}
"""In the place of a scene's result: this machine cannot build networks."""


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment and the parameters to run it with. `on_loopback`: as on a machine that cannot build networks.
    `blank`: what frames carry is not judged, and recorded as zeros.
    """

    name: str
    experiment: str
    parameters: dict[str, Any] = field(default_factory=dict)
    on_loopback: bool = False
    blank: bool = False

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
    Run("tcp-flow", "tcp-flow", blank=True),
    Run("tcp-nagle", "tcp-nagle", {"exchanges": 6, "keys": 12}),
    Run("tcp-nagle-loopback", "tcp-nagle", {"exchanges": 6, "keys": 12}, on_loopback=True),
    Run("tcp-retransmit", "tcp-retransmit", {"losses": (0.0, 0.2), "size_bytes": 60_000}, blank=True),
    Run("udp-behaviour", "udp-behaviour", {"numbered": 40}),
    Run("journey", "journey"),
    Run("tcp-limits", "tcp-limits", {"hold": 0, "ports": 20}),
)
"""Experiments that play scenes, with every way in which they judge them. tcp-congestion's would be too large: its cases
are made by hand."""


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
        kept.append(encode(result))
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
        mock.patch.object(PacketTables, "add", lambda *_: None),  # for the reader only: nothing is judged by it
        mock.patch.object(trace, "dissect", _dissected),
        mock.patch.object(packets, "dissect", _dissected),
    ):
        yield


def record(run: Run) -> Measurement:
    """Run it, and keep what its scenes returned."""
    with listening(run.on_loopback) as kept:
        found = run.measure()
    keep(run, blanked(kept) if run.blank else kept)
    return found


def keep(run: Run, scenes: list[Any]) -> None:
    """Write down what its scenes returned."""
    run.path.parent.mkdir(exist_ok=True)
    run.path.write_bytes(lzma.compress(json.dumps(scenes, separators=(",", ":")).encode()))


def blanked(value: Any) -> Any:
    """The same, with zeros for what is in a frame behind its headers."""
    if isinstance(value, dict):
        return {name: _blanked(inner) if name == "frame" else blanked(inner) for name, inner in value.items()}
    return [blanked(inner) for inner in value] if isinstance(value, list) else value


def _blanked(frame: str) -> str:
    return frame[: 2 * HEADERS].ljust(len(frame), "0")


def recorded(run: Run) -> list[Any]:
    """What its scenes returned."""
    scenes: list[Any] = json.loads(lzma.decompress(run.path.read_bytes()))
    return scenes


def replay(run: Run, scenes: list[Any] | None = None) -> Measurement:
    """Judge the recording, or what was made of it."""
    with told(recorded(run) if scenes is None else scenes):
        return run.measure()
