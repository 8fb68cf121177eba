"""Heads as the course draws them (lecture 14): a row of boxes for each line, its byte range in front.

    bytes        method     URL            version
      0–24      │ GET │ SP │ /index.html │ SP │ HTTP/1.1 │ CR LF │
     25–40      │ Host │ : │ SP │ 163.com │ CR LF │

Byte ranges are shown from the first to the last byte, both included, as in Range fields (RFC 9110 §14.1.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.http.get_rows import BoxRow

RANGE_WIDTH = 12
_STYLES = {
    "method": "bold magenta",
    "status": "bold magenta",
    "target": "bold cyan",
    "reason": "bold cyan",
    "version": "bold",
    "name": "cyan",
    "value": "",
    "colon": "dim",
    "space": "dim",
    "line end": "dim",
    "ignored": "strike yellow",
}
_SHOWN = {"target": "URL"}
_TIGHT = ("space", "line end", "colon")


def byte_range(start: int, end: int) -> str:
    """ "17–42"; of one byte "17"; of none "17–"."""
    return f"{start}" if end == start + 1 else f"{start}–{end - 1}" if end > start else f"{start}–"


def lines(rows: Sequence[BoxRow], width: int, last_words: str = "the head ends here") -> Iterator[Text]:
    """All lines of one head. `rows` are its boxes, in order."""
    for number, group in groupby(rows, _line_of):
        boxes = list(group)
        if number == 0:
            yield _labels(boxes, width)
        yield from _line(boxes, width, last_words)


def _line_of(box: BoxRow) -> int:
    return box.line


def _labels(boxes: Sequence[BoxRow], width: int) -> Text:
    """What the boxes of the first line are called, above them."""
    line = Text(" " * RANGE_WIDTH, "dim italic")
    for box in boxes:
        label = _SHOWN.get(box.part, box.part)
        tight = box.part in _TIGHT
        room = cell_len(_text(box)) + (1 if tight else 3)
        line.append(("" if tight else f"  {label}").ljust(room), "dim italic")
    line.truncate(width)
    line.rstrip()
    return line


def _line(boxes: Sequence[BoxRow], width: int, last_words: str) -> Iterator[Text]:
    """One line of the message; it goes on below, indented, where the terminal ends."""
    start, end = boxes[0].start, boxes[-1].end
    empty = [box.part for box in boxes] == ["line end"]
    line = Text.assemble((f"{byte_range(start, end):>{RANGE_WIDTH - 2}}  ", "green"), ("│", "dim"))
    for box in boxes:
        text, style = _text(box), _STYLES.get(box.part, "")
        tight = box.part in _TIGHT
        shown = text if tight else f" {text} "
        while cell_len(shown) > (room := width - line.cell_len - 1):
            if room >= 8 and not tight:
                line.append(shown[:room], style)
                shown = shown[room:]
            yield line
            line = Text(" " * (RANGE_WIDTH + 2))
        line.append(shown, style).append("│", "dim")
    if empty:
        line.append(f" the empty line: {last_words}", "dim italic")
    if line.cell_len > width:
        line.truncate(width, overflow="ellipsis")
    yield line


def _text(box: BoxRow) -> str:
    text = box.text
    if box.part == "space":
        if text == " ":
            return "SP"
        return text.replace("\\t", "HTAB ").replace(" ", "SP ").strip() if len(text) < 6 else "SP…"
    if box.line == 0 and box.part not in _TIGHT:
        return text.ljust(len(_SHOWN.get(box.part, box.part)))
    return text
