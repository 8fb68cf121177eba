"""What a worksheet is, as values. load.py makes them from a folder; docs: labs/AUTHORING.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LANGUAGES = ("en", "zh")
Kind = Literal["predict", "run", "blank", "explain", "task"]
ASKING: tuple[Kind, ...] = ("predict", "blank", "explain")  # the learner types an answer
Type = Literal["number", "order", "choice", "text"]

Text = Mapping[str, str]
"""The same words in every language of LANGUAGES."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a run record must show: an expression that must be true, and what to say where it is not."""

    when: str
    otherwise: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered section of a worksheet.

    predict  an answer with a confidence, scored against the run of the step `run`; being wrong is no failure
    run      one command; `experiment` and `conditions` say which run record is its own
    blank    a value from the learner's own output
    explain  a choice; every wrong option has its feedback
    task     a state to bring about by commands of the learner's own; `conditions` recognise it in a run record
    """

    id: str
    number: int
    kind: Kind
    type: str = ""
    run: str = ""
    answer: str = ""  # an expression over run records (expression.py)
    unit: str = ""  # what a bare number means: "µs", "KiB", "%"; "" for counts
    within: float = 1.0  # a number is right up to this factor; 1 is exact
    items: tuple[str, ...] = ()  # of an order
    options: tuple[str, ...] = ()
    feedback: Mapping[str, Text] = field(default_factory=dict)
    hints: tuple[Text, ...] = ()
    why: Text = field(default_factory=dict)
    tempting: Text = field(default_factory=dict)
    source: str = ""
    experiment: str = ""
    conditions: tuple[Condition, ...] = ()
    command: str = ""  # of a run; from the worksheet's own block
    solution: str = ""  # of a task

    @property
    def asks(self) -> bool:
        """True where the learner types an answer."""
        return self.kind in ASKING


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of worksheet.md: its heading without the number, and the Markdown under it."""

    number: int
    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """A worksheet in one language: title, what comes before the first step, the steps' sections, what comes after."""

    title: str
    context: str
    sections: tuple[Section, ...]
    tail: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet. `question` is the one it exists for; `needs` are machine facts as in needs.py."""

    id: str
    folder: Path
    lecture: int
    order: int
    minutes: int
    title: Text
    question: Text
    needs: Mapping[str, int]
    steps: tuple[Step, ...]
    pages: Mapping[str, Page]

    def step(self, id: str) -> Step:
        """The step called `id`; raises KeyError."""
        for step in self.steps:
            if step.id == id:
                return step
        raise KeyError(id)

    def section(self, step: Step, lang: str) -> Section:
        return self.pages[lang].sections[step.number - 1]
