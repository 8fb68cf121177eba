"""How a server in the foreground shows what it does and is told to stop: a line on stderr, drawn anew, or a log."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from netlab.cli.output import terminal_width, told_to_end
from netlab.progress import Progress
from netlab.report.glyphs import printable, to_encoding


@contextmanager
def live_line() -> Iterator[Progress]:
    """A Progress whose first text stays, and whose later ones are drawn over each other, on a terminal only.

    SIGTERM comes as KeyboardInterrupt while it lasts: both end a server in order.
    """
    line = _Line()
    with told_to_end():
        try:
            yield line
        finally:
            line.clear()


class _Line:
    def __init__(self) -> None:
        self._announced = False
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, done: float, text: str) -> None:
        if not self._announced:
            self._announced = True
            self._write(f"{text} (Ctrl-C ends it)\n")
        elif self._live:
            self._write(f"\r\x1b[K  {to_encoding(text, sys.stderr.encoding)[: terminal_width() - 3]}")

    def clear(self) -> None:
        """Take the live line away; a Ctrl-C has left "^C" on it."""
        if self._live and self._announced:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            pass  # nobody is looking


@contextmanager
def log_lines() -> Iterator[Progress]:
    """A Progress that writes each text as a line. SIGTERM comes as KeyboardInterrupt while it lasts."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield _log
    finally:
        signal.signal(signal.SIGTERM, before)


def _log(done: float, text: str) -> None:
    try:
        sys.stderr.write(
            "".join(f"{to_encoding(printable(line), sys.stderr.encoding)}\n" for line in text.splitlines())
        )
        sys.stderr.flush()
    except OSError:
        pass  # nobody is reading the log
