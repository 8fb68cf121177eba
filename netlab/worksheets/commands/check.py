"""`netlab lab check` and `report`: how a whole worksheet stands, the first cause first; and the page to hand in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from netlab.cli.output import terminal_width, write
from netlab.errors import UsageError
from netlab.report.glyphs import printable
from netlab.report.prose_terminal import columns, command_lines
from netlab.worksheets.commands.lab_print import heading_of, mark_of, strong, tell, tell_done, width
from netlab.worksheets.grade import State, StepGrade, exit_code
from netlab.worksheets.model import Sheet
from netlab.worksheets.session import Session, calibration_over


def print_check(session: Session, as_json: bool) -> int:
    """All verdicts, the first cause first; returns the exit code."""
    verdicts = session.verdicts()
    code = exit_code(verdicts)
    if as_json:
        document = {"lab": session.sheet.id, "passed": code == 0, "steps": [_plain(verdict) for verdict in verdicts]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return code
    write(f"{strong(session.sheet.title[session.lang])}\n")
    first = next((verdict for verdict in verdicts if verdict.state is not State.PASSED), None)
    if first is not None:
        section = session.sheet.section(first.step, session.lang)
        tell(f"**{session.say('first-cause', number=first.step.number, heading=section.heading)}**")
        _points(first.said, first.step.command)
        if first.step.run:
            run = session.sheet.step(first.step.run)
            if run.command:
                _points((session.say("command-is", number=run.number, command=run.command),), run.command)
        write("\n")
    for verdict in verdicts:
        mark = mark_of(verdict)
        given = f"  {printable(verdict.given)}" if verdict.given else ""
        if verdict.hit is not None:
            given += f" · {session.say('measured-value')} {verdict.measured}"
        if verdict.late:
            given = f"  ({session.say('late')}){given}"
        line = f"  {mark} {heading_of(session, verdict.step)}{given}"
        write(_cut(line, terminal_width()) + "\n")
    passed = sum(verdict.state is State.PASSED for verdict in verdicts)
    late = sum(verdict.late for verdict in verdicts)
    tally = _score(session, passed, len(verdicts))
    tell(f"\n{tally} · {session.say('late-tally', n=late)}" if late else f"\n{tally}")
    if code == 0:
        tell_done(session)
    return code


def _points(said: Sequence[str], command: str) -> None:
    """Sentences as points; a command at the end of one stands by itself, so that it can be copied."""
    for text in said:
        words = text.removesuffix(command) if command else text
        tell(f"- {printable(words.rstrip())}")
        if words != text:
            write("\n".join(command_lines(command, width(), "      ")) + "\n")


def _score(session: Session, passed: int, every: int) -> str:
    hints = sum(session.progress.hints.values())
    tries = session.say("tries", n=session.first_tries(), hints=hints)
    return f"{session.say('tally', passed=passed, all=every)} · {tries}"


def _cut(line: str, width: int) -> str:
    while columns(line) > width:
        line = line[:-2] + "…"
    return line


def _plain(verdict: StepGrade) -> dict[str, object]:
    step = verdict.step
    return {
        "step": step.number,
        "id": step.id,
        "kind": step.kind,
        "state": verdict.state.value,
        "given": verdict.given,
        "measured": verdict.measured or None,
        "held": verdict.hit,
        "late": verdict.late,
        "said": list(verdict.said),
        "run": verdict.report.id if verdict.report else None,
    }


def print_report(session: Session, sheets: Iterable[Sheet]) -> None:
    """The check, and the calibration over all worksheets."""
    print_check(session, as_json=False)
    found = calibration_over(sheets)
    write("\n")
    title = f"**{session.say('calibration-over')}**{session.say('colon')}"
    if found is None:
        tell(f"{title}{session.say('calibration-none')}")
        return
    mean = session.say("calibration-mean", said=f"{found.said:.0%}"[:-1], held=f"{found.held:.0%}"[:-1], n=found.count)
    tell(f"{title}{mean}{session.say('between')}" + session.say("brier", score=f"{found.brier:.2f}"))


def write_page(session: Session, sheets: Iterable[Sheet], path: Path) -> None:
    """The page to hand in; UsageError where it cannot be written."""
    from netlab.worksheets.page import page_of

    text = page_of(session, calibration_over(sheets))
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"--html {path}: {error.strerror or error}") from None
    print(f"{path}: {len(text.encode()):,} bytes")
