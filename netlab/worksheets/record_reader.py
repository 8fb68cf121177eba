"""What an expression (expression.py) can ask of run records: facts, cells, orders, checks. A method is a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import cast

from netlab.codec import Json
from netlab.report.quantity import Table, Value
from netlab.report.record import Report
from netlab.worksheets.columns import column_in

_Where = Mapping[str, object] | None


class Missing(Exception):
    """The record has no such field: another version of netlab, or a mistake in the worksheet."""


class Unknown(Exception):
    """The field is there, and its value is not known (None): this machine could not measure it."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """Names with the values that they are ordered by, as measured, ascending (`order`) or descending (`order_down`)."""

    pairs: tuple[tuple[str, float], ...]
    tie: float
    down: bool = False
    alike: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.pairs)

    def inverted(self, said: tuple[str, ...]) -> list[tuple[str, str]]:
        """The pairs that stand the wrong way round in `said`; values within the factor `tie` may stand either way, and
        so may all of `alike`, whatever was measured."""
        value = dict(self.pairs)
        wrong = []
        for number, first in enumerate(said):
            for second in said[number + 1 :]:
                low, high = (second, first) if self.down else (first, second)
                tied = first in self.alike and second in self.alike
                if not tied and value[low] > value[high] * self.tie:
                    wrong.append((first, second))
        return wrong


def known(value: object) -> object:
    """The value itself; Unknown where it was not measured (None)."""
    if value is None:
        raise Unknown("a value that was not measured")
    return value


def number(value: object) -> int | float:
    """The value as a number. Unknown where it was not measured; ValueError where it is none."""
    if not isinstance(known(value), (int, float)):
        raise ValueError(f"{value!r} is no number")
    return cast("int | float", value)


class Reader:
    """The functions of the language. `where` selects rows: mode="select", or {"answered by": "ISP"}; * is any text."""

    def __init__(self, records: Mapping[str, Report], default: str) -> None:
        self._records, self._default = records, default

    def _report(self, run: str | None) -> Report:
        try:
            return self._records[run or self._default]
        except KeyError:
            raise Missing(f"there is no run of step {run or self._default!r}") from None

    def fact(self, name: str, run: str | None = None) -> Value:
        """A fact's value."""
        try:
            return self._report(run).measurement.fact(name).value
        except KeyError:
            raise Missing(f"no fact is called {name!r}") from None

    def _rows(
        self, table: str, columns: Sequence[str], where: Mapping[str, object], run: str | None
    ) -> list[tuple[Value, ...]]:
        """Of the rows that are selected the cells in these columns, by the names that they have or had."""
        report = self._report(run)
        found = next((each for each in report.measurement.tables if _is_called(each, table)), None)
        if found is None:
            raise Missing(f"no table is called {table!r}")
        names = [column.name for column in found.columns]

        def place(column: str) -> int:
            meant = column_in(names, report.experiment, found.name, column)
            if meant is None:
                raise Missing(f"table {found.name!r} has no column {column!r}")
            return names.index(meant)

        wanted, shown = [(place(name), value) for name, value in where.items()], [place(name) for name in columns]
        selected = (row for row in found.rows if all(_alike(row[at], value) for at, value in wanted))
        return [tuple(row[at] for at in shown) for row in selected]

    def cell(self, table: str, column: str, also: _Where = None, run: str | None = None, **by: object) -> Value:
        """The value in `column` of the first row that is selected."""
        where = {**(also or {}), **by}
        for (value,) in self._rows(table, (column,), where, run):
            return value
        raise Missing(f"table {table!r} has no row with {where}")

    def count(self, table: str, also: _Where = None, run: str | None = None, **by: object) -> int:
        """How many rows are selected."""
        return len(self._rows(table, (), {**(also or {}), **by}, run))

    def total(self, table: str, column: str, also: _Where = None, run: str | None = None, **by: object) -> float:
        """The sum of a column over the selected rows."""
        return sum(number(value) for (value,) in self._rows(table, (column,), {**(also or {}), **by}, run))

    def order(
        self,
        table: str,
        label: str,
        column: str,
        also: _Where = None,
        tie: float = 1.0,
        down: bool = False,
        alike: Sequence[str] = (),
        run: str | None = None,
        **by: object,
    ) -> Ordering:
        """The names in column `label`, by ascending `column`; values within the factor `tie`, and all names in
        `alike`, count as equal."""
        rows = self._rows(table, (label, column), {**(also or {}), **by}, run)
        pairs = sorted(((str(name), float(number(value))) for name, value in rows), key=_second)
        return Ordering(tuple(reversed(pairs)) if down else tuple(pairs), tie, down, tuple(alike))

    def order_down(
        self,
        table: str,
        label: str,
        column: str,
        also: _Where = None,
        tie: float = 1.0,
        alike: Sequence[str] = (),
        run: str | None = None,
        **by: object,
    ) -> Ordering:
        """The same, descending."""
        return self.order(table, label, column, also, tie, True, alike, run, **by)

    def observed(self, claim: str, run: str | None = None) -> Value:
        """What a check has observed; `claim` may have a *."""
        for check in self._report(run).measurement.checks:
            if fnmatchcase(check.claim, claim):
                return check.observed
        raise Missing(f"no check claims {claim!r}")

    def parameter(self, name: str, run: str | None = None) -> Json:
        """A parameter that the run was started with."""
        try:
            return self._report(run).parameters[name]
        except KeyError:
            raise Missing(f"no parameter is called {name!r}") from None

    def sample(self, name: str, statistic: str, run: str | None = None) -> float | None:
        """A statistic (p50, p99, max, mean, count) of the samples called `name`."""
        for each in self._report(run).samples:
            known_ = {"count": each.count, "min": each.min, "mean": each.mean, "p50": each.p50, "p90": each.p90}
            known_ |= {"p99": each.p99, "p999": each.p999, "max": each.max}
            if each.name == name and statistic in known_:
                return known_[statistic]
        raise Missing(f"no samples are called {name!r} or have {statistic!r}")

    def passed(self, run: str | None = None) -> bool:
        """Whether all checks of the run held."""
        return self._report(run).passed

    def interrupted(self, run: str | None = None) -> bool:
        """Whether Ctrl-C ended the run early."""
        return self._report(run).interrupted

    def found(self, words: str, run: str | None = None) -> bool:
        """Whether a finding of the run has these words; * is any text."""
        return any(fnmatchcase(finding, f"*{words}*") for finding in self._report(run).measurement.findings)

    def like(self, text: object, pattern: str) -> bool:
        """Whether a text looks like `pattern`; * is any text."""
        return fnmatchcase(str(known(text)), pattern)

    def split(self, text: object, separator: str, index: int) -> str:
        """One part of a text: split("127.0.0.2:40023", ":", -1)."""
        try:
            return str(known(text)).split(separator)[index]
        except IndexError:
            raise Missing(f"{text!r} has no part {index}") from None

    def round(self, value: object, digits: int = 0) -> float:
        """As Python's; a whole number without `digits`."""
        return round(number(value), digits) if digits else round(number(value))

    def min(self, *values: object) -> float:
        return min(map(number, values))

    def max(self, *values: object) -> float:
        return max(map(number, values))

    def abs(self, value: object) -> float:
        return abs(number(value))

    def len(self, value: object) -> int:
        """The length of a list or a text."""
        if not isinstance(known(value), Sized):
            raise ValueError(f"{value!r} has no length")
        return len(cast(Sized, value))


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _is_called(table: Table, pattern: str) -> bool:
    """By its name or, where that depends on the run, its heading."""
    return fnmatchcase(table.name, pattern) or fnmatchcase(table.heading, pattern)


def _alike(cell: object, wanted: object) -> bool:
    if isinstance(wanted, str) and "*" in wanted:
        return fnmatchcase(str(cell), wanted)
    return bool(cell == wanted)
