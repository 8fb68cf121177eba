"""The server modes for reading: a list with a paragraph each, one in full, or its source in colour."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from netlab.codec import encode

BOLD, DIM, CYAN, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One mode. `text` is the docstring of its file: a headline, paragraphs, and a paragraph that begins "Source:"."""

    transport: str
    mode: str
    summary: str
    waits_in: str
    module: str
    text: str

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(paragraph.split()) for paragraph in self.text.split("\n\n")]


def listing(lessons: Sequence[Lesson], *, width: int, colour: bool) -> str:
    """Name, headline and first paragraph of each."""
    lines = []
    for transport in dict.fromkeys((lesson.transport for lesson in lessons), True):
        lines.append(_paint(f"{transport.upper()} modes: netlab {transport}-server --mode MODE", BOLD, colour))
        for lesson in lessons:
            if lesson.transport != transport:
                continue
            waits = f"waits in {lesson.waits_in}" if lesson.waits_in != "nothing" else "never waits"
            lines += ["", f"  {_paint(lesson.mode, BOLD + CYAN, colour)}  {_paint(waits, DIM, colour)}"]
            headline, *rest = lesson.paragraphs
            said = headline.partition(": ")[2] or headline
            first = next((each for each in rest if not each.startswith("Source:")), "")
            lines += _wrap(f"{said[:1].upper()}{said[1:]} {first}", width)
        lines.append("")
    lines.append("One in full: netlab modes MODE [--udp].  Its source: netlab modes MODE --source")
    return "\n".join(lines) + "\n"


def one(lesson: Lesson, *, width: int, colour: bool) -> str:
    """The whole docstring, and where the file is."""
    headline, *rest = _items(lesson.text)
    where = f"netlab/servers/{lesson.module.replace('.', '/')}.py"
    udp = " --udp" if lesson.transport == "udp" else ""
    lines = [_paint(line, BOLD, colour) for line in _wrap(headline, width, "")]
    for item in rest:
        lines += _wrap(item, width, "") if item.startswith("- ") else ["", *_wrap(item, width, "")]
    waits = f"It waits in {lesson.waits_in}." if lesson.waits_in != "nothing" else "It never waits."
    lines += ["", *_wrap(f"{waits} The loop: {where}, or netlab modes {lesson.mode}{udp} --source", width, "")]
    return "\n".join(lines) + "\n"


def _items(text: str) -> list[str]:
    """Paragraphs and list items, each unwrapped."""
    items: list[str] = []
    for paragraph in text.split("\n\n"):
        fresh = True
        for line in paragraph.splitlines():
            if fresh or line.startswith("- "):
                items.append(line.strip())
            else:
                items[-1] += f" {line.strip()}"
            fresh = False
    return items


def source(text: str, *, width: int, colour: bool) -> str:
    """The file; in colour where that is wanted."""
    if not colour:
        return text
    from rich.console import Console
    from rich.syntax import Syntax

    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system="256", legacy_windows=False)
    console.print(Syntax(text, "python", theme="ansi_dark", line_numbers=True, word_wrap=True))
    return out.getvalue()


def as_json(lessons: Sequence[Lesson]) -> str:
    return json.dumps(encode(lessons), ensure_ascii=False, indent=2) + "\n"


def _wrap(text: str, width: int, indent: str = "    ") -> list[str]:
    hanging = indent + ("  " if text.startswith("- ") else "")
    return textwrap.wrap(text, width=max(30, min(width, 100)), initial_indent=indent, subsequent_indent=hanging)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{PLAIN}" if colour else text
