"""A report as its JSON document is laid out, schema netlab.report/2: these classes are the schema.

Every text stands in the document in English. Those that were made from a template (phrase.py) are also in `texts`, by
the English text, with template and arguments: so a reader in another language finds them, and all others need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Literal

from netlab.codec import Json, Pattern
from netlab.report.phrase import Argument, Phrase
from netlab.report.quantity import (
    Chart,
    Check,
    Column,
    Evidence,
    Fact,
    Finding,
    Lack,
    Measurement,
    Option,
    Table,
    Value,
)
from netlab.report.record import Report
from netlab.report.recording import Recording
from netlab.report.summary import SampleSummary

_ID = "[0-9]{8}-[0-9]{6}-[a-z0-9-]+-[0-9a-f]{4}"
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"


@dataclass(frozen=True, slots=True)
class TableDocument:
    """Rows of values under named columns. It is found by `name`; `title` is its heading where that says more."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class CheckDocument:
    """A claim held against what was seen, and whether it passed."""

    claim: str
    source: Annotated[str, "Where the claim comes from: RFC 9293 §3.5, select(2), course, lecture 13."]
    expected: Value
    observed: Annotated[Value, "null: it could not be observed, and the check has failed."]
    passed: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class FindingDocument:
    """A result in plain words."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class MeasurementDocument:
    """What was found."""

    facts: tuple[Fact, ...]
    samples: Annotated[tuple[SampleSummary, ...], "Percentiles are nearest-rank: values that were measured."]
    tables: tuple[TableDocument, ...]
    charts: tuple[Chart, ...]
    checks: tuple[CheckDocument, ...]
    findings: tuple[FindingDocument, ...]
    warnings: Annotated[tuple[str, ...], "What limits the meaning of the numbers."]


@dataclass(frozen=True, slots=True)
class ViewDocument:
    """What is about the picture and not about what was found."""

    tables: Annotated[tuple[int, ...], "Places (from 0) of the tables that are shown."]
    options: Annotated[dict[str, Option], "What the experiment's own view is to show, or in which form."]


@dataclass(frozen=True, slots=True)
class TextDocument:
    """How a text was made: `template` with {arguments} put in, formatted as Python's str.format does."""

    template: str
    arguments: dict[str, Argument]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """What one run of a netlab experiment measured: the output of --json, and the content of a run record.

    Values are in SI base units; a value that is not known is null, never 0.
    """

    schema: Literal["netlab.report/2"]
    id: Annotated[
        str,
        Pattern("[0-9]{8}-[0-9]{6}-[a-z0-9-]+-[0-9a-f]{4}"),
        "Date and time (UTC), experiment, four random digits: sorts by time.",
    ]
    experiment: Annotated[str, Pattern("[a-z0-9-]+"), "The command that made this report."]
    title: str
    argv: Annotated[tuple[str, ...], 'The words behind "netlab"; empty where it was not run by its command.']
    parameters: Annotated[dict[str, Json], "What the experiment was asked for; names carry units (duration_s)."]
    seed: Annotated[int | None, "Seed of the random choices; null if there were none."]
    started_at: Annotated[str, Pattern(_TIME), "ISO 8601, UTC."]
    elapsed_s: Annotated[float, "From start to end of the experiment, in seconds."]
    host: Annotated[dict[str, Json], "What one must know of the machine to compare numbers."]
    interrupted: Annotated[bool, "Ctrl-C ended the run; this was measured until then."]
    passed: Annotated[bool, "All checks passed."]
    lacking: Annotated[Lack | None, "What this machine has not got; the report is what can be seen without it."]
    answer: Annotated[str, "One sentence with the number that the command was run for; empty where there is none."]
    measurement: MeasurementDocument
    view: ViewDocument
    recording: Annotated[Recording | None, "What was on the wire; null where there was none to look at."]
    texts: Annotated[dict[str, TextDocument], "Of every text here that has arguments: how it was made."]


def document_of(report: Report) -> ReportDocument:
    """The report as it is written."""
    found = report.measurement
    measurement = MeasurementDocument(
        facts=found.facts,
        samples=report.samples,
        tables=tuple(TableDocument(each.name, each.title, each.columns, each.rows) for each in found.tables),
        charts=found.charts,
        checks=tuple(
            CheckDocument(each.claim, each.source, each.expected, each.observed, each.passed, each.evidence)
            for each in found.checks
        ),
        findings=tuple(
            FindingDocument(each.text, each.evidence) if isinstance(each, Finding) else FindingDocument(each, ())
            for each in found.findings
        ),
        warnings=found.warnings,
    )
    shown = tuple(number for number, each in enumerate(found.tables) if each.shown)
    phrases = _phrases((report.title, found.lacking, found.answer, measurement, found.recording))
    return ReportDocument(
        schema="netlab.report/2",
        id=report.id,
        experiment=report.experiment,
        title=report.title,
        argv=report.argv,
        parameters=report.parameters,
        seed=report.seed,
        started_at=report.started_at,
        elapsed_s=report.elapsed_s,
        host=report.host,
        interrupted=report.interrupted,
        passed=report.passed,
        lacking=found.lacking,
        answer=found.answer,
        measurement=measurement,
        view=ViewDocument(shown, dict(found.options)),
        recording=found.recording,
        texts={str(each): TextDocument(each.template, dict(each.arguments)) for each in phrases},
    )


def report_of(document: ReportDocument) -> Report:
    """The report that was written. ValueError where the document contradicts itself."""
    found = document.measurement
    for each in found.tables:
        if any(len(row) != len(each.columns) for row in each.rows):
            raise ValueError(f"a row of table '{each.name}' is not as long as its heading")
    return Report(
        id=document.id,
        experiment=document.experiment,
        title=document.title,
        parameters=document.parameters,
        seed=document.seed,
        started_at=document.started_at,
        elapsed_s=document.elapsed_s,
        host=document.host,
        measurement=Measurement(
            facts=found.facts,
            tables=tuple(
                Table(each.name, each.columns, each.rows, each.title, number in document.view.tables)
                for number, each in enumerate(found.tables)
            ),
            charts=found.charts,
            checks=tuple(
                Check(each.claim, each.source, each.expected, each.observed, each.evidence) for each in found.checks
            ),
            findings=tuple(
                Finding(each.text, *each.evidence) if each.evidence else each.text for each in found.findings
            ),
            warnings=found.warnings,
            interrupted=document.interrupted,
            lacking=document.lacking,
            answer=document.answer,
            options=document.view.options,
            recording=document.recording,
        ),
        samples=found.samples,
        argv=document.argv,
    )


def _phrases(value: object) -> Iterator[Phrase]:
    """Every phrase in a value, and in the arguments of phrases."""
    if isinstance(value, Phrase):
        yield value
        yield from _phrases(value.arguments)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _phrases(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _phrases(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _phrases(getattr(value, field.name))
