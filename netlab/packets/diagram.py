"""Headers as the boxes of the RFCs and of the course (lectures 10 and 11): a row is 32 bits, each field has its width.

On a terminal that is too narrow for 32 bits of at least two characters each, a row is 16 bits, or 8. A field that is
longer than a row goes on in the next one; its name and value stand in its widest part. Names that are too long for
their box are written downwards, as RFC 9293 does with the control bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_PER_BIT = 3
_CORNERS = {  # which of up, down, left, right have a line
    "ud": "│", "lr": "─", "dr": "┌", "dl": "┐", "ur": "└", "ul": "┘", "udr": "├", "udl": "┤", "dlr": "┬", "ulr": "┴",
    "udlr": "┼", "": " ", "u": "│", "d": "│", "l": "─", "r": "─",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A field to draw: its name, its bits, its value. `bits` None: data, one full row whatever its size."""

    label: str
    bits: int | None
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a box is in one row: bits [`first`, `end`) of the row. `lines` is what is written in it."""

    box: int
    first: int
    end: int
    lines: tuple[str, ...]


def draw(boxes: Sequence[Box], width: int, *, ruler: bool = True) -> list[str]:
    """The boxes in lines of at most `width` columns (35 or more); `ruler` numbers the bits above them."""
    row_bits = next((bits for bits in (32, 16) if bits * 2 + 1 <= width), 8)
    per_bit = min((width - 1) // row_bits, MOST_PER_BIT if row_bits == 32 else 4)
    rows = _rows(boxes, row_bits, per_bit)
    lines = _ruler(row_bits, per_bit) if ruler else []
    owners = [_owners(row, row_bits) for row in rows]
    nothing = [-1] * row_bits
    for number, (above, below) in enumerate(pairwise([nothing, *owners, nothing])):
        if number:
            lines += _content(rows[number - 1], row_bits, per_bit)
        border = _border(above, below, per_bit)
        if border.strip("│ "):  # not within one box that fills whole rows
            lines.append(border)
    return [line.rstrip() for line in lines]


def _rows(boxes: Sequence[Box], row_bits: int, per_bit: int) -> list[list[_Part]]:
    """The parts of every row. A data box begins a row of its own."""
    rows: list[list[_Part]] = [[]]
    at = 0
    for number, box in enumerate(boxes):
        if box.bits is None and at:
            rows.append([])
            at = 0
        spans = []
        left = row_bits if box.bits is None else box.bits
        while left:
            take = min(left, row_bits - at)
            spans.append((len(rows) - 1, at, at + take))
            left, at = left - take, at + take
            if at == row_bits:
                rows.append([])
                at = 0
        spoken = _speaking(spans)
        for index, (row, first, end) in enumerate(spans):
            lines = _lines(box, (end - first) * per_bit - 1) if index == spoken else ()
            rows[row].append(_Part(number, first, end, lines))
    return [row for row in rows if row]


def _speaking(spans: Sequence[tuple[int, int, int]]) -> int:
    """Which part of a box says its name: the widest; of several, the one in the middle."""
    widest = max(end - first for _, first, end in spans)
    candidates = [index for index, (_, first, end) in enumerate(spans) if end - first == widest]
    return candidates[(len(candidates) - 1) // 2]


def _lines(box: Box, room: int) -> tuple[str, ...]:
    """Name and value in `room` columns: on one line if they fit, else one above the other, else cut into pieces."""
    together = f"{box.label}: {box.value}" if box.value else box.label
    if len(together) <= room and room >= 24:
        return (together,)
    label = tuple(_broken(box.label, room))
    value = box.value
    if len(value) > room and " (" in value:
        value = value.partition(" (")[0]  # the number without its name
    if room < 3 and len(value) > room:
        value = "…"
    return (*label, *_broken(value, room)) if value else label


def _broken(text: str, room: int) -> list[str]:
    """`text` in pieces of at most `room` characters, broken at spaces where that is possible."""
    pieces: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) <= room:
            line += f" {word}"
            continue
        if line:
            pieces.append(line)
        while len(word) > room:
            pieces.append(word[:room])
            word = word[room:]
        line = word
    return [*pieces, line] if line else pieces


def _owners(row: Sequence[_Part], row_bits: int) -> list[int]:
    """Which box each bit of a row belongs to; -1: none."""
    owners = [-1] * row_bits
    for part in row:
        owners[part.first : part.end] = [part.box] * (part.end - part.first)
    return owners


def _content(row: Sequence[_Part], row_bits: int, per_bit: int) -> list[str]:
    """The lines between two borders."""
    height = max(1, *(len(part.lines) for part in row))
    lines = []
    for number in range(height):
        line = [" "] * (row_bits * per_bit + 1)
        for part in row:
            left, right = part.first * per_bit, part.end * per_bit
            line[left] = line[right] = "│"
            at = number - (height - len(part.lines)) // 2
            text = part.lines[at] if 0 <= at < len(part.lines) else ""
            line[left + 1 : right] = text.center(right - left - 1)[: right - left - 1]
        lines.append("".join(line))
    return lines


def _border(above: Sequence[int], below: Sequence[int], per_bit: int) -> str:
    """The line between two rows: drawn where the boxes above and below differ."""
    bits = len(above)
    line = ""
    for bit in range(bits + 1):
        up = _edge(above, bit)
        down = _edge(below, bit)
        left = bit > 0 and above[bit - 1] != below[bit - 1]
        right = bit < bits and above[bit] != below[bit]
        arms = "".join(name for name, there in (("u", up), ("d", down), ("l", left), ("r", right)) if there)
        line += _CORNERS[arms]
        if bit < bits:
            line += ("─" if right else " ") * (per_bit - 1)
    return line


def _edge(owners: Sequence[int], bit: int) -> bool:
    """Whether there is a vertical line left of this bit."""
    left = owners[bit - 1] if bit > 0 else -1
    right = owners[bit] if bit < len(owners) else -1
    return left != right


def _ruler(row_bits: int, per_bit: int) -> list[str]:
    """Bit numbers as in the RFCs: tens above, ones below."""
    tens = "".join(f"{bit // 10 if bit % 10 == 0 else '':<{per_bit}}" for bit in range(row_bits))
    ones = "".join(f"{bit % 10:<{per_bit}}" for bit in range(row_bits))
    return [f" {tens}", f" {ones}"] if row_bits > 8 else [f" {ones}"]
