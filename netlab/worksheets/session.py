"""A learner at a worksheet: answers taken down, hints handed out, verdicts given. What the command line works with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from netlab.errors import UsageError
from netlab.worksheets import learner_progress as progress_file
from netlab.worksheets.answers import echo
from netlab.worksheets.calibration import Calibration, calibration
from netlab.worksheets.grade import State, StepGrade, judge
from netlab.worksheets.learner_progress import LearnerAnswer, LearnerProgress, now
from netlab.worksheets.messages import say
from netlab.worksheets.model import Sheet, Step
from netlab.worksheets.runs_of_step import RecordedRuns


class Session:
    """One worksheet with this learner's progress. Everything is saved as soon as it is known.

    `options` is what a command has to repeat to mean this worksheet in this language: " --labs-dir …", or nothing.
    """

    def __init__(self, sheet: Sheet, lang: str, folder: Path | None = None, options: str = "") -> None:
        self.sheet, self.lang, self._folder, self.options = sheet, lang, folder, options
        self.progress: LearnerProgress = progress_file.load(sheet.id)

    def say(self, key: str, **values: object) -> str:
        """Words of netlab's own, in the session's language."""
        return say(key, self.lang, **values)

    def evidence(self) -> RecordedRuns:
        return RecordedRuns(self.progress, self._folder)

    def verdicts(self) -> tuple[StepGrade, ...]:
        return judge(self.sheet, self.progress, self.evidence(), self.lang)

    def answer(self, step: Step, given: str, confidence: float | None = None) -> StepGrade:
        """Take an answer down and judge it. NotAnAnswer where it is none (and then nothing is kept).

        A prediction made before the run stands: what is predicted after it changes nothing.
        """
        given = echo(step, given)
        with progress_file.changing(self.sheet.id) as self.progress:
            run = self.evidence().run_of(self.sheet.step(step.run)) if step.run else None
            before = self.progress.answers.get(step.id)
            self.progress.tries.setdefault(step.id, []).append(given)
            stands = step.kind == "predict" and run is not None and before is not None and before.blind
            if not stands:
                record = run.id if run is not None and step.kind != "predict" else ""
                if step.kind == "predict" and before is not None and confidence is None:
                    confidence = before.confidence
                self.progress.answers[step.id] = LearnerAnswer(given, now(), confidence, run is None, record)
        verdict = self.verdict(step)
        if stands and before is not None:
            said = self.say("prediction-stands", given=before.given)
            return replace(verdict, said=(said, *verdict.said))
        return verdict

    def remember(self, step: Step) -> None:
        """From now on the run record that passes `step` is the one it is judged by."""
        report = self.verdict(step).report
        if report is not None:
            with progress_file.changing(self.sheet.id) as self.progress:
                self.progress.runs[step.id] = report.id

    def verdict(self, step: Step) -> StepGrade:
        return self.verdicts()[step.number - 1]

    def hint(self, step: Step) -> tuple[int, str] | None:
        """The next hint of a step and its number; None where there is no further one."""
        if self.progress.hints.get(step.id, 0) >= len(step.hints):
            return None
        with progress_file.changing(self.sheet.id) as self.progress:
            shown = min(self.progress.hints.get(step.id, 0), len(step.hints) - 1)
            self.progress.hints[step.id] = shown + 1
        return shown + 1, step.hints[shown][self.lang]

    def next_step(self) -> Step | None:
        """The first step that is open; None where all pass, or are answered as far as this machine can tell."""
        settled = (State.PASSED, State.INCONCLUSIVE)
        return next((verdict.step for verdict in self.verdicts() if verdict.state not in settled), None)

    def first_tries(self) -> int:
        """How many blanks and explanations were right at the first try: one try, and it passes."""
        passed = {verdict.step.id for verdict in self.verdicts() if verdict.state is State.PASSED}
        return sum(
            len(self.progress.tries.get(step.id, ())) == 1 and step.id in passed
            for step in self.sheet.steps
            if step.kind in ("blank", "explain")
        )


def anything_done(sheet: Sheet) -> bool:
    """True where there are answers, or runs that count; a progress file that cannot be read may have some."""
    try:
        session = Session(sheet, "en")
    except UsageError:
        return True
    return session.progress.has_work or bool(session.evidence().records(sheet))


def calibration_over(sheets: Iterable[Sheet]) -> Calibration | None:
    """Over all predictions that were made before their run, on all worksheets."""
    scored = []
    for sheet in sheets:
        session = Session(sheet, "en")
        if not session.progress.answers:
            continue
        for verdict in session.verdicts():
            answer = session.progress.answers.get(verdict.step.id)
            if verdict.hit is not None and answer is not None and answer.blind and answer.confidence is not None:
                scored.append((answer.confidence, verdict.hit))
    return calibration(scored)
