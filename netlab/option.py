"""Options, declared where they are used: a field of an experiment's `Parameters` carries its own.

    @dataclass(frozen=True, slots=True)
    class Parameters:
        delay_s: Annotated[float, Option("One way, in seconds.", "S", 0.0, 2.0, panel="Wire")] = 0.05
        timeline: Annotated[bool, Option("Show it, segment by segment.")] = False
        load: Load = field(default_factory=Load)

The option's name is the field's, without its unit: `--delay`. A field whose type is another such record (`Load`)
stands for that record's fields: they are options of the same command. A field without Option is not an option.

This module knows no command line; cli/derive.py makes one from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, MISSING, Field, dataclass, fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

REPORT = "Report"
"""The heading of the options that say what becomes of the report."""

_UNITS = ("_s", "_bytes", "_mbit")

Record = TypeVar("Record")
Complete = Callable[[str, str], list[tuple[str, str]]]
"""For the shell: from the command's name and the beginning of a value to values that begin so, with what they are."""


@dataclass(frozen=True, slots=True)
class Option:
    """What a field is on the command line. `metavar` stands for the value in the help, `min` and `max` bound it.

    `panel`: the heading of the help under which it is listed. `name`: as written, where the field's name will not do,
    also with a short one: "-X/--method" is `name="--method", short="-X"`. `pair`: a flag that can also be switched off,
    `--silent/--no-silent`; without it, one that is on by default is such a pair. `inverted`: the flag switches the
    field off, as --quiet does the log. `parse` reads the value from text, and
    raises ValueError in words. `choices` are all the values there are. `shown` is the default as the help shows it: ""
    not at all, None as it is. `done`: what is said on stderr, before the value, once a run has written the file.
    `last`: to be listed after the options that all commands share. `recorded`: whether it is among the parameters of a
    run record.
    """

    help: str
    metavar: str | None = None
    min: float | None = None
    max: float | None = None
    _: KW_ONLY
    panel: str | None = None
    name: str = ""
    short: str = ""
    pair: bool = False
    inverted: bool = False
    parse: Callable[[str], object] | None = None
    choices: tuple[str, ...] = ()
    complete: Complete | None = None
    shown: str | None = None
    done: str = ""
    hidden: bool = False
    last: bool = False
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Argument(Option):
    """The same for a word that stands on the command line without a name before it."""


class Without:
    """Annotates a field whose type is a record: the fields of that record which are no options here."""

    def __init__(self, *names: str) -> None:
        self.names = names


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is an option, in whichever record; `default` is MISSING where it must be given."""

    name: str
    type: Any
    default: object
    option: Option

    @property
    def flag(self) -> str:
        """As it is written on a command line: `--keep-free`."""
        return self.option.name or f"--{_bare(self.name).replace('_', '-')}"


def leaves(record: type, default: object = MISSING) -> Iterator[Leaf]:
    """The options of a record in the order of its fields, nested ones where they are nested."""
    hints = get_type_hints(record, include_extras=True)
    for each in fields(record):
        kind, extras = _split(hints[each.name])
        value = _default(each) if default is MISSING else getattr(default, each.name)
        options = [extra for extra in extras if isinstance(extra, Option)]
        if isinstance(kind, type) and is_dataclass(kind) and not options:
            left_out = {name for extra in extras if isinstance(extra, Without) for name in extra.names}
            yield from (leaf for leaf in leaves(kind, value) if leaf.name not in left_out)
        elif options:
            yield Leaf(each.name, kind, value, options[0])


def build(record: type[Record], given: Mapping[str, object], default: object = MISSING) -> Record:
    """A record from the values of its leaves; what is not given has its default."""
    hints = get_type_hints(record, include_extras=True)
    values: dict[str, object] = {}
    for each in fields(record):  # type: ignore[arg-type]  # a dataclass: leaves() has found fields in it
        kind, _ = _split(hints[each.name])
        fallback = _default(each) if default is MISSING else getattr(default, each.name)
        if each.name in given:
            values[each.name] = given[each.name]
        elif isinstance(kind, type) and is_dataclass(kind):
            values[each.name] = build(kind, given, fallback)
        elif fallback is not MISSING:
            values[each.name] = fallback
    return record(**values)


def flat(record: object) -> dict[str, object]:
    """The values of a record by the names of its fields; those of nested records, and of options that are records
    themselves, are among them. Without what is not to be recorded.
    """
    hints = get_type_hints(type(record), include_extras=True)
    values: dict[str, object] = {}
    for each in fields(record):  # type: ignore[arg-type]
        value = getattr(record, each.name)
        options = [extra for extra in _split(hints[each.name])[1] if isinstance(extra, Option)]
        if not is_dataclass(value) or isinstance(value, type):
            if not options or options[0].recorded:
                values[each.name] = value
        elif options or any(leaves(type(value))):
            values |= flat(value)
        else:
            values[each.name] = value
    return values


def _default(declared: Field[Any]) -> object:
    return declared.default if declared.default_factory is MISSING else declared.default_factory()


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type, and what is annotated to it."""
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        return kind, tuple(extras)
    return hint, ()


def _bare(name: str) -> str:
    """A field's name without its unit."""
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return name
