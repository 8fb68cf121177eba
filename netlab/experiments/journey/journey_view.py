"""The journey as a story: each step, what is decided there, its packets; and of some packets every stretch of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from netlab.experiments.wire import packets_view
from netlab.experiments.wire.packets_view import COLOURS
from netlab.report import facts, grid
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import Row, rows
from netlab.report.svg import Figure
from netlab.report.wrap import wrapped

_MOST_A_STEP = 14  # packets; of more, the first and the last few
_ENDS = 16  # columns of "gateway → router"
_WIDE = 78  # columns that a stretch takes in one line


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The steps; then packets in boxes, if asked for; then the kernels' tables, and facts."""
    ways, stretches = rows(found, "ways"), rows(found, "stretches")
    seen: set[str] = set()
    for step in rows(found, "steps"):
        own = [way for way in ways if way["step"] == step["step"]]
        yield _step(step, own, stretches, seen, width)
    for number in found.chosen("boxes"):
        yield iter([Text(f"Packet {number}, on its first stretch", style="bold")])
        yield from packets_view.in_full(found, number, width)
        yield _on_its_way(ways[number - 1], stretches, width)
    if any(way["in full"] for way in ways) and all(way["in full"] for way in ways):
        for table in found.tables:
            if table.name in ("routes", "neighbours"):
                yield grid.table(table, width)
    yield facts.lines([fact for fact in found.facts if fact.value is not None], width)


def _step(step: Row, ways: Sequence[Row], stretches: Sequence[Row], seen: set[str], width: int) -> Iterator[Text]:
    yield Text.assemble((f"{step['step']}  ", "bold cyan"), (str(step["title"]), "bold"))
    yield from wrapped(str(step["words"] or ""), width, first="   ", style="italic")
    for at, way in enumerate(ways):
        if len(ways) > _MOST_A_STEP and 10 <= at < len(ways) - 2:
            if at == 10:
                yield Text(f"     … {len(ways) - 12} packets more, as these (--packets shows all)", style="dim")
            continue
        yield from _way(way, seen, width)
        if way["in full"]:
            yield from _stretches(way, stretches, width)


def _way(way: Row, seen: set[str], width: int) -> Iterator[Text]:
    """A packet in a line: from whom to whom, what it says; and how it is packed, the first time that it is so."""
    protocol, mark = str(way["protocol"]), f"{way['packet']:>4} "
    ends = printable(f"{way['from']} → {way['to']}")
    first = f"{mark}{ends:<{_ENDS}} " if width >= _ENDS + 44 else f"{mark}{ends}: "
    for number, line in enumerate(wrapped(f"{protocol} {way['says']}", width, first=first)):
        if number == 0:
            line.stylize("dim", 0, len(mark))
            line.stylize(COLOURS.get(protocol, "bold"), len(first), len(first) + len(protocol))
        yield line
    if way["lost"]:
        yield from wrapped(f"on the way: {way['lost']}", width, first="     ✗ ", style="red")
    packed = " in ".join(reversed(str(way["layers"]).split(", ")))
    kind = " ".join(word for word in packed.split() if not word.isdecimal())
    if kind not in seen:
        seen.add(kind)
        yield from wrapped(f"{packed}, bytes", width, first="     ", style="dim")


def _stretches(way: Row, stretches: Sequence[Row], width: int) -> Iterator[Text]:
    own = [row for row in stretches if row["packet"] == way["packet"]]
    for row in own:
        yield from _stretch(row, width)
    if way["changed"]:
        yield from wrapped(f"changed at {way['changed']}", width, first="     ", style="dim")


def _stretch(row: Row, width: int) -> Iterator[Text]:
    """One link: who to whom by MAC address; what is not as on the stretch before is marked."""
    changed = str(row["changed"] or "")
    line = Text("     ")
    names = f"{row['sender']:<8}→ {row['receiver']:<8}"
    marked = [(str(row[name]), name in changed) for name in ("source MAC", "destination MAC")]
    if row["TTL"] is not None:
        marked += [(f"TTL {row['TTL']}", "TTL" in changed), (str(row["checksum"]), "checksum" in changed)]
    if width < _WIDE:
        yield Text(f"     {names.rstrip()}" + "".join(f"  {words}" for words, _ in marked[2:]), style="cyan")
        yield Text.assemble("  ", *_joined(marked[:2]))
        return
    line.append(names, "cyan")
    for part in _joined(marked):
        line.append(*part)
    yield line


def _joined(marked: Sequence[tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    for number, (words, different) in enumerate(marked):
        yield ("" if number == 0 else " → " if number == 1 else "  ", "dim")
        yield (words, "bold yellow" if different else "")


def _on_its_way(way: Row, stretches: Sequence[Row], width: int) -> Iterator[Text]:
    yield Text(f"Packet {way['packet']}, on every stretch", style="bold")
    yield from _stretches(way, stretches, width)


def drawn(found: Measurement) -> Figure | None:
    """The same as a picture of every stretch."""
    from netlab.experiments.journey import hops_view

    return hops_view.drawn(found)
