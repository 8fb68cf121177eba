"""A command from an experiment: its options are the fields of `Parameters` (option.py), its help is the experiment's.

What is the same for all is added here: --json, --plot, --save. The result is a function as one would write it by hand
for Typer, with a signature that is put together; `as_command` (help.py) makes the command of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import MISSING, dataclass, replace
from inspect import Parameter, Signature, cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_origin

import typer

from netlab.cli import option_values, options
from netlab.errors import UsageError
from netlab.experiment import Experiment, ExperimentName, P
from netlab.option import Argument, Leaf, build, leaves
from netlab.progress import Progress

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Function = Callable[..., None]
Q = TypeVar("Q", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Given(Generic[P]):
    """A command line, read. `written`: the fields, and "save", that were named on it, rather than being at their
    defaults. `notes`: what is to be said on stderr after the run, such as where its frames are.
    """

    parameters: P
    written: frozenset[str]
    notes: tuple[str, ...]
    as_json: bool
    plot: Path | None
    save: bool

    def instead(self, parameters: Q) -> Given[Q]:
        """The same, for another experiment."""
        return Given(parameters, self.written, self.notes, self.as_json, self.plot, self.save)

    def unsaved(self) -> Given[P]:
        """The same, but not to be recorded."""
        return replace(self, save=False)


Start = Callable[[ExperimentName, Experiment[P], Given[P]], None]


def command(line: ExperimentName, experiment: Experiment[P], start: Start[P]) -> Function:
    """The function behind the command of `experiment`. `start` is what it does: as a rule, `run_and_show`."""
    found = sorted(leaves(experiment.parameters), key=lambda leaf: not isinstance(leaf.option, Argument))

    def invoke(context: typer.Context, **given: Any) -> None:
        _only_choices(found, given)
        parameters = build(experiment.parameters, {leaf.name: _as_field(leaf, given[leaf.name]) for leaf in found})
        names = ("save", *(leaf.name for leaf in found))
        written = frozenset(name for name in names if options.was_written(context, name))
        if experiment.settle is not None:
            parameters = experiment.settle(parameters, written)
        notes = tuple(_notes(found, given))
        told = Given(parameters, written, notes, given["as_json"], given.get("plot"), given["save"])
        start(line, experiment, told)

    parts = list(_signature(found, experiment))
    vars(invoke).update(__signature__=Signature(parts), examples=experiment.examples)
    invoke.__annotations__ = {part.name: part.annotation for part in parts}
    invoke.__doc__ = cleandoc(experiment.about)
    return invoke


def run_and_show(line: ExperimentName, experiment: Experiment[P], given: Given[P]) -> None:
    """Run the experiment, show its report, and end in its exit code."""
    from netlab.cli.output import present
    from netlab.runner import run

    with _progress(experiment.shows) as progress:
        report = run(line, experiment, given.parameters, save=given.save, progress=progress)
    sys.stderr.write("".join(given.notes))
    present(report, as_json=given.as_json, plot=given.plot)
    if experiment.exit_code is not None and (code := experiment.exit_code(report.measurement)):
        raise typer.Exit(code)


def _progress(shows: str) -> AbstractContextManager[Progress]:
    from netlab.cli import live, output

    return {"bar": output.progress_bar, "log": live.log_lines, "line": live.live_line}[shows]()


def _signature(found: list[Leaf], experiment: Experiment[P]) -> Iterator[Parameter]:
    """The parameters of the function, in the order of the help: arguments, options, those that all commands share."""
    yield _parameter("context", typer.Context)
    for leaf in found:
        if not leaf.option.last:
            yield _parameter(leaf.name, *_typed(leaf))
    yield _parameter("as_json", options.Json, False)
    if experiment.plots:
        yield _parameter("plot", options.Plot, None)
    yield _parameter("save", options.Save, experiment.saves)
    for leaf in found:
        if leaf.option.last:
            yield _parameter(leaf.name, *_typed(leaf))


def _parameter(name: str, annotation: Any, default: object = MISSING) -> Parameter:
    empty = Parameter.empty if default is MISSING else default
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=empty)


def _typed(leaf: Leaf) -> tuple[Any, object]:
    """The annotation by which Typer knows an option, and its default."""
    option, kind, default = leaf.option, leaf.type, leaf.default
    if option.parse is not None:
        kind = str
        default = option.shown or default  # as text, which is parsed like any other
    elif _repeated(leaf):
        kind = list[str] | None
        default = list(default) if isinstance(default, tuple) and default else None
    elif option.inverted:
        default = not default
    said: dict[str, Any] = {
        "metavar": option.metavar,
        "help": option.help,
        "rich_help_panel": option.panel,
        "hidden": option.hidden,
        "show_default": option.shown != "",
        "min": option.min,
        "max": option.max,
        "parser": option_values.reader(option.parse) if option.parse else None,
        "autocompletion": option_values.completer(option.complete, option.choices),
    }
    if isinstance(option, Argument):
        return Annotated[kind, typer.Argument(**said)], default
    return Annotated[kind, typer.Option(*_spellings(leaf), **said)], default


def _spellings(leaf: Leaf) -> Iterator[str]:
    option = leaf.option
    pair = option.pair or (leaf.type is bool and leaf.default is True and not option.inverted)
    yield f"{leaf.flag}/--no-{leaf.flag.removeprefix('--')}" if pair else leaf.flag
    if option.short:
        yield option.short


def _repeated(leaf: Leaf) -> bool:
    """Whether it may be written several times, a value each: several texts that no parser takes apart."""
    return get_origin(leaf.type) is tuple and leaf.option.parse is None


def _as_field(leaf: Leaf, value: Any) -> object:
    """What Typer read, as the field has it: several values as a tuple rather than a list or nothing."""
    if leaf.option.inverted:
        return not value
    return tuple(value or ()) if _repeated(leaf) else value


def _only_choices(found: list[Leaf], given: Mapping[str, object]) -> None:
    for leaf in found:
        if leaf.option.choices and given[leaf.name] not in (*leaf.option.choices, None):
            raise UsageError(f"{leaf.flag} {given[leaf.name]}: one of {', '.join(leaf.option.choices)}")


def _notes(found: list[Leaf], given: Mapping[str, object]) -> Iterator[str]:
    for leaf in found:
        if leaf.option.done and given[leaf.name] is not None:
            yield f"{leaf.option.done} {given[leaf.name]}\n"
