"""What commands have in common on their way out: the report on stdout, progress on stderr, the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from netlab.cli.failures import complain
from netlab.errors import CheckFailed
from netlab.measure.progress import Progress, silent
from netlab.report import as_json
from netlab.report.record import Report

PATIENCE_S = 1.0  # a bar that flashes by tells nobody anything


def present(report: Report, *, as_json_: bool = False, plot: Path | None = None, width: int | None = None) -> None:
    raise NotImplementedError
