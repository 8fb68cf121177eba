"""The three standard streams, open before anything else is."""

from __future__ import annotations

import os
import sys


def open_what_is_closed() -> None:
    """Without a standard stream (`netlab … >&-`) its number would go to the next file or socket that is opened."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number: this one
            setattr(sys, name, open(fd, mode))
