"""What commands have in common on their way out: the report on stdout, progress on stderr, the exit code."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from netlab import registry
from netlab.cli.failures import complain
from netlab.cli.terminal import terminal_width, wants_colour, write
from netlab.errors import CheckFailed, MachineLacks
from netlab.progress import Progress, silent
from netlab.report import as_json as json_form
from netlab.report.glyphs import can_show_unicode, printable, to_encoding
from netlab.report.record import Report

__all__ = ["present", "progress_bar", "show", "terminal_width", "wants_colour", "write"]

_PATIENCE_S = 1.0  # a bar that flashes by tells nobody anything
_BAR_WIDTH = 16


def present(report: Report, *, as_json: bool = False, plot: Path | None = None, width: int | None = None) -> None:
    """Print the report, draw it into `plot` if given, and raise typer.Exit(1) where a check failed, MachineLacks where
    a part of it could not run.

    `width` in columns is by default the terminal's, or 80 where there is none.
    """
    if as_json:
        sys.stdout.write(json_form.dumps(report))
    else:
        show(report, width)
    sys.stdout.flush()
    if report.unsaved:
        complain(f"this run was not recorded: {report.unsaved}", "--no-save, or make room there")
    if plot is not None:
        from netlab.report import picture

        line = registry.known(report.experiment)
        picture.save(report, plot, line.figure(report.measurement) if line else None)
        sys.stderr.write(f"drawn into {plot}\n")
    if not report.passed:
        raise typer.Exit(CheckFailed.exit_code)
    lacking = report.measurement.lacking
    if lacking is not None:
        raise MachineLacks(lacking.what, lacking.how)


def show(report: Report, width: int | None = None) -> None:
    """Print the report for a person."""
    from netlab.report import table

    line = registry.known(report.experiment)
    sections = line.sections() if line else None
    write(table.render(report, width=width or terminal_width(), colour=wants_colour(), sections=sections))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A Progress that draws one line on stderr: only on a terminal, only after a second, gone when done."""
    with told_to_end():
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield silent
            return
        bar = _Bar()
        try:
            yield bar
        finally:
            bar.clear()


@contextmanager
def told_to_end() -> Iterator[None]:
    """SIGTERM and SIGHUP come as Ctrl-C does, KeyboardInterrupt: what was measured by then is reported."""
    before = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup(1)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """One line, redrawn in place at most ten times a second."""

    def __init__(self) -> None:
        self._next_s = time.monotonic() + _PATIENCE_S
        self._drawn = False
        self._full, self._empty = "━╌" if can_show_unicode(sys.stderr.encoding) else "#-"

    def __call__(self, done: float, text: str) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + 0.1
        width = terminal_width()
        filled = round(min(max(done, 0.0), 1.0) * _BAR_WIDTH)
        line = f"  {self._full * filled}{self._empty * (_BAR_WIDTH - filled)} {done:4.0%}  {printable(text)}"
        self._write(f"\r\x1b[K{to_encoding(line[: width - 1], sys.stderr.encoding)}")
        self._drawn = True

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._drawn:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            pass  # progress is a courtesy
