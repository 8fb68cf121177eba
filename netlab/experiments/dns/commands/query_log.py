"""The query log of a DNS server in the foreground: a line an event on stderr, and how the server is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from netlab.progress import Progress
from netlab.report.glyphs import printable, to_encoding


@contextmanager
def log_lines() -> Iterator[Progress]:
    """A Progress that writes each text as a line. SIGTERM comes as KeyboardInterrupt while it lasts."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield _write
    finally:
        signal.signal(signal.SIGTERM, before)


def _write(done: float, text: str) -> None:
    try:
        sys.stderr.write(
            "".join(f"{to_encoding(printable(line), sys.stderr.encoding)}\n" for line in text.splitlines())
        )
        sys.stderr.flush()
    except OSError:
        pass  # nobody is reading the log
