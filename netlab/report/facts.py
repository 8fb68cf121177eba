"""The facts of a report, compactly: grouped by what they are about, side by side where the terminal is wide enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from netlab.report.glyphs import printable, sentence
from netlab.report.quantity import Fact
from netlab.report.units import human
from netlab.report.wrap import wrapped

_GAP = 2  # between a name and its value
_LONG_VALUE = 20  # a value of more columns does not set where the others end
_NOTE_AT_LEAST = 18  # columns, or a note is left out


def lines(found: Sequence[Fact], width: int) -> Iterator[Text]:
    """Facts that begin with the same word ("server CPU", "server peak memory", …) come under that word.

    Groups stand side by side where they fit, short ones under each other beside a long one. A fact with a note has a
    line of its own.
    """
    waiting = sorted(_groups(found).items(), key=lambda group: group[0] != "")  # those without a word first
    first = True
    while waiting:
        if not first:
            yield Text()
        first = False
        heading, members = waiting.pop(0)
        left = _block(heading, members)
        right: list[Text] = []
        while heading and waiting and not _has_notes([(heading, members), waiting[0]]):
            block = _block(*waiting[0])
            below = [Text(), *block] if right else block
            if _step(left, width) + _widest(block) > width or (right and len(right) + len(below) > len(left)):
                break
            right += below
            waiting.pop(0)
        yield from _abreast(left, right, width) if right else _group(heading, members, width)


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
    """One fact a line, words begin and numbers end in one column, under the heading if there is one."""
    names = [printable(fact.name.removeprefix(heading).strip()) for fact in members]
    values = [printable(human(fact.value, fact.unit)) for fact in members]
    name_width = max(map(cell_len, names))
    value_width = max((cell_len(value) for value in values if cell_len(value) <= _LONG_VALUE), default=0)
    block = [Text(sentence(heading), style="bold")] if heading else []
    for name, value, fact in zip(names, values, members, strict=True):
        before = 0 if isinstance(fact.value, str) else max(value_width - cell_len(value), 0)
        pad = " " * (name_width - cell_len(name) + _GAP + before)
        block.append(Text.assemble("  ", (name, "cyan"), pad, (value, "bold")))
    return block


def _widest(block: Sequence[Text]) -> int:
    return max((line.cell_len for line in block), default=0)


def _group(heading: str, members: Sequence[Fact], width: int) -> Iterator[Text]:
    """A group by itself: in two columns if it has no notes and is narrow enough, else one fact a line."""
    block = _block(heading, members)
    if heading:
        yield block.pop(0)
    half = (len(block) + 1) // 2
    left, right = block[:half], block[half:]
    if half > 1 and not _has_notes([(heading, members)]) and _step(left, width) + _widest(right) <= width:
        yield from _abreast(left, right, width)
        return
    notes_at = _GAP + _widest([line for line, fact in zip(block, members, strict=True) if fact.note])
    for line, fact in zip(block, members, strict=True):
        if not fact.note or width - notes_at < _NOTE_AT_LEAST:
            yield from _at_most(line, width)
            continue
        line.pad_right(notes_at - line.cell_len)
        for number, note in enumerate(wrapped(fact.note, width - notes_at, style="dim")):
            yield Text.assemble(line if number == 0 else " " * notes_at, note)


def _at_most(line: Text, width: int) -> Iterator[Text]:
    """The line, or the wrapped text of one that is too long (a value of many words)."""
    if line.cell_len <= width:
        yield line
    else:
        yield from wrapped(line.plain.strip(), width, first="  ")


def _step(left: Sequence[Text], width: int) -> int:
    """Where the right-hand block begins: in the middle of the page if the left one leaves it room."""
    return max(_widest(left) + 2, min(width // 2, 48))


def _abreast(left: Sequence[Text], right: Sequence[Text], width: int) -> Iterator[Text]:
    for number in range(max(len(left), len(right))):
        line = left[number].copy() if number < len(left) else Text()
        if number < len(right):
            line.pad_right(_step(left, width) - line.cell_len)
            line.append_text(right[number])
        yield line
