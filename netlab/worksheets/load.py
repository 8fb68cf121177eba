"""lab.toml, worksheet.md and worksheet.zh.md of a folder become a Sheet, or a UsageError with file and key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from netlab.codec import DecodeError, Json, decode
from netlab.errors import UsageError
from netlab.worksheets.columns import check_columns
from netlab.worksheets.expression import check_syntax
from netlab.worksheets.model import ASKING, LANGUAGES, Condition, Kind, Page, Sheet, Step, Text, Type
from netlab.worksheets.prose import commands, page_of

SCHEMA = "netlab.lab/1"
FILES = {"en": "worksheet.md", "zh": "worksheet.zh.md"}
_LARGEST_BYTES = 1 << 20

Words = dict[str, str]  # of each language


@dataclass(frozen=True, slots=True)
class NeedsTable:
    """What the machine must have; `networks` 1: private networks."""

    cpus: int | None = None
    descriptors: int | None = None
    networks: int | None = None


@dataclass(frozen=True, slots=True)
class ConditionTable:
    when: str
    otherwise: Words


@dataclass(frozen=True, slots=True)
class StepTable:
    """A [[steps]] table as it is written. What is None here must be there for some kinds of steps."""

    id: str
    kind: Kind
    type: Type | None = None
    run: str = ""
    answer: str | None = None
    right: str | None = None
    unit: str = ""
    within: float | None = None
    items: tuple[str, ...] | None = None
    options: tuple[str, ...] | None = None
    feedback: dict[str, Words] = field(default_factory=dict)
    hints: tuple[Words, ...] = ()
    why: Words | None = None
    tempting: Words | None = None
    source: str | None = None
    experiment: str | None = None
    match: str | None = None
    conditions: tuple[ConditionTable, ...] = ()
    solution: str | None = None


@dataclass(frozen=True, slots=True)
class SheetTable:
    schema: str
    lecture: int
    order: int
    minutes: int
    question: Words
    steps: tuple[Json, ...]  # each decoded by itself, to say which one is wrong
    needs: NeedsTable = NeedsTable()


def load(folder: Path) -> Sheet:
    toml = folder / "lab.toml"
    try:
        data: Json = tomllib.loads(_read(toml))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{toml}: {error}") from None
    pages: dict[str, Page] = {}
    for lang, name in FILES.items():
        if not (folder / name).exists():
            languages = f"a worksheet has {' and '.join(FILES.values())}, one a language"
            raise UsageError(f"{folder / name} is missing", languages)
        try:
            pages[lang] = page_of(_read(folder / name))
        except ValueError as error:
            raise UsageError(f"{folder / name}: {error}") from None
    try:
        return _sheet(folder, decode(SheetTable, data), pages)
    except (_Wrong, DecodeError) as error:
        raise UsageError(f"{toml}: {error}", "labs/AUTHORING.md describes the format") from None


class _Wrong(Exception):
    """What is wrong with lab.toml, and where in it."""


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    if len(data) > _LARGEST_BYTES:
        raise UsageError(f"{path}: larger than any worksheet")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}") from None


def _sheet(folder: Path, table: SheetTable, pages: dict[str, Page]) -> Sheet:
    if table.schema != SCHEMA:
        raise _Wrong(f"schema is {table.schema!r}, not {SCHEMA!r}")
    steps = tuple(_step(number, each, pages) for number, each in enumerate(table.steps, 1))
    _same_number(steps, pages)
    ids = [step.id for step in steps]
    twice = {id for id in ids if ids.count(id) > 1}
    if twice:
        raise _Wrong(f"two steps are called {', '.join(sorted(twice))}")
    for step in steps:
        if step.run and not any(other.id == step.run and other.kind in ("run", "task") for other in steps):
            raise _Wrong(f"step {step.id}: run = {step.run!r} is no step of kind run or task")
        _tables_and_columns(step, steps)
    needs = {"cpus": table.needs.cpus, "descriptors": table.needs.descriptors, "networks": table.needs.networks}
    return Sheet(
        id=folder.name,
        folder=folder,
        lecture=table.lecture,
        order=table.order,
        minutes=table.minutes,
        title={lang: page.title for lang, page in pages.items()},
        question=_text(table.question, "question"),
        needs={name: needed for name, needed in needs.items() if needed is not None},
        steps=steps,
        pages=pages,
    )


def _same_number(steps: tuple[Step, ...], pages: dict[str, Page]) -> None:
    for lang, page in pages.items():
        if len(page.sections) != len(steps):
            raise _Wrong(f"{len(steps)} steps, but {FILES[lang]} has {len(page.sections)} numbered sections")


def _step(number: int, raw: Json, pages: dict[str, Page]) -> Step:
    id = raw.get("id") if isinstance(raw, dict) else None
    where = f"step {number} ({id})" if isinstance(id, str) else f"step {number}"
    table = decode(StepTable, raw, where)
    asks, orders, chooses = table.kind in ASKING, table.type == "order", table.type == "choice"
    answer = ""
    if asks:
        _needed(table.type, "type", where)
        answer = _needed(table.answer, "answer", where) if table.right is None else repr(table.right)
        _expression(answer, where)
    options = _choices(table.options, "options", where) if asks and chooses else ()
    if options and table.right is not None and table.right not in options:
        raise _Wrong(f"{where}: right = {table.right!r} is none of the options {', '.join(options)}")
    page, is_run = pages["en"], table.kind == "run"
    shown = commands(page.sections[number - 1].body) if is_run and number <= len(page.sections) else []
    if is_run and len(shown) != 1:
        raise _Wrong(f"{where}: its section shows {len(shown)} commands in sh blocks; a run has just one")
    return Step(
        id=table.id,
        number=number,
        kind=table.kind,
        type=table.type or "" if asks else "",
        run=table.run,
        answer=answer,
        unit=table.unit,
        within=table.within if table.within is not None else 2.0 if table.kind == "predict" else 1.0,
        items=_choices(table.items, "items", where) if asks and orders else (),
        options=options,
        feedback={key: _text(words, f"{where}: {key}") for key, words in table.feedback.items()},
        hints=tuple(_text(hint, f"{where}: hints") for hint in table.hints),
        why={} if is_run else _text(table.why, f"{where}: why"),
        tempting=_text(table.tempting, f"{where}: tempting") if table.tempting else {},
        source="" if is_run else _needed(table.source, "source", where),
        experiment="" if asks else _needed(table.experiment, "experiment", where),
        conditions=_conditions(table, where),
        command=shown[0] if shown else "",
        solution=_needed(table.solution, "solution", where) if table.kind == "task" else "",
    )


def _conditions(table: StepTable, where: str) -> tuple[Condition, ...]:
    """`match` is a condition whose explanation is "another command"; `conditions` bring their own words."""
    found = [] if table.match is None else [Condition(table.match, dict.fromkeys(LANGUAGES, ""))]
    found += [Condition(each.when, _text(each.otherwise, f"{where}: otherwise")) for each in table.conditions]
    for condition in found:
        _expression(condition.when, where)
    return tuple(found)


def _expression(text: str, where: str) -> None:
    try:
        check_syntax(text)
    except ValueError as error:
        raise _Wrong(f"{where}: {error}") from None


def _tables_and_columns(step: Step, steps: tuple[Step, ...]) -> None:
    """The records that a step's expressions read are its own, or those of the step that `run` names."""
    experiments = {other.id: other.experiment for other in steps}
    own = step.experiment or experiments.get(step.run, "")
    for text in (step.answer, *(condition.when for condition in step.conditions)):
        try:
            if text:
                check_columns(text, lambda run: own if run is None else experiments.get(run, ""))
        except ValueError as error:
            raise _Wrong(f"step {step.number} ({step.id}): {error}") from None


def _needed(value: str | None, key: str, where: str) -> str:
    if value is None:
        raise _Wrong(f"{where}: {key} is missing")
    return value


def _text(words: Words | None, where: str) -> Text:
    words = words or {}
    for lang in LANGUAGES:
        if not words.get(lang, "").strip():
            raise _Wrong(f"{where} has no words for {lang}")
    if other := sorted(set(words) - set(LANGUAGES)):
        raise _Wrong(f"{where} has {other[0]!r} beside its languages")
    return {lang: words[lang].strip() for lang in LANGUAGES}


def _choices(words: tuple[str, ...] | None, key: str, where: str) -> tuple[str, ...]:
    if words is None or len(words) < 2:
        raise _Wrong(f"{where}: {key} is a list of at least two words")
    return words
