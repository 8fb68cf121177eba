"""What `netlab lab` prints: lists, sheets, hints, verdicts. Prose is wrapped to the terminal, in both languages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from netlab.cli.failures import complain
from netlab.cli.output import terminal_width, wants_colour, write
from netlab.errors import UsageError
from netlab.labs.desk import Desk, calibration_over
from netlab.labs.judge import State, Verdict, exit_code
from netlab.labs.model import Sheet, Step
from netlab.labs.needs import lacking
from netlab.labs.words import say, source_words
from netlab.report.glyphs import CROSS, TICK, printable
from netlab.report.prose_terminal import columns, command_lines, prose

_MARKS = {State.PASSED: TICK, State.WRONG: CROSS, State.TODO: "○", State.INCONCLUSIVE: "?"}
_WIDEST = 92  # lines longer than that are hard to read


def tell(text: str) -> None:
    """Markdown, wrapped."""
    write(prose(text, min(terminal_width(), _WIDEST), colour=wants_colour()))
    sys.stdout.flush()


def strong(text: str) -> str:
    """A line in bold where there is colour."""
    return f"\x1b[1m{text}\x1b[0m" if wants_colour() else text


def complain_of(broken: Mapping[str, UsageError]) -> int:
    """Say of each worksheet that cannot be read why; returns the exit code."""
    for error in broken.values():
        complain(error.message, error.hint)
    return UsageError.exit_code if broken else 0


def print_list(sheets: Sequence[Sheet], lang: str) -> None:
    """The worksheets by lecture."""
    lecture = None
    wide = max(len(sheet.id) for sheet in sheets)
    for sheet in sheets:
        if sheet.lecture != lecture:
            lecture = sheet.lecture
            write(f"{strong(say('lecture', lang, n=lecture))}\n")
        desk = Desk(sheet, lang)
        line = f"  {sheet.id:<{wide}}  {say('minutes', lang, n=sheet.minutes):>10}  {_standing(desk)}\n"
        write(line)
        tell_indented(f"**{sheet.title[lang]}** · {sheet.question[lang]}")
        short_of = _lacks(sheet, lang)
        if short_of:
            tell_indented(say("lacks", lang, what=short_of))
    write("\n")
    tell(say("list-how", lang))


def tell_indented(text: str) -> None:
    """A paragraph, four columns in."""
    width = min(terminal_width(), _WIDEST) - 4
    for line in prose(text, width, colour=wants_colour()).splitlines():
        write(f"    {line}\n")


def _standing(desk: Desk) -> str:
    if not desk.progress.begun or not (desk.progress.answers or desk.progress.runs):
        return say("untouched", desk.lang)
    verdicts = desk.verdicts()
    passed = sum(verdict.state is State.PASSED for verdict in verdicts)
    if passed == len(verdicts):
        return f"{TICK} {say('finished', desk.lang)}"
    return say("begun", desk.lang, passed=passed, all=len(verdicts))


def _lacks(sheet: Sheet, lang: str) -> str:
    return ", ".join(
        say(f"needs-{name}", lang, needed=needed, there=there) for name, needed, there in lacking(sheet.needs)
    )


def heading_of(desk: Desk, step: Step) -> str:
    """ "3. Fill in: …" """
    return f"{step.number}. {desk.sheet.section(step, desk.lang).heading}"


def print_card(desk: Desk) -> None:
    """What a worksheet is about, before its first step."""
    sheet = desk.sheet
    write(f"{strong(sheet.title[desk.lang])}\n")
    write(
        f"{say('lecture', desk.lang, n=sheet.lecture)} · {say('minutes', desk.lang, n=sheet.minutes)} · {sheet.id}\n\n"
    )
    tell(sheet.pages[desk.lang].context)
    short_of = _lacks(sheet, desk.lang)
    if short_of:
        tell(say("lacks", desk.lang, what=short_of))


def print_section(desk: Desk, step: Step) -> None:
    """The words of one step."""
    write("\n" + "─" * min(terminal_width(), _WIDEST) + "\n")
    write(f"{strong(heading_of(desk, step))}\n\n")
    tell(desk.sheet.section(step, desk.lang).body)


def print_sheet(desk: Desk) -> None:
    """All of it, answers left out."""
    print_card(desk)
    for step in desk.sheet.steps:
        print_section(desk, step)
    if desk.sheet.pages[desk.lang].tail:
        write("\n")
        tell(desk.sheet.pages[desk.lang].tail)


def print_hint(desk: Desk) -> None:
    """One more hint for the open step."""
    step = desk.next_step()
    if step is None:
        tell(say("done", desk.lang, lab=desk.sheet.id))
        return
    write(f"{strong(heading_of(desk, step))}\n")
    found = desk.hint(step)
    if found is None:
        tell(say("no-hint", desk.lang))
        return
    tell(f"**{say('hint', desk.lang, n=found[0], of=len(step.hints))}** {found[1]}")


def reveal(desk: Desk, step: Step) -> None:
    """Why it is so, once a step passes."""
    if not step.why:
        return
    parts = [f"**{say('why', desk.lang)}{say('colon', desk.lang)}**{step.why[desk.lang]}"]
    if step.tempting:
        parts.append(f"**{say('tempting', desk.lang)}{say('colon', desk.lang)}**{step.tempting[desk.lang]}")
    if step.source:
        parts.append(f"*{say('source', desk.lang)}{say('colon', desk.lang)}{source_words(step.source, desk.lang)}*")
    if step.solution:
        parts.append(f"{say('solution', desk.lang)}{say('colon', desk.lang)}`{step.solution}`")
    write("\n")
    tell("\n\n".join(parts))


def _mark_of(verdict: Verdict) -> str:
    if verdict.late:
        return "–"  # neither held nor missed
    return "≠" if verdict.hit is False else _MARKS[verdict.state]


def print_verdict(desk: Desk, verdict: Verdict, *, explain: bool = True) -> None:
    """How an answer stands; the explanation where it is right, or where a prediction has met its run."""
    said = [printable(text) for text in verdict.said]
    if verdict.step.kind == "predict" and verdict.hit is None and verdict.state is State.PASSED:
        said = [say("noted", desk.lang)]
    mark = _MARKS[verdict.state]
    if verdict.hit is not None:
        mark = _mark_of(verdict)
    tell(f"{mark} " + say("between", desk.lang).join(said))
    settled = verdict.hit is not None or (verdict.state is State.PASSED and verdict.step.kind != "predict")
    if explain and settled:
        reveal(desk, verdict.step)


def print_check(desk: Desk, as_json: bool) -> int:
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
        mark = _mark_of(verdict)
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
        tell(say("done", desk.lang, lab=desk.sheet.id))
    return code


def _points(said: Sequence[str], command: str) -> None:
    """Sentences as points; a command at the end of one stands by itself, so that it can be copied."""
    for text in said:
        words = text.removesuffix(command) if command else text
        tell(f"- {printable(words.rstrip())}")
        if words != text:
            write("\n".join(command_lines(command, min(terminal_width(), _WIDEST), "      ")) + "\n")


def _score(desk: Desk, passed: int, every: int) -> str:
    hints = sum(desk.progress.hints.values())
    tries = say("tries", desk.lang, n=desk.first_tries(), hints=hints)
    return f"{say('tally', desk.lang, passed=passed, all=every)} · {tries}"


def _cut(line: str, width: int) -> str:
    while columns(line) > width:
        line = line[:-2] + "…"
    return line


def _plain(verdict: Verdict) -> dict[str, object]:
    step = verdict.step
    return {
        "step": step.number, "id": step.id, "kind": step.kind, "state": verdict.state.value, "given": verdict.given,
        "measured": verdict.measured or None, "held": verdict.hit, "late": verdict.late, "said": list(verdict.said),
        "run": verdict.report.id if verdict.report else None,
    }  # fmt: skip


def print_report(desk: Desk, sheets: Iterable[Sheet]) -> None:
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


def write_page(desk: Desk, sheets: Iterable[Sheet], path: Path) -> None:
    """The page to hand in; UsageError where it cannot be written."""
    from netlab.labs.page import page_of

    text = page_of(desk, calibration_over(sheets))
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"--html {path}: {error.strerror or error}") from None
    print(f"{path}: {len(text.encode()):,} bytes")


def print_problems(sheets: Sequence[Sheet], static: bool) -> bool:
    """Verify each sheet and say what is amiss; True if anything is."""
    from netlab.labs.rehearse import rehearse
    from netlab.labs.verify import verify

    amiss = False
    for sheet in sheets:
        problems = verify(sheet)
        if not static and not problems:
            problems = rehearse(sheet)
        write(f"{CROSS if problems else TICK} {sheet.id}\n")
        for problem in problems:
            write(f"    {printable(problem)}\n")
        amiss = amiss or bool(problems)
    return amiss
