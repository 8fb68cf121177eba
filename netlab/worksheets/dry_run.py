"""Is a worksheet sound in practice? Its commands are run, in a state folder that is thrown away. Then an empty sheet
must fail, the answers derived from the runs must pass, and every wrong answer must fail in its own way."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netlab.report.record import Report
from netlab.worksheets.answers import NotAnAnswer, mark, parse, real_of, shown
from netlab.worksheets.expression import evaluate
from netlab.worksheets.grade import State, exit_code, judge, judge_answer
from netlab.worksheets.learner_progress import LearnerAnswer, LearnerProgress, now
from netlab.worksheets.model import LANGUAGES, Sheet, Step
from netlab.worksheets.needs import lacking
from netlab.worksheets.record_reader import Missing, Ordering, Unknown, number
from netlab.worksheets.runs_of_step import RecordedRuns

_LONGEST_S = 120.0


def rehearse(sheet: Sheet) -> list[str]:
    """What is amiss, each in one line. A machine that lacks what the worksheet needs is said, too."""
    short_of = lacking(sheet.needs)
    if short_of:
        return [f"this machine has {there} {name}; {needed} are needed" for name, needed, there in short_of]
    with tempfile.TemporaryDirectory(prefix="netlab-lab-") as folder:
        return [*_rehearse(sheet, Path(folder))]


def _rehearse(sheet: Sheet, state: Path) -> Iterator[str]:
    runs = state / "netlab" / "runs"
    empty = LearnerProgress(sheet.id)
    for step in sheet.steps:
        if step.kind == "task" and RecordedRuns(empty, runs).run_of(step) is not None:
            yield f"step {step.number} ({step.id}): passes without having been done"
        line = step.command or step.solution
        amiss = [*_run(sheet, step, line, state, runs)] if line else []
        if amiss:
            yield from amiss
            return  # all that follows would only say so again
    evidence = RecordedRuns(empty, runs)
    verdicts = judge(sheet, empty, evidence, "en")
    if exit_code(verdicts) != 1 or any(v.state is not State.TODO for v in verdicts if v.step.asks):
        yield "an unanswered sheet does not fail"
    records = evidence.records(sheet)
    right = LearnerProgress(sheet.id)
    for step in sheet.steps:
        if step.asks:
            for problem in _question(sheet, step, records, right):
                yield f"step {step.number} ({step.id}): {problem}"
    for lang in LANGUAGES:
        for verdict in judge(sheet, right, RecordedRuns(right, runs), lang):
            if verdict.state is not State.PASSED:
                yield f"step {verdict.step.number} ({verdict.step.id}): right answers fail: {' '.join(verdict.said)}"


def _run(sheet: Sheet, step: Step, line: str, state: Path, runs: Path) -> Iterator[str]:
    where = f"step {step.number} ({step.id})"
    words = shlex.split(line)
    if words[:1] != ["netlab"]:
        yield f"{where}: '{line}' is no netlab command"
        return
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "netlab", *words[1:]],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            env=environment,
            stdin=subprocess.DEVNULL,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        yield f"{where}: '{line}' did not end within {_LONGEST_S:.0f} s"
        return
    evidence = RecordedRuns(LearnerProgress(sheet.id), runs)
    if evidence.run_of(step) is None:
        near = [f"{each.failed.when if each.failed else ''} {each.why}" for each in evidence.candidates(step)]
        said = done.stderr.strip().splitlines()[-1:] or near or ["no record of this experiment"]
        yield f"{where}: '{line}' (exit code {done.returncode}) is not recognised: {said[0]}"


def _question(sheet: Sheet, step: Step, records: dict[str, Report], right: LearnerProgress) -> Iterator[str]:
    try:
        measured = evaluate(step.answer, records, step.run)
    except (Missing, Unknown, ValueError) as error:
        yield f"no answer can be derived: {error}"
        return
    text = " ".join(measured.names) if isinstance(measured, Ordering) else shown(step, measured)
    try:
        if not mark(step, parse(step, text), measured).right:
            yield f"the measured answer {text!r} is not taken as right"
    except (NotAnAnswer, ValueError) as error:
        yield f"the measured answer {text!r} cannot be typed: {error}"
        return
    right.answers[step.id] = LearnerAnswer(text, now(), 0.5 if step.kind == "predict" else None)
    seen: set[str] = set()
    for other in _wrong_answers(step, measured):
        verdict = judge_answer(sheet, step, LearnerAnswer(other, now()), records, "en")
        taken = verdict.hit is not False if step.kind == "predict" else verdict.state is not State.WRONG
        if taken:
            yield f"the wrong answer {other!r} is taken as right (measured: {text})"
        if step.kind == "explain" and verdict.said and verdict.said[0] in seen:
            yield f"the wrong answer {other!r} is answered like another one"
        seen.update(verdict.said[:1])


def _wrong_answers(step: Step, measured: object) -> Iterator[str]:
    if step.type == "choice":
        yield from (option for option in step.options if option != measured)
    elif isinstance(measured, Ordering):
        reverse = tuple(reversed(measured.names))
        if measured.inverted(reverse):  # else all are alike, and any order is right
            yield " ".join(reverse)
    elif step.type == "number":
        for factor in (step.within * 1.5, 1 / (step.within * 1.5)):
            other = real_of(measured) * factor + (1 if isinstance(measured, int) and factor > 1 else 0)
            if other != measured:  # 0 has no fraction
                yield repr(other / _bare(step))
    else:
        yield f"not {measured}"


def _bare(step: Step) -> float:
    """What a number without a unit is multiplied by."""
    return number(parse(step, "1"))
