"""A report without Rich, for calculators that should answer at once: facts, drawings of bits, findings,
warnings.

A table with the columns "network" and "host" is drawn as bits with the boundary marked, by "│" and, where
there is colour, by colour. One with the column "position" is an octet with a line from each bit to its
meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlab.report.glyphs import BULLET, printable
from netlab.report.quantity import Fact, Measurement, Table
from netlab.report.units import human

_BOLD, _DIM, _CYAN, _GREEN, _YELLOW, _OFF = ("\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[0m")
_NARROWEST, _WIDEST = 40, 120


def render(found: Measurement, *, width: int = 80, colour: bool = False) -> str:
    """The measurement as text that ends in a newline."""
    width = min(max(width, _NARROWEST), _WIDEST)
    paint = _Paint(colour)
    lines = [*_tables(found, width, paint), *_facts(found.facts, width, paint)]
    for heading, mark, texts in (
        ("Findings", BULLET, found.findings),
        ("Warnings", "!", found.warnings),
    ):
        if texts:
            lines += ["", paint(_BOLD, heading)]
        for text in texts:
            lines += _wrapped(printable(text), width, f"  {mark} ", "    ")
    if lines and not lines[0]:
        del lines[0]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Paint:
    """Colour codes around text, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, code: str, text: str) -> str:
        return f"{code}{text}{_OFF}" if self._colour and text else text


def _facts(facts: Sequence[Fact], width: int, paint: _Paint) -> Iterator[str]:
    """Name, value, note; the note on the next line where there is no room."""
    if not facts:
        return
    yield ""
    names = max(len(fact.name) for fact in facts)
    values = [printable(human(fact.value, fact.unit)) for fact in facts]
    room = max((len(value) for value in values if len(value) <= 24), default=0)
    for fact, value in zip(facts, values, strict=True):
        head = f"  {paint(_CYAN, fact.name)}{' ' * (names - len(fact.name) + 2)}"
        at = names + 4
        if len(value) > width - at:  # on lines of its own
            yield head.rstrip()
            for piece in _pieces(value, width - 4):
                yield "    " + paint(_BOLD, piece)
            for text in _wrapped(printable(fact.note), width, "    ", "    ") if fact.note else ():
                yield paint(_DIM, text)
            continue
        note = printable(fact.note)
        column = at + max(room, len(value)) + 2
        line = head + paint(_BOLD, value)
        if not note:
            yield line
        elif len(note) <= width - column:
            yield line + " " * (column - at - len(value)) + paint(_DIM, note)
        else:
            yield line
            for text in _wrapped(note, width, " " * at, " " * at):
                yield paint(_DIM, text)


def _tables(found: Measurement, width: int, paint: _Paint) -> Iterator[str]:
    for table in (each for each in found.tables if each.shown):
        yield ""
        if [column.name for column in table.columns[-2:]] == ["network", "host"]:
            yield paint(_BOLD, table.heading)
            yield from _drawing(table, width, paint)
        else:
            yield paint(_BOLD, table.heading.rpartition(":")[0])
            yield from _octet(table, width, paint)


def _drawing(table: Table, width: int, paint: _Paint) -> Iterator[str]:
    """Rows of bits, a line above the last ones (the results), and under them how many bits each side has."""
    rows = [[str(cell) for cell in row] for row in table.rows]
    names = max(len(row[0]) for row in rows)
    texts = max(len(row[1]) for row in rows)
    bits = max(len(row[2]) + len(row[3]) + 1 for row in rows)
    if 2 + names + 2 + texts + 2 + bits > width or not texts:
        texts = -2
    results = next((index + 1 for index, row in enumerate(rows) if row[0] == "mask"), len(rows))
    for index, (name, text, network, host) in enumerate(rows):
        if index == results:
            yield "  " + paint(_DIM, f"{'AND':<{names}}  {'':{max(texts, 0)}}{'  ' if texts > 0 else ''}" + "─" * bits)
        cells = f"  {paint(_CYAN, f'{name:<{names}}')}  "
        if texts > 0:
            cells += f"{text:<{texts}}  "
        yield cells + paint(_GREEN, network) + paint(_BOLD, "│") + paint(_YELLOW, host)
    left, right = len(rows[0][2]), len(rows[0][3])
    indent = " " * (4 + names + (texts + 2 if texts > 0 else 0))
    yield (
        indent
        + paint(_GREEN, _label("network", left, "right"))
        + paint(_BOLD, "│")
        + paint(_YELLOW, _label("host", right, "left"))
    )


def _label(word: str, room: int, side: str) -> str:
    """The word beside the boundary, shortened to an arrow where there is no room for it."""
    text = f"{word} " if side == "right" else f" {word}"
    if room < len(text):
        text = ""
    return f"{text:>{room}}" if side == "right" else f"{text:<{room}}"


def _octet(table: Table, width: int, paint: _Paint) -> Iterator[str]:
    """From each bit, the rightmost first, a line down and to the right: which bit, its value, its meaning."""
    bits = table.heading.rpartition(" ")[2]
    yield "  " + paint(_GREEN, bits)
    places = [int(str(position)) for _, position, *_ in table.rows]
    for index, (bit, _, value, meaning) in enumerate(table.rows):
        line = "".join("│" if place in places[index + 1 :] else " " for place in range(places[index]))
        line += "└" + "─" * (len(bits) - places[index])
        yield from _wrapped(f"{value}: {meaning}", width, f"  {line} {bit} ", " " * (len(bits) + 5))


def _pieces(value: str, room: int) -> list[str]:
    """A value in pieces of the terminal's width: addresses have no spaces to break at."""
    return [value[at : at + room] for at in range(0, len(value), room)] or [""]


def _wrapped(text: str, width: int, first: str, later: str) -> Iterator[str]:
    line = first
    empty = True
    for word in text.split(" "):
        if not empty and len(line) + 1 + len(word) > width:
            yield line
            line, empty = later, True
        line += word if empty else f" {word}"
        empty = False
    yield line
