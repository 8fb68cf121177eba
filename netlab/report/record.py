"""What one run of an experiment leaves behind: the measurement, and all one needs to judge or to repeat it."""

from __future__ import annotations

import dataclasses
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from netlab import __version__
from netlab.codec import Json
from netlab.option import flat
from netlab.report.quantity import Measurement
from netlab.report.summary import SampleSummary

__all__ = ["SCHEMA", "Json", "Report", "new_id", "plain_parameters", "this_command", "this_host"]

SCHEMA = "netlab.report/2"


@dataclass(frozen=True, slots=True)
class Report:
    """A measurement with its provenance. Equal to itself after a trip through JSON (as_json.py).

    `measurement.samples` is empty: the raw values went into `samples`, their summaries. `record` is the file this
    report was saved in; when it should have been and was not, `unsaved` says why. Neither is part of the report.
    """

    id: str
    experiment: str
    title: str
    parameters: dict[str, Json]
    seed: int | None
    started_at: str  # ISO 8601, UTC: 2026-11-22T17:05:01Z
    elapsed_s: float
    host: dict[str, Json]
    measurement: Measurement
    samples: tuple[SampleSummary, ...] = ()
    argv: tuple[str, ...] = ()  # the command's words behind "netlab"; none where it was not run by them
    schema: str = SCHEMA
    record: str | None = field(default=None, compare=False)
    unsaved: str | None = field(default=None, compare=False)

    @property
    def interrupted(self) -> bool:
        """True when Ctrl-C ended the run early."""
        return self.measurement.interrupted

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return self.measurement.passed


def new_id(experiment: str, started: datetime) -> str:
    """A name that sorts by time (UTC) and is not used twice: 20261122-170501-tcp-server-3fa2."""
    return f"{started.astimezone(UTC):%Y%m%d-%H%M%S}-{experiment}-{os.urandom(2).hex()}"


def this_host() -> dict[str, Json]:
    """What a reader must know of the machine to compare numbers. Its name is nobody's business."""
    kernel = os.uname()
    return {
        "netlab": __version__,
        "python": f"{sys.implementation.name} {sys.version.split()[0]}",
        "kernel": f"{kernel.sysname} {kernel.release}",
        "machine": kernel.machine,
        "cpus": len(os.sched_getaffinity(0)),
    }


def this_command() -> tuple[str, ...]:
    """The words behind "netlab" that this process was started with; none where another program runs netlab's code."""
    program = Path(sys.argv[0]).parts[-2:]
    return tuple(sys.argv[1:]) if program[-1:] == ("netlab",) or program == ("netlab", "__main__.py") else ()


def plain_parameters(parameters: Any) -> dict[str, Json]:
    """The fields of an experiment's `Parameters` as JSON values, those of nested records among them."""
    return {name: _plain(value) for name, value in flat(parameters).items()}


def _plain(value: Any) -> Json:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value):
        return plain_parameters(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    return str(value)
