"""Text in lines: words stay whole where they fit, and what follows a bullet is indented under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from netlab.report.glyphs import printable

_CONSOLE = Console(file=StringIO(), width=200, highlight=False)  # Text.wrap asks for one and takes only tab sizes


def wrapped(text: str, width: int, *, first: str = "", style: str = "", mark_style: str = "") -> Iterator[Text]:
    """`text` in lines of at most `width`; `first` opens the first line, and the others are indented as far."""
    clean = printable(text)
    if not clean:
        return
    indent = Text(first).cell_len
    for number, line in enumerate(Text(clean, style=style).wrap(_CONSOLE, max(width - indent, 1))):
        opening = Text(first, style=mark_style) if number == 0 else Text(" " * indent)
        line.rstrip()
        yield opening + line


def flowing(items: Sequence[str], width: int, style: str = "") -> Iterator[Text]:
    """`items` separated by dots, in lines that break between items where they can."""
    line = ""
    for item in map(printable, items):
        longer = f"{line} · {item}" if line else item
        if line and cell_len(longer) > width:
            yield from wrapped(line, width, style=style)
            line = item
        else:
            line = longer
    yield from wrapped(line, width, style=style)
