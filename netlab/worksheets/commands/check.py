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
from netlab.worksheets.messages import say
from netlab.worksheets.model import Sheet
from netlab.worksheets.session import Session, calibration_over


def print_check(desk: Session, as_json: bool) -> int:
    """All verdicts, the first cause first; returns the exit code."""
    verdicts = desk.verdicts()
    code = exit_code(verdicts)
    if as_json:
        document = {"lab": desk.sheet.id, "passed": code == 0, "steps": [_plain(verdict) for verdict in verdicts]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return code
    write(f"{strong(desk.sheet.title[desk.lang])}\n")
    first = next((verdict for verdict in verdicts if verdict.state is not State.PASSED), None)
    if first is not None:
        section = desk.sheet.section(first.step, desk.lang)
        tell(f"**{say('first-cause', desk.lang, number=first.step.number, heading=section.heading)}**")
        _points(first.said, first.step.command)
        if first.step.run:
            run = desk.sheet.step(first.step.run)
            if run.command:
                _points((say("command-is", desk.lang, number=run.number, command=run.command),), run.command)
        write("\n")
    for verdict in verdicts:
        mark = mark_of(verdict)
        given = f"  {printable(verdict.given)}" if verdict.given else ""
        if verdict.hit is not None:
            given += f" · {say('measured-value', desk.lang)} {verdict.measured}"
        if verdict.late:
            given = f"  ({say('late', desk.lang)}){given}"
        line = f"  {mark} {heading_of(desk, verdict.step)}{given}"
        write(_cut(line, terminal_width()) + "\n")
    passed = sum(verdict.state is State.PASSED for verdict in verdicts)
    late = sum(verdict.late for verdict in verdicts)
    tally = _score(desk, passed, len(verdicts))
    tell(f"\n{tally} · {say('late-tally', desk.lang, n=late)}" if late else f"\n{tally}")
    if code == 0:
        tell_done(desk)
    return code


def _points(said: Sequence[str], command: str) -> None:
    """Sentences as points; a command at the end of one stands by itself, so that it can be copied."""
    for text in said:
        words = text.removesuffix(command) if command else text
        tell(f"- {printable(words.rstrip())}")
        if words != text:
            write("\n".join(command_lines(command, width(), "      ")) + "\n")


def _score(desk: Session, passed: int, every: int) -> str:
    hints = sum(desk.progress.hints.values())
    tries = say("tries", desk.lang, n=desk.first_tries(), hints=hints)
    return f"{say('tally', desk.lang, passed=passed, all=every)} · {tries}"


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


def print_report(desk: Session, sheets: Iterable[Sheet]) -> None:
    """The check, and the calibration over all worksheets."""
    print_check(desk, as_json=False)
    found = calibration_over(sheets)
    write("\n")
    title = f"**{say('calibration-over', desk.lang)}**{say('colon', desk.lang)}"
    if found is None:
        tell(f"{title}{say('calibration-none', desk.lang)}")
        return
    mean = say(
        "calibration-mean", desk.lang, said=f"{found.said:.0%}"[:-1], held=f"{found.held:.0%}"[:-1], n=found.count
    )
    tell(f"{title}{mean}{say('between', desk.lang)}" + say("brier", desk.lang, score=f"{found.brier:.2f}"))


def write_page(desk: Session, sheets: Iterable[Sheet], path: Path) -> None:
    """The page to hand in; UsageError where it cannot be written."""
    from netlab.worksheets.page import page_of

    text = page_of(desk, calibration_over(sheets))
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"--html {path}: {error.strerror or error}") from None
    print(f"{path}: {len(text.encode()):,} bytes")
