"""The values an experiment returns. Nothing here formats or prints (report/ does) or measures.

Stored values are in SI base units ("s", "B", "B/s", "bit/s", "1/s"), counts in "1", quotients in "ratio", parts of a
whole, 0 to 1, in "share", words in "".
What is not known is None, never 0: a zero in a report was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlab.report.recording import Recording

Value = bool | int | float | str | None
Option = bool | tuple[int, ...]  # of a view


@dataclass(frozen=True, slots=True)
class Fact:
    """One number (or word), with its unit and, where it is not obvious, what exactly it counts."""

    name: str
    value: Value
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw measurements in the order they were taken. Percentiles are derived (summary.py), never stored.

    `values` × `scale` is in `unit`: a million latencies are an array("Q") of nanoseconds, unit "s", scale 1e-9.
    """

    name: str
    unit: str
    values: Sequence[float]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: its heading and the unit of its cells."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values under named columns.

    `name` is what it is found by, the same in every run; `title` is its heading, where that says more. One that is not
    `shown` is for charts, drawings and readers of the record.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    title: str = ""
    shown: bool = True

    @property
    def heading(self) -> str:
        """Its title, or its name where it has none."""
        return self.title or self.name

    def column(self, name: str) -> int:
        """Index of the column called `name`; raises KeyError."""
        for index, column in enumerate(self.columns):
            if column.name == name:
                return index
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Chart:
    """How a table is best seen: bars of column `y` labelled by `x`, or lines of `y` over `x`, one a `series`.

    A "curve" is a line of so many points that none of them is marked. `log_x` and `log_y` ask for logarithmic axes. The
    renderer reads the numbers from the table by column name.
    """

    kind: str  # "bar", "line" or "curve"
    title: str
    table: str
    x: str
    y: str
    series: str | None = None
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a reader finds what a check or a finding says: a packet (and a field of it), a time, a row of a table
    (from 0), a fact."""

    json_omits_defaults = True

    packet: int | None = None
    field: str = ""
    time: float | None = None  # s
    table: str = ""
    row: int | None = None
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A claim held against what was seen. `source` is where the claim comes from: "select(2)", "RFC 9293 §3.5"."""

    claim: str
    source: str
    expected: Value
    observed: Value
    evidence: tuple[Evidence, ...] = ()

    @property
    def passed(self) -> bool:
        """True when what was observed is what was expected; an unknown observation never passes."""
        return self.observed is not None and self.expected == self.observed


class Finding(str):
    """A result in plain words that points to its evidence; any other str is a finding without. It is equal to its text,
    which can be a Phrase (phrase.py)."""

    text: str
    evidence: tuple[Evidence, ...]

    def __new__(cls, text: str, *evidence: Evidence) -> Finding:
        finding = super().__new__(cls, text)
        finding.text, finding.evidence = text, evidence
        return finding

    def __getnewargs__(self) -> tuple[str, ...]:  # type: ignore[override]
        """For copies."""
        return (self.text, *self.evidence)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Lack:
    """What this machine has not got, so that a part of the experiment could not run; and how to get it."""

    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that one experiment found. `answer` is one sentence with the number that the command is run for; `warnings`
    limit what the findings mean.

    `options` are about the picture and not about what was found; `recording` is what was on the wire. `interrupted`:
    Ctrl-C ended the run early, and this is what was found until then. `lacking`: this is what can be found without
    something that the machine has not got.
    """

    facts: tuple[Fact, ...] = ()
    samples: tuple[Samples, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    checks: tuple[Check, ...] = ()
    findings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    lacking: Lack | None = None
    answer: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    recording: Recording | None = None

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return all(check.passed for check in self.checks)

    def fact(self, name: str) -> Fact:
        """The fact called `name`; raises KeyError."""
        for fact in self.facts:
            if fact.name == name:
                return fact
        raise KeyError(name)

    def shows(self, option: str, *, default: bool = False) -> bool:
        """Whether the picture is to have this, as `Draft.show` said."""
        return bool(self.options.get(option, default))

    def chosen(self, option: str) -> tuple[int, ...]:
        """The numbers (of packets) that `Draft.show` said of this option."""
        value = self.options.get(option, ())
        return value if isinstance(value, tuple) else ()


@dataclass(slots=True)
class Draft:
    """A measurement under construction: experiments append to it, then `finish()`."""

    facts: list[Fact] = field(default_factory=list)
    samples: list[Samples] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False
    lacking: Lack | None = None
    answer: str = ""
    options: dict[str, Option] = field(default_factory=dict)
    recording: Recording | None = None

    def fact(self, name: str, value: Value, unit: str, note: str = "") -> None:
        """Append one fact."""
        self.facts.append(Fact(name, value, unit, note))

    def check(self, claim: str, source: str, expected: Value, observed: Value, *evidence: Evidence) -> None:
        """Append one check."""
        self.checks.append(Check(claim, source, expected, observed, evidence))

    def finding(self, text: str, *evidence: Evidence) -> None:
        """Append one finding."""
        self.findings.append(Finding(text, *evidence) if evidence else text)

    def show(self, **options: Option) -> None:
        """Say what the picture is to have: `show(timeline=False)`, `show(boxes=(2, 5))`. Views read it back."""
        self.options.update(options)

    def finish(self) -> Measurement:
        """The frozen measurement."""
        return Measurement(
            tuple(self.facts),
            tuple(self.samples),
            tuple(self.tables),
            tuple(self.charts),
            tuple(self.checks),
            tuple(self.findings),
            tuple(self.warnings),
            self.interrupted,
            self.lacking,
            self.answer,
            dict(self.options),
            self.recording,
        )
