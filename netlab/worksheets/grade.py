"""Which steps of a worksheet pass, and for the others: what was expected, what was observed, and why.

A prediction passes by being made; whether it held is its `hit`. A blank is held against the learner's own run, so the
values of somebody else's run fail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import isfinite

from netlab.report.record import Report
from netlab.report.units import brief, significant
from netlab.worksheets.answers import Marked, NotAnAnswer, Typed, mark, parse, shown
from netlab.worksheets.expression import evaluate
from netlab.worksheets.learner_progress import LearnerAnswer, LearnerProgress
from netlab.worksheets.messages import say
from netlab.worksheets.model import Sheet, Step
from netlab.worksheets.needs import lacking
from netlab.worksheets.record_reader import Missing, Unknown
from netlab.worksheets.runs_of_step import RecordedRuns

_TRIES_TILL_TOLD = 3


class State(Enum):
    """How a step stands."""

    PASSED = "passed"
    WRONG = "wrong"
    TODO = "todo"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class StepGrade:
    """One step's. `said` are sentences in the asked language, the first cause first."""

    step: Step
    state: State
    said: tuple[str, ...] = ()
    given: str = ""
    measured: str = ""
    hit: bool | None = None  # of a prediction whose run is there
    late: bool = False  # a prediction made after its run: it is not counted
    report: Report | None = field(default=None, compare=False)


def judge(sheet: Sheet, progress: LearnerProgress, evidence: RecordedRuns, lang: str) -> tuple[StepGrade, ...]:
    records = evidence.records(sheet)
    return tuple(_step(sheet, step, progress, evidence, records, lang) for step in sheet.steps)


def _step(
    sheet: Sheet, step: Step, progress: LearnerProgress, evidence: RecordedRuns, records: dict[str, Report], lang: str
) -> StepGrade:
    if not step.asks:
        return _made(sheet, step, evidence, records.get(step.id), lang)
    answer = progress.answers.get(step.id)
    if step.kind == "blank" and step.run not in records and lacking(sheet.needs):
        return StepGrade(step, State.INCONCLUSIVE, (say("lacks", lang, what=_lacks(sheet, lang)),))
    if answer is None:
        return StepGrade(step, State.TODO, (say("todo-predict" if step.kind == "predict" else "todo-answer", lang),))
    # The run that the answer was read from, if it is still there; a later one may have other values.
    held = evidence.record(answer.record) if answer.record else None
    if held is not None and step.run:
        records = {**records, step.run: held}
    told = (
        0 < len(step.hints) <= progress.hints.get(step.id, 0)
        or len(progress.tries.get(step.id, ())) >= _TRIES_TILL_TOLD
    )
    return judge_answer(sheet, step, answer, records, lang, told=told)


def judge_answer(
    sheet: Sheet, step: Step, answer: LearnerAnswer, records: dict[str, Report], lang: str, *, told: bool = False
) -> StepGrade:
    """One answer against these records; `told`: a wrong one is shown the value that was measured."""
    report = records.get(step.run)
    predicts = step.kind == "predict"
    if step.run and report is None:
        if predicts:
            return StepGrade(step, State.PASSED, (), answer.given)
        number = sheet.step(step.run).number
        return StepGrade(step, State.TODO, (say("no-run-before", lang, number=number),), answer.given)
    short = report.id[-4:] if report else ""
    try:
        measured = evaluate(step.answer, records, step.run)
        if measured is None:
            raise Unknown("–")
    except Unknown as error:
        return StepGrade(step, State.INCONCLUSIVE, (say("not-measured", lang, id=short, why=error),), answer.given)
    except (Missing, ValueError) as error:
        number = sheet.step(step.run).number if step.run else step.number
        return StepGrade(
            step, State.INCONCLUSIVE, (say("no-field", lang, id=short, why=error, number=number),), answer.given
        )
    try:
        typed = parse(step, answer.given)
    except NotAnAnswer as error:
        reason = say(str(error), lang, items=", ".join(step.items))
        return StepGrade(step, State.WRONG, (reason,), answer.given, report=report)
    try:
        marked = mark(step, typed, measured)
    except ValueError as error:  # a number is asked for, and a word was measured
        number = sheet.step(step.run).number if step.run else step.number
        said = say("no-field", lang, id=short, why=error, number=number)
        return StepGrade(step, State.INCONCLUSIVE, (said,), answer.given)
    value = shown(step, measured)
    if predicts:
        found = _predicted(answer, marked, value, lang)
        return StepGrade(step, State.PASSED, found, answer.given, value, marked.right, not answer.blind, report)
    if marked.right:
        return StepGrade(step, State.PASSED, (say("right", lang),), answer.given, value, report=report)
    wrong = tuple(_wrong(step, typed, marked, answer, value if told else "", short, lang))
    return StepGrade(step, State.WRONG, wrong, answer.given, value if told else "", report=report)


def _predicted(answer: LearnerAnswer, marked: Marked, value: str, lang: str) -> tuple[str, ...]:
    said = [say("measured", lang, measured=value, given=answer.given)]
    if not marked.right and marked.factor is not None and isfinite(marked.factor):
        said.append(say("off-by", lang, factor=significant(marked.factor, 2)))
    said.append(say("hit" if marked.right else "missed", lang))
    if not answer.blind:
        said.append(say("after-the-fact", lang))
    return tuple(said)


def _wrong(
    step: Step, typed: Typed, marked: Marked, answer: LearnerAnswer, value: str, short: str, lang: str
) -> list[str]:
    if step.type == "choice":
        words = step.feedback.get(str(typed))
        return [words[lang] if words else say("wrong", lang)]
    if marked.inverted:
        first, second = marked.inverted[0]
        return [say("inverted", lang, id=short, first=first, second=second)]
    if value:
        said = [say("expected-observed", lang, id=short, measured=value, given=answer.given)]
    else:
        said = [say("observed-other", lang, id=short, given=answer.given)]
    return [say("slipped", lang), *said] if marked.slipped else said


def _made(sheet: Sheet, step: Step, evidence: RecordedRuns, report: Report | None, lang: str) -> StepGrade:
    """A step that a run record fulfils."""
    if report is not None:
        return StepGrade(step, State.PASSED, (), report.id[-4:], report=report)
    near = evidence.candidates(step)[:3]
    said = [say("todo-run" if step.kind == "run" else "todo-task", lang)]
    for each in near:
        why = (each.failed.otherwise[lang] if each.failed else "") or _other_command(each.report, lang)
        said.append(say("near-miss", lang, id=each.report.id[-4:], at=each.report.started_at[11:16], why=why))
    if step.command:
        said.append(say("todo-run-how", lang, command=step.command))
    if lacking(sheet.needs):
        return StepGrade(step, State.INCONCLUSIVE, (say("lacks", lang, what=_lacks(sheet, lang)), *said))
    return StepGrade(step, State.TODO, tuple(said))


def _lacks(sheet: Sheet, lang: str) -> str:
    missing = lacking(sheet.needs)
    return ", ".join(say(f"needs-{name}", lang, needed=needed, there=there) for name, needed, there in missing)


def _other_command(report: Report, lang: str) -> str:
    said = " ".join(f"{name}={brief(value)}" for name, value in list(report.parameters.items())[:6])
    return say("other-command", lang, said=said)


def exit_code(verdicts: tuple[StepGrade, ...]) -> int:
    """0 all passed, 3 nothing but machine trouble in the way, 1 otherwise."""
    states = {verdict.state for verdict in verdicts}
    if states <= {State.PASSED}:
        return 0
    return 3 if states <= {State.PASSED, State.INCONCLUSIVE} else 1
