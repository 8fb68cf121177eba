"""lab.toml, worksheet.md and worksheet.zh.md of a folder become a Sheet, or a UsageError with file and key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from netlab.errors import UsageError
from netlab.worksheets.columns import check_columns
from netlab.worksheets.expression import check_syntax
from netlab.worksheets.model import KINDS, LANGUAGES, TYPES, Condition, Page, Sheet, Step, Text
from netlab.worksheets.prose import commands, page_of

SCHEMA = "netlab.lab/1"
FILES = {"en": "worksheet.md", "zh": "worksheet.zh.md"}
_LARGEST_BYTES = 1 << 20

_STEP_KEYS = {
    "id",
    "kind",
    "type",
    "run",
    "answer",
    "right",
    "unit",
    "within",
    "items",
    "options",
    "feedback",
    "hints",
    "why",
    "tempting",
    "source",
    "experiment",
    "match",
    "conditions",
    "solution",
}
_SHEET_KEYS = {"schema", "lecture", "order", "minutes", "title", "question", "needs", "steps"}


def load(folder: Path) -> Sheet:
    """Read and check one worksheet."""
    toml = folder / "lab.toml"
    try:
        data = tomllib.loads(_read(toml))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{toml}: {error}") from None
    pages: dict[str, Page] = {}
    for lang, name in FILES.items():
        if not (folder / name).exists():
            raise UsageError(
                f"{folder / name} is missing", f"a worksheet has {' and '.join(FILES.values())}, one a language"
            )
        try:
            pages[lang] = page_of(_read(folder / name))
        except ValueError as error:
            raise UsageError(f"{folder / name}: {error}") from None
    try:
        return _sheet(folder, data, pages)
    except _Wrong as error:
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


def _sheet(folder: Path, data: dict[str, Any], pages: dict[str, Page]) -> Sheet:
    _known(data, _SHEET_KEYS, "the file")
    if data.get("schema") != SCHEMA:
        raise _Wrong(f"schema is {data.get('schema')!r}, not {SCHEMA!r}")
    tables = _get(data, "steps", list, "the file")
    steps = tuple(_step(number, table, pages) for number, table in enumerate(tables, 1))
    _same_number(steps, pages)
    ids = [step.id for step in steps]
    twice = {id for id in ids if ids.count(id) > 1}
    if twice:
        raise _Wrong(f"two steps are called {', '.join(sorted(twice))}")
    for step in steps:
        if step.run and not any(other.id == step.run and other.kind in ("run", "task") for other in steps):
            raise _Wrong(f"step {step.id}: run = {step.run!r} is no step of kind run or task")
    for step in steps:
        _tables_and_columns(step, steps)
    return Sheet(
        id=folder.name,
        folder=folder,
        lecture=_get(data, "lecture", int, "the file"),
        order=_get(data, "order", int, "the file"),
        minutes=_get(data, "minutes", int, "the file"),
        title={lang: page.title for lang, page in pages.items()},
        question=_text(data, "question", "the file"),
        needs=_needs(data.get("needs", {})),
        steps=steps,
        pages=pages,
    )


def _same_number(steps: tuple[Step, ...], pages: dict[str, Page]) -> None:
    for lang, page in pages.items():
        if len(page.sections) != len(steps):
            raise _Wrong(f"{len(steps)} steps, but {FILES[lang]} has {len(page.sections)} numbered sections")


def _step(number: int, table: Any, pages: dict[str, Page]) -> Step:
    where = f"step {number}"
    if not isinstance(table, dict):
        raise _Wrong(f"{where} is no table")
    id = _get(table, "id", str, where)
    where = f"step {number} ({id})"
    _known(table, _STEP_KEYS, where)
    kind = _one_of(table, "kind", KINDS, where)
    asks = kind in ("predict", "blank", "explain")
    type_ = _one_of(table, "type", TYPES, where) if asks else ""
    answer = ""
    if asks:
        right = table.get("right")
        answer = repr(right) if isinstance(right, str) else _get(table, "answer", str, where)
        _expression(answer, where)
    options = _words(table, "options", where) if type_ == "choice" else ()
    if options and isinstance(table.get("right"), str) and table["right"] not in options:
        raise _Wrong(f"{where}: right = {table['right']!r} is none of the options {', '.join(options)}")
    page = pages["en"]
    shown = commands(page.sections[number - 1].body) if kind == "run" and number <= len(page.sections) else []
    if kind == "run" and len(shown) != 1:
        raise _Wrong(f"{where}: its section shows {len(shown)} commands in sh blocks; a run has just one")
    return Step(
        id=id,
        number=number,
        kind=kind,
        type=type_,
        run=_get(table, "run", str, where, ""),
        answer=answer,
        unit=_get(table, "unit", str, where, ""),
        within=float(_get(table, "within", (int, float), where, 2.0 if kind == "predict" else 1.0)),
        items=_words(table, "items", where) if type_ == "order" else (),
        options=options,
        feedback={key: _text(table["feedback"], key, where) for key in _get(table, "feedback", dict, where, {})},
        hints=tuple(_both(hint, f"{where}: hints") for hint in _get(table, "hints", list, where, [])),
        why=_text(table, "why", where) if kind != "run" else {},
        tempting=_text(table, "tempting", where) if "tempting" in table else {},
        source=_get(table, "source", str, where) if kind != "run" else "",
        experiment=_get(table, "experiment", str, where) if not asks else "",
        conditions=_conditions(table, where),
        command=shown[0] if shown else "",
        solution=_get(table, "solution", str, where) if kind == "task" else "",
    )


def _conditions(table: dict[str, Any], where: str) -> tuple[Condition, ...]:
    """`match` is a condition whose explanation is "another command"; `conditions` bring their own words."""
    found = []
    if "match" in table:
        found.append(Condition(_get(table, "match", str, where), dict.fromkeys(LANGUAGES, "")))
    found += [
        Condition(_get(item, "when", str, where), _text(item, "otherwise", where))
        for item in _get(table, "conditions", list, where, [])
    ]
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


def _needs(table: Any) -> dict[str, int]:
    if not isinstance(table, dict) or not set(table) <= {"cpus", "descriptors", "networks"}:
        raise _Wrong("needs may say: cpus, descriptors, networks")
    return {name: _get(table, name, int, "needs") for name in table}


def _text(table: dict[str, Any], key: str, where: str) -> Text:
    return _both(table.get(key), f"{where}: {key}")


def _both(value: Any, where: str) -> Text:
    for lang in LANGUAGES:
        if not isinstance(value, dict) or not isinstance(value.get(lang), str) or not value[lang].strip():
            raise _Wrong(f"{where} has no words for {lang}")
    if other := sorted(set(value) - set(LANGUAGES)):
        raise _Wrong(f"{where} has {other[0]!r} beside its languages")
    return {lang: value[lang].strip() for lang in LANGUAGES}


def _words(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = _get(table, key, list, where)
    if len(values) < 2 or not all(isinstance(value, str) for value in values):
        raise _Wrong(f"{where}: {key} is a list of at least two words")
    return tuple(values)


def _one_of(table: dict[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = _get(table, key, str, where)
    if value not in allowed:
        raise _Wrong(f"{where}: {key} = {value!r}; it is one of {', '.join(allowed)}")
    return str(value)


def _known(table: dict[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise _Wrong(f"{where}: unknown key {unknown[0]!r}")


def _get(table: Any, key: str, kind: Any, where: str, default: Any = None) -> Any:
    value = table.get(key, default) if isinstance(table, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _Wrong(
            f"{where}: {key} is missing" if value is None else f"{where}: {key} = {value!r} is of the wrong type"
        )
    return value
