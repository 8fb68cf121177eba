"""The learner's own run records: which of them is the run of a step, and why the others are not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from netlab.report import store
from netlab.report.record import Report
from netlab.worksheets.expression import evaluate
from netlab.worksheets.learner_progress import LearnerProgress
from netlab.worksheets.model import Condition, Sheet, Step
from netlab.worksheets.record_reader import Missing, Unknown

_LOOK_BACK = 40  # runs of one experiment
_EXPERIMENT = re.compile(r"\d{8}-\d{6}-(.+)-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of the right experiment; `failed` is the first condition that it does not meet, None for the right run."""

    report: Report
    failed: Condition | None
    why: str = ""


class RecordedRuns:
    """The records, read once."""

    def __init__(self, progress: LearnerProgress, folder: Path | None = None) -> None:
        self._progress, self._folder = progress, folder
        self._names = store.ids(folder)
        self._read: dict[str, Report | None] = {}

    def record(self, id: str) -> Report | None:
        """The record of this id; None where it has gone or cannot be read."""
        if id not in self._read:
            found = store.load(id, self._folder) if id in self._names else None
            self._read[id] = found if isinstance(found, Report) else None
        return self._read[id]

    def candidates(self, step: Step) -> list[Candidate]:
        """Runs of the step's experiment since the worksheet was reset, newest first."""
        found: list[Candidate] = []
        for name in self._names:
            match = _EXPERIMENT.fullmatch(name)
            if match is None or match[1] != step.experiment or len(found) == _LOOK_BACK:
                continue
            report = self.record(name)
            if report is not None and report.started_at >= self._progress.since:
                found.append(judge_run(step, report))
        return found

    def run_of(self, step: Step) -> Report | None:
        """The newest run that meets all conditions of a step of kind run or task."""
        newest = next((each.report for each in self.candidates(step) if each.failed is None), None)
        if newest is None and step.id in self._progress.runs:  # made by the walker, many runs ago
            return self.record(self._progress.runs[step.id])
        return newest

    def records(self, sheet: Sheet) -> dict[str, Report]:
        """The run of every step that has one, by the step's id: what expressions are evaluated over."""
        runs = {step.id: self.run_of(step) for step in sheet.steps if step.experiment}
        return {id: report for id, report in runs.items() if report is not None}


def judge_run(step: Step, report: Report) -> Candidate:
    """Hold a record against the step's conditions."""
    for condition in step.conditions:
        try:
            holds = evaluate(condition.when, {step.id: report}, step.id)
        except (Missing, Unknown, ValueError) as error:
            return Candidate(report, condition, str(error))
        if not holds:
            return Candidate(report, condition)
    if report.interrupted:
        return Candidate(
            report, Condition("not interrupted()", {"en": "Ctrl-C ended it early", "zh": "被 Ctrl-C 提前结束了"})
        )
    return Candidate(report, None)
