"""The facts of a report, compactly: grouped by what they are about, side by side where the terminal is wide enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from netlab.measure.quantity import Fact
from netlab.report.glyphs import printable
from netlab.report.units import human
from netlab.report.wrap import wrapped

_GAP = 2  # between a name and its value
_NOTE_AT_LEAST = 18  # columns, or a note is left out


def lines(found: Sequence[Fact], width: int) -> Iterator[Text]:
    """Facts that begin with the same word ("server CPU", "server peak memory", …) come under that word.

    Two such groups stand side by side where they fit. A fact with a note has a line of its own.
    """
    groups = _groups(found)
    alone = groups.pop("", [])
    if alone:
        yield from _group("", alone, width)
    waiting = list(groups.items())
    while waiting:
        left, right = (_block(*group) for group in (waiting[0], waiting[-1 if len(waiting) == 1 else 1]))
        if len(waiting) > 1 and not _has_notes(waiting[:2]) and _step(left, width) + right[0].cell_len <= width:
            yield from _abreast(left, right, width)
            del waiting[:2]
        else:
            yield from _group(*waiting.pop(0), width)


def _groups(found: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Facts by their common first word, those without such a word under "". Three make a group."""
    by_word: dict[str, list[Fact]] = {}
    for fact in found:
        by_word.setdefault(fact.name.partition(" ")[0], []).append(fact)
    groups: dict[str, list[Fact]] = {}
    for word, members in by_word.items():
        grouped = len(members) >= 3 and all(" " in fact.name for fact in members)
        groups.setdefault(word if grouped else "", []).extend(members)
    return groups


def _has_notes(groups: Sequence[tuple[str, Sequence[Fact]]]) -> bool:
    return any(fact.note for _, members in groups for fact in members)


def _block(heading: str, members: Sequence[Fact]) -> list[Text]:
    """One fact a line, all lines equally wide, under the heading if there is one."""
    names = [printable(fact.name.removeprefix(heading).strip()) for fact in members]
    values = [printable(human(fact.value, fact.unit)) for fact in members]
    name_width = max(map(cell_len, names))
    value_width = max((cell_len(value) for value in values if cell_len(value) <= 24), default=8)
    block = [Text(heading[:1].upper() + heading[1:], style="bold")] if heading else []
    for name, value in zip(names, values, strict=True):
        pad = " " * (name_width - cell_len(name) + _GAP + value_width - cell_len(value))
        block.append(Text.assemble("  ", (name, "cyan"), pad, (value, "bold")))
    widest = max(line.cell_len for line in block)
    for line in block:
        line.pad_right(widest - line.cell_len)
    return block


def _group(heading: str, members: Sequence[Fact], width: int) -> Iterator[Text]:
    """A group by itself: in two columns if it has no notes and is narrow enough, else one fact a line."""
    block = _block(heading, members)
    if heading:
        yield block.pop(0)
    half = (len(block) + 1) // 2
    if not _has_notes([(heading, members)]) and _step(block, width) + block[0].cell_len <= width and half > 1:
        yield from _abreast(block[:half], block[half:], width)
        return
    for line, fact in zip(block, members, strict=True):
        room = width - line.cell_len - _GAP
        if not fact.note or room < _NOTE_AT_LEAST:
            yield from _at_most(line, width)
            continue
        for number, note in enumerate(wrapped(fact.note, room, style="dim")):
            yield Text.assemble(line if number == 0 else " " * line.cell_len, " " * _GAP, note)


def _at_most(line: Text, width: int) -> Iterator[Text]:
    """The line, or the wrapped text of one that is too long (a value of many words)."""
    if line.cell_len <= width:
        yield line
    else:
        yield from wrapped(line.plain.strip(), width, first="  ")


def _step(left: Sequence[Text], width: int) -> int:
    """Where the right-hand block begins: in the middle of the page if the left one leaves it room."""
    return max(left[0].cell_len + 2, min(width // 2, 48))


def _abreast(left: Sequence[Text], right: Sequence[Text], width: int) -> Iterator[Text]:
    for number in range(max(len(left), len(right))):
        line = left[number].copy() if number < len(left) else Text()
        if number < len(right):
            line.pad_right(_step(left, width) - line.cell_len)
            line.append_text(right[number])
        yield line
