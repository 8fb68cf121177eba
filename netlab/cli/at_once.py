"""Answers that are there at once, before Typer is imported, and end as those of every command do.

Imports nothing that takes time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from netlab.cli.standard_streams import open_what_is_closed


def written(answer: Callable[[], None]) -> None:
    """Call what prints an answer. A reader that has gone, a full disk, Ctrl-C: with the exit code every command has."""
    open_what_is_closed()
    try:
        answer()
        sys.stdout.flush()
    except (OSError, KeyboardInterrupt) as end:
        _end_as_others_do(end)


def _end_as_others_do(end: BaseException) -> None:
    from netlab.cli.failures import guarded

    def again() -> int:
        raise end

    sys.exit(guarded(again))
