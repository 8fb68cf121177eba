"""Sections whose rows are servers under one load: all servers up, short slices, interleaved round by round.

On a shared machine the same server's rate drifts by a third from second to second. Slices of a quarter of a
second, one for each server in every round and in a new order each time, let all servers see the same drift;
each slice is compared with the yardstick's of its own round, and ratios.py makes one number of the rounds.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from .loads import Load, Slice, held, run_c_load
from .processes import RowError
from .ratios import Target, spread, verdict
from .servers import Running, Server
from .table import Result, number

FAILURES_ALLOWED = 2


@dataclass(frozen=True)
class Placement:
    """Which CPU is the server's and which the load's: the same one where there is only one."""

    server: int
    load: int


@dataclass(frozen=True)
class Settings:
    """How long and how often."""

    rounds: int
    slice_s: float
    warmup_s: float
    quick: bool


@dataclass(frozen=True)
class Entry:
    """A row: a server, what it should reach, and what was `seen` before where nothing is demanded.

    held: connections held beside the load, None for the section's number. quick: also part of a quick run.
    """

    server: Server
    targets: tuple[Target, ...] = ()
    seen: str = ""
    held: int | None = None
    quick: bool = True


@dataclass(frozen=True)
class Metric:
    """What the main column shows. relative: a ratio to the yardstick; inverse: yardstick / row, for times."""

    key: str = "per_second"
    heading: str = "rate / C"
    relative: bool = True
    inverse: bool = False
    beside: tuple[tuple[str, str], ...] = (("p50 µs", "p50_us"), ("p99 µs", "p99_us"))


@dataclass(frozen=True)
class Section:
    """Servers under one load. The first entry is the yardstick; entries with its recipe under another name
    are copies of it, and show the noise.

    held: silent connections each server holds meanwhile. stretch: slices that many times longer. overload:
    send that many times the rate the yardstick manages in a closed loop, whatever comes back.
    """

    title: str
    load: Load
    entries: tuple[Entry, ...]
    metric: Metric = Metric()
    held: int = 0
    stretch: float = 1.0
    overload: float = 0.0


@dataclass
class Row:
    """An entry while it is measured: a slice (or None) a round, and what went wrong."""

    entry: Entry
    slices: list[Slice | None] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    running: Running | None = None

    @property
    def alive(self) -> bool:
        """Worth another slice: not failed at the start, nor too often."""
        return not self.failures or (len(self.failures) < FAILURES_ALLOWED and any(self.slices))


def run(section: Section, settings: Settings, placement: Placement, say: Callable[[str], None]) -> Result:
    """Measure a section. Never raises RowError: whatever fails becomes a row that says so."""
    rows = [Row(entry) for entry in section.entries if entry.quick or not settings.quick]
    slice_s, load = settings.slice_s * section.stretch, section.load

    def measure(running: Running) -> Slice:
        return run_c_load(running, load, slice_s, settings.warmup_s, placement.load)

    with ExitStack() as everything:
        for row in rows:
            if not row.entry.server.spins:
                say(f"starting {row.entry.server.name}")
                _start(row, section, placement, everything)
        if section.overload and rows[0].running is not None:
            closed = run_c_load(rows[0].running, load, slice_s, settings.warmup_s, placement.load)
            load = replace(load, rate=section.overload * closed["per_second"])
        for number_of_round in range(settings.rounds):
            order = list(rows)
            random.Random(number_of_round).shuffle(order)
            for row in order:
                if not row.alive:
                    row.slices.append(None)
                    continue
                say(f"round {number_of_round + 1}/{settings.rounds}: {row.entry.server.name}")
                try:
                    if row.running is not None:
                        row.running.drain()
                        row.slices.append(measure(row.running))
                    else:
                        with ExitStack() as briefly:
                            row.slices.append(measure(_open(row, section, placement, briefly)))
                except RowError as failure:
                    row.failures.append(str(failure))
                    row.slices.append(None)
    return _result(section, rows, slice_s)


def _open(row: Row, section: Section, placement: Placement, stack: ExitStack) -> Running:
    running = Running(row.entry.server, placement.server)
    stack.callback(running.stop)
    connections = section.held if row.entry.held is None else row.entry.held
    stack.enter_context(held(running, connections, placement.load))
    return running


def _start(row: Row, section: Section, placement: Placement, stack: ExitStack) -> None:
    with ExitStack() as attempt:
        try:
            row.running = _open(row, section, placement, attempt)
            stack.push(attempt.pop_all())
        except RowError as failure:
            row.failures.append(str(failure))


def paired(rows: list[Row], row: Row, key: str, of: str, inverse: bool) -> list[float]:
    """For every round in which both were measured: this row's metric over that of the row `of`, or, for "",
    over the mean of the yardstick and its copies."""
    yardstick = replace(rows[0].entry.server, name="")
    bases = [
        other
        for other in rows
        if (other.entry.server.name == of if of else replace(other.entry.server, name="") == yardstick)
    ]
    ratios = []
    for number_of_round, slice_ in enumerate(row.slices):
        base = [found[key] for other in bases if (found := other.slices[number_of_round]) is not None]
        if slice_ is not None and base:
            mine, theirs = slice_[key], statistics.mean(base)
            ratios.append(theirs / mine if inverse else mine / theirs)
    return ratios


def _median(row: Row, key: str) -> float | None:
    values = [slice_[key] for slice_ in row.slices if slice_ is not None and key in slice_]
    return statistics.median(values) if values else None


def _targets(rows: list[Row], row: Row, metric: Metric) -> tuple[str, str]:
    """The last two cells: the targets, and a word for each."""
    texts, words = [], []
    for target in row.entry.targets:
        found = paired(rows, row, metric.key, target.of, metric.inverse)
        texts.append(target.text)
        words.append(verdict(spread(found), target) if found else "–")
    if row.entry.seen:
        texts.append(f"(seen: {row.entry.seen})")
    return "\n".join(texts), "\n".join(words)


def _result(section: Section, rows: list[Row], slice_s: float) -> Result:
    metric = section.metric
    beside = (("rate /s", "per_second"), *metric.beside, ("CPU µs/msg", "server_cpu_us"))
    headings = ("server", metric.heading, "min–max", *(heading for heading, _ in beside), "load busy", "target", "met")
    result = Result(section.title, headings)
    rate = _median(rows[0], "per_second")
    if rate is not None:
        yardstick = f"{rows[0].entry.server.name} = 1 ({number(rate)} messages/s in this run)"
        result.notes.append(f"{len(rows[0].slices)} interleaved slices of {slice_s:g} s each; {yardstick}")
    for row in rows:
        name = row.entry.server.name
        result.raw[name] = {"slices": row.slices, "failures": row.failures}
        if metric.relative:
            values = paired(rows, row, metric.key, "", metric.inverse)
        else:
            values = [slice_[metric.key] for slice_ in row.slices if slice_ is not None]
        if not values:
            result.rows.append((name, "failed: " + (row.failures or ["no yardstick to compare with"])[0]))
            continue
        if row.failures:
            count = f"{len(row.failures)} of {len(row.slices)} slices"
            result.notes.append(f"{name}: {count} failed: {row.failures[0]}")
        found = spread(values)
        cells = [f"{found.middle:.3f}", f"{found.smallest:.2f}–{found.largest:.2f}"]
        cells += [number(_median(row, key)) for _, key in beside]
        busy = _median(row, "load_busy")
        cells.append("–" if busy is None else f"{busy:.0%}")
        result.rows.append((name, *cells, *_targets(rows, row, metric)))
    return result
