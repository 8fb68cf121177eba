"""Markdown blocks as lines for a terminal of so many columns, with or without colours.

Chinese is broken between any two characters, but no line begins with a closing mark or ends with an opening one
(the rules of GB/T 15834); other words stay whole where they fit. A wide character counts two columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from netlab.report.markdown import Block, Inline, StyledRun, blocks, is_wide

_NEVER_FIRST = set("，。、；：！？）】》”’」』％…·)]},.;:!?")
_NEVER_LAST = set("（【《“‘「『([{")
_ANSI = {"strong": "\x1b[1m", "em": "\x1b[3m", "code": "\x1b[36m", "link": "\x1b[4m", "dim": "\x1b[2m"}
_RESET = "\x1b[0m"

Atom = tuple[tuple[str, str], ...]  # characters with their style, not to be parted


def columns(text: str) -> int:
    """How many columns `text` takes."""
    return sum(0 if unicodedata.combining(each) else 2 if is_wide(each) else 1 for each in text)


def prose(text: str, width: int, *, colour: bool) -> str:
    """`text` (Markdown) for a terminal."""
    lines: list[str] = []
    before = ""
    for block in blocks(text):
        if lines and not (block.kind == before == "item"):
            lines.append("")
        lines.extend(_block(block, width, colour))
        before = block.kind
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _block(block: Block, width: int, colour: bool) -> Iterator[str]:
    if block.kind == "code":
        for line in block.code.splitlines():
            for part in command_lines(line, width, "    ") if block.mark == "sh" else [f"    {line}"]:
                yield _styled(part, "code", colour)
    elif block.kind == "table":
        yield from _table(block, width, colour)
    elif block.kind == "heading":
        yield from wrapped(tuple(StyledRun(run.text, "strong") for run in block.inline), width, colour)
    elif block.kind == "item":
        first = f"  {'•' if block.mark == '-' else block.mark} "
        yield from wrapped(block.inline, width, colour, first=first)
    elif block.kind == "quote":
        yield from wrapped(block.inline, width, colour, first="  │ ", further="  │ ")
    else:
        yield from wrapped(block.inline, width, colour)


def command_lines(line: str, width: int, first: str) -> list[str]:
    """A command in lines of at most `width` columns where its words allow: cut before an option, a backslash at the
    end of all but the last, so that it can be copied as it stands."""
    found, current = [], ""
    indent = " " * (columns(first) + 2)
    for word in re.split(r" (?=--\w)", line):
        longer = f"{current} {word}" if current else first + word
        if current.strip() and columns(longer) > width - 2:
            found.append(f"{current} \\")
            longer = indent + word
        current = longer
    return [*found, current]


def _table(block: Block, width: int, colour: bool) -> Iterator[str]:
    """Columns side by side where they fit; otherwise each row as an item."""
    texts = [["".join(run.text for run in cell) for cell in row] for row in block.rows]
    sizes = [max(columns(row[at]) for row in texts if at < len(row)) for at in range(len(texts[0]))]
    if sum(sizes) + 2 * len(sizes) <= width:
        for number, row in enumerate(texts):
            line = "  ".join(cell + " " * (size - columns(cell)) for cell, size in zip(row, sizes, strict=False))
            yield "  " + (_styled(line, "strong", colour) if number == 0 else line)
        return
    for cells in block.rows[1:]:
        merged: list[StyledRun] = []
        for cell in cells:
            merged += [StyledRun(" – "), *cell] if merged else list(cell)
        yield from wrapped(tuple(merged), width, colour, first="  • ")


def wrapped(text: Inline, width: int, colour: bool, *, first: str = "", further: str | None = None) -> Iterator[str]:
    """Lines of at most `width` columns; `first` opens the first of them, `further` (or as many spaces) the others."""
    lead = first
    indent = " " * columns(first) if further is None else further
    room = max(width - columns(first), 8)
    line: list[tuple[str, str]] = []
    used = 0
    space = False
    for atom in _atoms(text):
        if atom == ((" ", ""),):
            space = bool(line)
            continue
        size = sum(columns(character) for character, _ in atom)
        if line and used + space + size > room:
            yield lead + _painted(line, colour)
            lead, line, used, space = indent, [], 0, False
        if space:
            line.append((" ", line[-1][1] if line[-1][1] == atom[0][1] else ""))
            used, space = used + 1, False
        for character, style in atom:  # longer than a line: cut anywhere
            if used + columns(character) > room:
                yield lead + _painted(line, colour)
                lead, line, used = indent, [], 0
            line.append((character, style))
            used += columns(character)
    if line or lead == first:
        yield lead + _painted(line, colour)


def _atoms(text: Inline) -> Iterator[Atom]:
    characters = [(character, run.style) for run in text for character in run.text]
    held: list[tuple[str, str]] = []
    for character, style in characters:
        if character.isspace():
            if held:
                yield tuple(held)
                held = []
            yield ((" ", ""),)
            continue
        previous = held[-1][0] if held else ""
        parts = is_wide(character) or (previous and is_wide(previous))
        if held and parts and character not in _NEVER_FIRST and previous not in _NEVER_LAST:
            yield tuple(held)
            held = []
        held.append((character, style))
    if held:
        yield tuple(held)


def _painted(line: list[tuple[str, str]], colour: bool) -> str:
    if not colour:
        return "".join(character for character, _ in line)
    text, current = "", ""
    for character, style in line:
        if style != current:
            text += (_RESET if current else "") + _ANSI.get(style, "")
            current = style
        text += character
    return text + (_RESET if current else "")


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{_ANSI[style]}{text}{_RESET}" if colour else text
