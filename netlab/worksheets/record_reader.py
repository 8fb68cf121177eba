"""What an expression (expression.py) can ask of run records: facts, cells, orders, checks. A method is a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from netlab.report.quantity import Table
from netlab.report.record import Report

_Where = Mapping[str, Any] | None


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
        """The names in order."""
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


def known(value: Any) -> Any:
    """The value itself; Unknown where it was not measured (None)."""
    if value is None:
        raise Unknown("a value that was not measured")
    return value


class Reader:
    """The functions of the language. `where` selects rows: mode="select", or {"answered by": "ISP"}; * is any text."""

    def __init__(self, records: Mapping[str, Report], default: str) -> None:
        self._records, self._default = records, default

    def _report(self, run: str | None) -> Report:
        try:
            return self._records[run or self._default]
        except KeyError:
            raise Missing(f"there is no run of step {run or self._default!r}") from None

    def fact(self, name: str, run: str | None = None) -> Any:
        """A fact's value."""
        try:
            return self._report(run).measurement.fact(name).value
        except KeyError:
            raise Missing(f"no fact is called {name!r}") from None

    def _rows(self, table: str, where: dict[str, Any], run: str | None) -> tuple[Any, list[tuple[Any, ...]]]:
        tables = self._report(run).measurement.tables
        found = next((each for each in tables if _is_called(each, table)), None)
        if found is None:
            raise Missing(f"no table is called {table!r}")
        try:
            wanted = [(found.column(name), value) for name, value in where.items()]
        except KeyError as error:
            raise Missing(f"table {table!r} has no column {error}") from None
        return found, [row for row in found.rows if all(_alike(row[at], value) for at, value in wanted)]

    def _column(self, table: Any, name: str) -> int:
        try:
            return int(table.column(name))
        except KeyError:
            raise Missing(f"table {table.name!r} has no column {name!r}") from None

    def cell(self, table: str, column: str, also: _Where = None, run: str | None = None, **by: Any) -> Any:
        """The value in `column` of the first row that is selected."""
        found, rows = self._rows(table, {**(also or {}), **by}, run)
        if not rows:
            raise Missing(f"table {table!r} has no row with { ({**(also or {}), **by}) }")
        return rows[0][self._column(found, column)]

    def count(self, table: str, also: _Where = None, run: str | None = None, **by: Any) -> int:
        """How many rows are selected."""
        return len(self._rows(table, {**(also or {}), **by}, run)[1])

    def total(self, table: str, column: str, also: _Where = None, run: str | None = None, **by: Any) -> Any:
        """The sum of a column over the selected rows."""
        found, rows = self._rows(table, {**(also or {}), **by}, run)
        return sum(known(row[self._column(found, column)]) for row in rows)

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
        **by: Any,
    ) -> Ordering:
        """The names in column `label`, by ascending `column`; values within the factor `tie`, and all names in
        `alike`, count as equal."""
        found, rows = self._rows(table, {**(also or {}), **by}, run)
        at, value_at = self._column(found, label), self._column(found, column)
        pairs = sorted(((str(row[at]), float(known(row[value_at]))) for row in rows), key=lambda pair: pair[1])
        return Ordering(tuple(reversed(pairs)) if down else tuple(pairs), tie, down, tuple(alike))

    def order_down(self, *args: Any, **named: Any) -> Ordering:
        """The same, descending."""
        return self.order(*args, **{**named, "down": True})

    def observed(self, claim: str, run: str | None = None) -> Any:
        """What a check has observed; `claim` may have a *."""
        for check in self._report(run).measurement.checks:
            if fnmatchcase(check.claim, claim):
                return check.observed
        raise Missing(f"no check claims {claim!r}")

    def parameter(self, name: str, run: str | None = None) -> Any:
        """A parameter that the run was started with."""
        try:
            return self._report(run).parameters[name]
        except KeyError:
            raise Missing(f"no parameter is called {name!r}") from None

    def sample(self, name: str, statistic: str, run: str | None = None) -> Any:
        """A statistic (p50, p99, max, mean, count) of the samples called `name`."""
        for summary in self._report(run).samples:
            if summary.name == name and statistic in ("count", "min", "mean", "p50", "p90", "p99", "p999", "max"):
                return getattr(summary, statistic)
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

    def like(self, text: Any, pattern: str) -> bool:
        """Whether a text looks like `pattern`; * is any text."""
        return fnmatchcase(str(known(text)), pattern)

    def split(self, text: Any, separator: str, index: int) -> str:
        """One part of a text: split("127.0.0.2:40023", ":", -1)."""
        try:
            return str(known(text)).split(separator)[index]
        except IndexError:
            raise Missing(f"{text!r} has no part {index}") from None

    def round(self, number: Any, digits: int = 0) -> Any:
        """As Python's; a whole number without `digits`."""
        return round(known(number), digits) if digits else round(known(number))

    def min(self, *values: Any) -> Any:
        """The least."""
        return min(map(known, values))

    def max(self, *values: Any) -> Any:
        """The greatest."""
        return max(map(known, values))

    def abs(self, value: Any) -> Any:
        """Without its sign."""
        return abs(known(value))

    def len(self, value: Any) -> int:
        """The length of a list or a text."""
        return len(known(value))


def _is_called(table: Table, pattern: str) -> bool:
    """By its name or, where that depends on the run, its heading."""
    return fnmatchcase(table.name, pattern) or fnmatchcase(table.heading, pattern)


def _alike(cell: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and "*" in wanted:
        return fnmatchcase(str(cell), wanted)
    return bool(cell == wanted)
