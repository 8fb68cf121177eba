"""The journey as a story: each step, what is decided there, its packets; and of some packets every stretch of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from netlab.experiments.journey.journey_rows import JourneyStepRow, PathRow, StretchRow
from netlab.experiments.wire import packets_view
from netlab.experiments.wire.packets_view import COLOURS
from netlab.report import facts, grid
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.svg import Figure
from netlab.report.wrap import wrapped

Stretches = Mapping[int, Sequence[StretchRow]]  # by packet

_MOST_A_STEP = 14  # packets; of more, the first and the last few
_ENDS = 16  # columns of "gateway → router"
_WIDE = 78  # columns that a stretch takes in one line


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The steps; then packets in boxes, if asked for; then the kernels' tables, and facts."""
    ways, stretches = rows_of(PathRow, found), stretches_of(found)
    shown: set[str] = set()
    for step in rows_of(JourneyStepRow, found):
        yield _step(step, [way for way in ways if way.step == step.step], stretches, shown, width)
    for number in found.chosen("boxes"):
        yield iter([Text(f"Packet {number}, on its first stretch", style="bold")])
        yield from packets_view.in_full(found, number, width)
        yield _on_its_way(ways[number - 1], stretches, width)
    if ways and all(way.in_full for way in ways):
        for table in found.tables:
            if table.name in ("routes", "neighbours"):
                yield grid.table(table, width)
    yield facts.lines([fact for fact in found.facts if fact.value is not None], width)


def stretches_of(found: Measurement) -> dict[int, list[StretchRow]]:
    """The stretches of each packet, in order."""
    by_packet: dict[int, list[StretchRow]] = {}
    for each in rows_of(StretchRow, found):
        by_packet.setdefault(each.packet, []).append(each)
    return by_packet


def _step(
    step: JourneyStepRow, ways: Sequence[PathRow], stretches: Stretches, shown: set[str], width: int
) -> Iterator[Text]:
    yield Text.assemble((f"{step.step}  ", "bold cyan"), (step.title, "bold"))
    yield from wrapped(step.words, width, first="   ", style="italic")
    for at, way in enumerate(ways):
        if len(ways) > _MOST_A_STEP and 10 <= at < len(ways) - 2:
            if at == 10:
                yield Text(f"     … {len(ways) - 12} packets more, as these (--packets shows all)", style="dim")
            continue
        yield from _way(way, shown, width)
        if way.in_full:
            yield from _stretches(way, stretches, width)


def _way(way: PathRow, shown: set[str], width: int) -> Iterator[Text]:
    """A packet in a line: from whom to whom, what it says; and how it is packed, the first time that it is so."""
    mark, ends = f"{way.packet:>4} ", printable(f"{way.from_} → {way.to}")
    first = f"{mark}{ends:<{_ENDS}} " if width >= _ENDS + 44 else f"{mark}{ends}: "
    for number, line in enumerate(wrapped(f"{way.protocol} {way.says}", width, first=first)):
        if number == 0:
            line.stylize("dim", 0, len(mark))
            line.stylize(COLOURS.get(way.protocol, "bold"), len(first), len(first) + len(way.protocol))
        yield line
    if way.lost:
        yield from wrapped(f"on the way: {way.lost}", width, first="     ✗ ", style="red")
    packed = " in ".join(reversed(way.layers.split(", ")))
    kind = " ".join(word for word in packed.split() if not word.isdecimal())
    if kind not in shown:
        shown.add(kind)
        yield from wrapped(f"{packed}, bytes", width, first="     ", style="dim")


def _stretches(way: PathRow, stretches: Stretches, width: int) -> Iterator[Text]:
    for each in stretches.get(way.packet, ()):
        yield from _stretch(each, width)
    if way.changed:
        yield from wrapped(f"changed at {way.changed}", width, first="     ", style="dim")


def _stretch(row: StretchRow, width: int) -> Iterator[Text]:
    """One link: who to whom by MAC address; what is not as on the stretch before is marked."""
    changed = row.changed
    names = f"{row.sender:<8}→ {row.receiver:<8}"
    macs = [(row.source_mac, "source MAC" in changed), (row.destination_mac, "destination MAC" in changed)]
    header = [(f"TTL {row.ttl}", "TTL" in changed), (str(row.checksum), "checksum" in changed)]
    header = header if row.ttl is not None else []
    if width < _WIDE:
        yield Text(f"     {names.rstrip()}" + "".join(f"  {words}" for words, _ in header), style="cyan")
        yield Text.assemble("  ", *_joined(macs))
    else:
        yield Text.assemble("     ", (names, "cyan"), *_joined([*macs, *header]))


def _joined(marked: Sequence[tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    for number, (words, different) in enumerate(marked):
        yield ("" if number == 0 else " → " if number == 1 else "  ", "dim")
        yield (words, "bold yellow" if different else "")


def _on_its_way(way: PathRow, stretches: Stretches, width: int) -> Iterator[Text]:
    yield Text(f"Packet {way.packet}, on every stretch", style="bold")
    yield from _stretches(way, stretches, width)


def drawn(found: Measurement) -> Figure | None:
    """The same as a picture of every stretch."""
    from netlab.experiments.journey import hops_view

    return hops_view.drawn(found)
