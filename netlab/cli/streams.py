"""The three standard streams: open before anything else, and what is written to them told apart from what is not.

Imports nothing that takes time: what answers at once comes by here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def open_what_is_closed() -> None:
    """Without a standard stream (`netlab … >&-`) its number would go to the next file or socket that is opened."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number: this one
            setattr(sys, name, open(fd, mode))


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
