"""What a Chart shows, apart from what it is drawn with: series of points in readable units, and two axes.

chart.py draws it in characters, svg.py and png.py into files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from netlab.report.glyphs import printable, sentence
from netlab.report.quantity import Chart, Table, Value
from netlab.report.units import scale_of, significant, unit_after

_FEW = 7  # so many different x values get a tick each; with more, the axis chooses round numbers
_BEYOND_MEASURE = 1e60  # larger numbers, infinity and NaN are not drawn; those below its inverse are drawn as 0
_ZERO_GAP = 0.4  # decades: where a logarithmic axis puts a zero, left of its smallest value


_Row = tuple[Value, float, str]  # x, y, name of the series


@dataclass(frozen=True, slots=True)
class Axis:
    """From a value to its place between 0 and 1. A logarithmic axis shows 0 at its beginning, apart from the rest."""

    label: str
    low: float
    high: float
    log: bool
    zero: bool = False  # a logarithmic axis with values of 0
    ticks: tuple[tuple[float, str], ...] = ()  # (value, label), ascending

    def at(self, value: float) -> float:
        """0 for `low`, 1 for `high`; values outside are moved to the nearer end."""
        if not self.log:
            place = (value - self.low) / (self.high - self.low)
        else:
            low = math.log10(self.low) - (_ZERO_GAP if self.zero else 0)
            place = (math.log10(value) - low) / (math.log10(self.high) - low) if value > 0 else 0.0
        return min(max(place, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One line (points in ascending x), or the bars of one colour. The name is "" where there is only one."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart ready to draw. For bars, x counts `categories`; for lines there are none."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    categories: tuple[str, ...] = field(default=())
    marked: bool = True  # whether each point of a line has a mark


def plot_of(chart: Chart, tables: Iterable[Table]) -> Plot | None:
    """The numbers of `chart`, read from its table; None if there is nothing to draw. Unknown values are left out."""
    table = next((table for table in tables if chart.table in (table.title, table.name)), None)
    if table is None:
        return None
    try:
        x_at, y_at = table.column(chart.x), table.column(chart.y)
        series_at = None if chart.series is None else table.column(chart.series)
    except KeyError:
        return None
    rows: list[_Row] = [
        (row[x_at], _sane(y), "" if series_at is None else _word(row[series_at]))
        for row in table.rows
        if _is_number(y := row[y_at]) and row[x_at] is not None
    ]
    if not rows:
        return None
    y_scale = scale_of([y for _, y, _ in rows], table.columns[y_at].unit)
    x_scale = scale_of([x for x, _, _ in rows], table.columns[x_at].unit)
    rows = [(x, y / y_scale.factor, name) for x, y, name in rows]
    y_axis = _axis(_labelled(chart.y, y_scale.label), [y for _, y, _ in rows], chart.log_y, from_zero=True)
    x_label = _labelled(chart.x, x_scale.label)
    numbers = [(_sane(x) / x_scale.factor, y, name) for x, y, name in rows if _is_number(x)]
    if chart.kind in ("line", "curve") and len(numbers) == len(rows):
        xs = [x for x, _, _ in numbers]
        if len(set(xs)) > 1 or chart.series is None:
            x_axis = _axis(x_label, xs, chart.log_x, from_zero=False)
            return Plot(sentence(chart.title), x_axis, y_axis, _series(numbers), marked=chart.kind == "line")
        # Lines of one point each are compared more easily as bars.
        x_label = (
            f"{printable(chart.series)} ({printable(chart.x)}: {significant(xs[0])} {x_scale.label}".rstrip() + ")"
        )
        rows = [(name, y, "") for _, y, name in rows]
    rows = [(x / x_scale.factor if _is_number(x) else x, y, name) for x, y, name in rows]
    categories = tuple(dict.fromkeys(_word(x) for x, _, _ in rows))
    places = [(float(categories.index(_word(x))), y, name) for x, y, name in rows]
    x_axis = Axis(x_label, -0.5, len(categories) - 0.5, False)
    return Plot(sentence(chart.title), x_axis, y_axis, _series(places), categories)


def _series(points: Sequence[tuple[float, float, str]]) -> tuple[Series, ...]:
    """The points of each name in ascending x, names in the order of the table."""
    by_name: dict[str, list[tuple[float, float]]] = {}
    for x, y, name in points:
        by_name.setdefault(name, []).append((x, y))
    return tuple(Series(name, tuple(sorted(members))) for name, members in by_name.items())


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _BEYOND_MEASURE


def _sane(number: float) -> float:
    return float(number) if abs(number) > 1 / _BEYOND_MEASURE else 0.0


def _word(value: Value) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return significant(value)
    return "–" if value is None else printable(str(value))


def _labelled(name: str, unit: str) -> str:
    unit = unit_after(name, unit)
    if unit == "/s":
        return f"{printable(name)} per second"
    return f"{printable(name)}, {unit}" if unit else printable(name)


def _axis(label: str, values: Sequence[float], log: bool, *, from_zero: bool) -> Axis:
    """An axis that has room for all `values`, with ticks on round numbers or, if they are few, on the values."""
    positive = [value for value in values if value > 0]
    if log and from_zero and positive and max(positive) < 10 * min(positive):
        log = False  # less than a decade: a logarithmic axis would only hide how alike the values are
    if log and positive:
        low, high = min(positive), max(positive)
        zero = len(positive) < len(values)
        if from_zero or low == high:
            low, high = _round_log(low, down=True), _round_log(high, down=False)
            high = high if low < high else 10 * low
        ticks = _few_or(values, _log_ticks(low, high)) if not from_zero else _log_ticks(low, high)
        if zero and (not ticks or ticks[0] > 0):
            ticks = [0.0, *ticks]
        return Axis(label, low, high, True, zero, _labels(ticks))
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = 0.1 * abs(high) or 0.5
        low, high = low - margin, high + margin
    step = _round_step((high - low) / 5)
    if from_zero:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    ticks = [number * step for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    return Axis(label, low, high, False, False, _labels(ticks if from_zero else _few_or(values, ticks)))


def _few_or(values: Sequence[float], otherwise: list[float]) -> list[float]:
    different = sorted(set(values))
    return different if 1 < len(different) <= _FEW else otherwise


def _labels(ticks: Sequence[float]) -> tuple[tuple[float, str], ...]:
    return tuple((tick, significant(tick)) for tick in ticks)


def _round_step(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if step <= factor * power * (1 + 1e-9))


def _round_log(value: float, *, down: bool) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    steps = [factor * power for factor in (1, 2, 5, 10)]
    if down:
        return max(step for step in steps if step <= value * (1 + 1e-9))
    return min(step for step in steps if step >= value * (1 - 1e-9))


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between `low` and `high`, with their doubles and halves where they are few."""
    decades = range(math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9) + 1)
    factors = (1.0,) if len(decades) > 4 else (1.0, 2.0, 5.0)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
