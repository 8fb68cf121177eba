"""What stdout is: how wide, in colour or not, in which encoding. Apart from output.py because it needs so little."""

from __future__ import annotations

import os
import shutil
import sys

from netlab.report.glyphs import to_encoding


def write(text: str) -> None:
    """`text` to stdout, in characters that it can take."""
    sys.stdout.write(to_encoding(text, sys.stdout.encoding))


def terminal_width() -> int:
    """Columns of the terminal (COLUMNS overrides), or 80."""
    return shutil.get_terminal_size((80, 24)).columns


def wants_colour() -> bool:
    """Colours on a terminal only, and not if NO_COLOR says otherwise (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
