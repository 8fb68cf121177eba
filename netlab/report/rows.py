"""A table's schema is a frozen dataclass: its fields are the columns, each with its unit.

    @row("timeline", title="As it happened")
    class TimelineRow:
        time: Seconds
        host: str
        round_trip: Annotated[Seconds | None, Named("RTT", was=("rtt",))] = None

`table_of` makes the table of such rows and `rows_of` reads them back from a measurement, so no column's name is written
down twice and mypy sees every cell. A column is called as its field is, with blanks for underscores, or as `Named`
says. `was` are earlier names, of a column or a table (with * in them), under which old records have it.

What a record has besides is passed over: it may be another netlab's. What is missing takes the field's default; a cell
that does not fit (null where the field cannot be None) is a DecodeError with its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_args, get_origin

from netlab.codec import DecodeError, encode
from netlab.codec.plain import Mismatch, Type
from netlab.codec.reading import hints_of, type_of
from netlab.codec.values import Form
from netlab.report.quantity import Column, Measurement, Table, Value

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a column's cells, as in quantity.py: "s", "B", "1". Every number needs one; words have none."""

    unit: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a column is called where that is not its field's name, and what else (with * in it) in other records."""

    name: str | None = None
    was: tuple[str, ...] = ()


Seconds = Annotated[float, Unit("s")]
Bytes = Annotated[int, Unit("B")]
Count = Annotated[int, Unit("1")]
Ratio = Annotated[float, Unit("ratio")]
Number = Annotated[int, Unit("")]  # a number as a name, which is not to be read in thousands


@dataclass(frozen=True, slots=True)
class _Place:
    """A field and its column."""

    field: str
    column: Column
    was: tuple[str, ...]
    type: Type
    default: object  # MISSING where there is none


@dataclass(frozen=True)
class Shape:
    """What `@row` says of a class."""

    table: str
    title: str
    was: tuple[str, ...]
    places: tuple[_Place, ...]

    def column_names(self) -> frozenset[str]:
        """All names of columns, earlier ones, too; some have a * for what depends on the run."""
        return frozenset(name for each in self.places for name in (each.column.name, *each.was))

    def column_in(self, columns: Sequence[str], name: str) -> str | None:
        """Which of a table's columns is meant by `name`, a name that it has or had."""
        for place in self.places:
            names = (place.column.name, *place.was)
            if any(_matches(name, each) for each in names):
                return next((column for each in names for column in columns if _matches(column, each)), None)
        return None

    def is_of(self, table: Table) -> bool:
        """Whether this is the table's shape, by its name of now or an earlier one."""
        return table.name == self.table or any(fnmatchcase(table.name, old) for old in self.was)

    def can_be(self, pattern: str) -> bool:
        """Whether `pattern` (a name, or one with *) can mean such a table, by its name of now or an earlier one."""
        return any(_meet(pattern, name) for name in (self.table, *self.was))


@cache
def _meet(one: str, other: str) -> bool:
    """Whether some name matches both patterns; * is any text."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return _meet(one[1:], other) or _meet(one, other[1:])
    if other[0] == "*":
        return _meet(other, one)
    return one[0] == other[0] and _meet(one[1:], other[1:])


_MADE: dict[type, tuple[str, str, tuple[str, ...]]] = {}
_SHAPES: dict[type, Shape] = {}


@dataclass_transform(frozen_default=True)
def row(table: str, *, title: str = "", was: Sequence[str] = ()) -> Callable[[type[R]], type[R]]:
    """Make the class a frozen dataclass with slots, and the schema of the table called `table`.

    `title`: its heading, where that is not its name.
    """

    def decorate(cls: type[R]) -> type[R]:
        made = dataclass(frozen=True, slots=True)(cls)
        _MADE[made] = (table, title, tuple(was))
        return made

    return decorate


def shape_of(cls: type) -> Shape:
    """The schema that `@row` made of the class, worked out at its first use. TypeError for what is not one."""
    if cls not in _SHAPES:
        if cls not in _MADE:
            raise TypeError(f"{cls.__name__} is not declared with @row")
        defaults = {each.name: each.default for each in dataclasses.fields(cast(Any, cls))}
        places = tuple(_place(name, form, defaults[name]) for name, form in hints_of(cls).items())
        _SHAPES[cls] = Shape(*_MADE[cls], places)
    return _SHAPES[cls]


def _place(name: str, form: Form, default: object) -> _Place:
    notes = list(_notes(form))
    units = [each.unit for each in notes if isinstance(each, Unit)]
    if not units and _is_number(form):
        raise TypeError(f"{name} is a number without a unit: Annotated[int, Unit(…)]")
    named = next((each for each in notes if isinstance(each, Named)), Named())
    called = name.rstrip("_").replace("_", " ") if named.name is None else named.name
    column = Column(called, units[0] if units else "")
    return _Place(name, column, named.was, type_of(form), default)


def _notes(form: Form) -> Iterator[object]:
    """What is said in Annotated, in a member of a union, too; the outermost first."""
    origin: Form = get_origin(form)
    if origin is Annotated:
        yield from form.__metadata__[::-1]
        yield from _notes(get_args(form)[0])
    else:
        for each in get_args(form):
            yield from _notes(each)


def _is_number(form: Form) -> bool:
    return form in (int, float) or any(_is_number(each) for each in get_args(form))


def table_of(
    cls: type[R],
    rows: Iterable[R],
    *,
    title: str = "",
    shown: bool = True,
    without: Collection[str] = (),
    named: Mapping[str, str] | None = None,
) -> Table:
    """The table of these rows. `title`: that of this run, where it depends on parameters. `without`: fields that have
    no column in this run; each has a default, by which it is read back. `named`: what a field's column is called in
    this run, which `was` has to cover."""
    shape = shape_of(cls)
    places = [each for each in shape.places if each.field not in without]
    names = [each.field for each in places]
    cells = tuple(tuple(_cell(getattr(each, name)) for name in names) for each in rows)
    called = named or {}
    columns = tuple(replace(each.column, name=called.get(each.field, each.column.name)) for each in places)
    return Table(shape.table, columns, cells, title or shape.title, shown)


def _cell(value: Any) -> Value:
    return cast(Value, encode(value)) if isinstance(value, (Enum, bytes)) else cast(Value, value)


def rows_of(cls: type[R], found: Measurement) -> list[R]:
    """The rows of all tables of this shape; none where the record has no such table. DecodeError."""
    shape = shape_of(cls)
    return [each for table in found.tables if shape.is_of(table) for each in rows_in(cls, table)]


def rows_in(cls: type[R], table: Table) -> list[R]:
    """The rows of one table, whatever its name."""
    shape = shape_of(cls)
    names = [column.name for column in table.columns]
    readers: list[tuple[_Place, int]] = []
    for place in shape.places:
        patterns = (place.column.name, *place.was)
        places = (number for old in patterns for number, name in enumerate(names) if _matches(name, old))
        index = next(places, None)
        if index is not None:
            readers.append((place, index))
        elif place.default is dataclasses.MISSING:
            raise DecodeError(f"table '{table.name}' has no column '{place.column.name}'")
    return [_row(cls, table, number, cells, readers) for number, cells in enumerate(table.rows)]


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or ("*" in pattern and fnmatchcase(name, pattern))


def _row(cls: type[R], table: Table, number: int, cells: Sequence[Value], readers: Sequence[tuple[_Place, int]]) -> R:
    values: dict[str, object] = {}
    for place, index in readers:
        try:
            values[place.field] = place.type.read(cells[index])
        except Mismatch as error:
            raise DecodeError(f"{table.name}[{number}], '{place.column.name}': {error}") from None
    return cls(**values)
