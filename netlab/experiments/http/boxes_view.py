"""Heads as the course draws them (lecture 14): a row of boxes for each line, its byte range in front.

    bytes        method     URL            version
      0–24      │ GET │ SP │ /index.html │ SP │ HTTP/1.1 │ CR LF │
     25–40      │ Host │ : │ SP │ 163.com │ CR LF │

Byte ranges are shown from the first to the last byte, both included, as in Range fields (RFC 9110 §14.1.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from netlab.report.quantity import Value

Row = Mapping[str, Value]

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


def lines(rows: Sequence[Row], width: int, last_words: str = "the head ends here") -> Iterator[Text]:
    """All lines of one head. `rows` are its boxes, in order."""
    by_line: dict[Value, list[Row]] = {}
    for row in rows:
        by_line.setdefault(row["line"], []).append(row)
    for number, row_boxes in by_line.items():
        if number == 0:
            yield _labels(row_boxes, width)
        yield from _line(row_boxes, width, last_words)


def _labels(row_boxes: Sequence[Row], width: int) -> Text:
    """What the boxes of the first line are called, above them."""
    line = Text(" " * RANGE_WIDTH, "dim italic")
    for box in row_boxes:
        label = _SHOWN.get(str(box["part"]), str(box["part"]))
        tight = box["part"] in _TIGHT
        room = cell_len(_text(box)) + (1 if tight else 3)
        line.append(("" if tight else f"  {label}").ljust(room), "dim italic")
    line.truncate(width)
    line.rstrip()
    return line


def _line(row_boxes: Sequence[Row], width: int, last_words: str) -> Iterator[Text]:
    """One line of the message; it goes on below, indented, where the terminal ends."""
    start, end = int(row_boxes[0]["start"] or 0), int(row_boxes[-1]["end"] or 0)
    empty = [box["part"] for box in row_boxes] == ["line end"]
    line = Text.assemble((f"{byte_range(start, end):>{RANGE_WIDTH - 2}}  ", "green"), ("│", "dim"))
    for box in row_boxes:
        text, style = _text(box), _STYLES.get(str(box["part"]), "")
        tight = box["part"] in _TIGHT
        shown = text if tight else f" {text} "
        room = width - line.cell_len - 1
        while cell_len(shown) > room:
            if room < 8 or tight:
                yield line
                line = Text(" " * (RANGE_WIDTH + 2))
                room = width - line.cell_len - 1
                continue
            line.append(shown[:room], style)
            shown = shown[room:]
            yield line
            line = Text(" " * (RANGE_WIDTH + 2))
            room = width - line.cell_len - 1
        line.append(shown, style).append("│", "dim")
    if empty:
        line.append(f" the empty line: {last_words}", "dim italic")
    if line.cell_len > width:
        line.truncate(width, overflow="ellipsis")
    yield line


def _text(box: Row) -> str:
    text = str(box["text"])
    if box["part"] == "space":
        return (
            "SP"
            if text == " "
            else text.replace("\\t", "HTAB ").replace(" ", "SP ").strip()
            if len(text) < 6
            else "SP…"
        )
    if box["line"] == 0:
        return text.ljust(len(_SHOWN.get(str(box["part"]), str(box["part"])))) if box["part"] not in _TIGHT else text
    return text
