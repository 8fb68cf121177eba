"""What `netlab lab` prints: lists, sheets, hints, a verdict. Prose is wrapped to the terminal, in both languages.

All verdicts of a worksheet together: check.py.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from netlab.cli.failures import complain
from netlab.cli.output import terminal_width, wants_colour, write
from netlab.errors import UsageError
from netlab.report.glyphs import CROSS, TICK, printable
from netlab.report.prose_terminal import columns, command_lines, prose
from netlab.worksheets.grade import State, StepGrade
from netlab.worksheets.messages import say, source_words
from netlab.worksheets.model import Sheet, Step
from netlab.worksheets.needs import lacking
from netlab.worksheets.session import Session

_MARKS = {State.PASSED: TICK, State.WRONG: CROSS, State.TODO: "○", State.INCONCLUSIVE: "?"}
_WIDEST = 92  # lines longer than that are hard to read


def width() -> int:
    """Columns for prose."""
    return min(terminal_width(), _WIDEST)


def tell(text: str) -> None:
    """Markdown, wrapped."""
    write(prose(text, width(), colour=wants_colour()))
    sys.stdout.flush()


def tell_prompt(text: str) -> None:
    """A question that waits for its answer on the same line, wrapped like the rest."""
    space = " " if text.endswith(" ") else ""
    write(f"\n{prose(text, width(), colour=wants_colour()).strip()}{space}")
    sys.stdout.flush()


def tell_done(session: Session) -> None:
    """All steps pass: what makes a page of it."""
    id = session.sheet.id
    _tell_command(session, "done", f"netlab lab report {id} --html {id}.html{session.options}")


def tell_paused(session: Session) -> None:
    """The learner stops: what goes on from here."""
    _tell_command(session, "paused", f"netlab lab start {session.sheet.id}{session.options}")


def _tell_command(session: Session, key: str, command: str) -> None:
    """A sentence with a command behind it; where that does not fit, it stands by itself, so that it can be copied."""
    sentence = f"{session.say(key)}{session.say('colon')}"
    if columns(sentence + command) <= width():
        write(f"{sentence}{command}\n")
    else:
        tell(sentence)
        write("\n".join(command_lines(command, width(), "    ")) + "\n")
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
    """The worksheets by lecture, a line each where there is room."""
    lecture = None
    wide = max(len(sheet.id) for sheet in sheets)
    standings = {sheet.id: _standing(Session(sheet, lang)) for sheet in sheets}
    widest = max(map(columns, standings.values()))
    for sheet in sheets:
        if sheet.lecture != lecture:
            lecture = sheet.lecture
            write(f"{strong(say('lecture', lang, n=lecture))}\n")
        standing, title = standings[sheet.id], sheet.title[lang]
        line = f"  {sheet.id:<{wide}}  {say('minutes', lang, n=sheet.minutes):>10}  {standing}"
        filled = line + " " * (widest - columns(standing) + 2)
        if columns(filled + title) <= width():
            write(f"{filled}{strong(title)}\n")
        else:
            write(f"{line}\n")
            tell_indented(f"**{title}**")
        short_of = _lacks(sheet, lang)
        if short_of:
            tell_indented(say("lacks", lang, what=short_of))
    write("\n")
    tell(say("list-how", lang))


def tell_indented(text: str) -> None:
    """A paragraph, four columns in."""
    for line in prose(text, width() - 4, colour=wants_colour()).splitlines():
        write(f"    {line}\n")


def _standing(session: Session) -> str:
    if not session.progress.begun or not (session.progress.answers or session.progress.runs):
        return session.say("untouched")
    verdicts = session.verdicts()
    passed = sum(verdict.state is State.PASSED for verdict in verdicts)
    if passed == len(verdicts):
        return f"{TICK} {session.say('finished')}"
    return session.say("begun", passed=passed, all=len(verdicts))


def _lacks(sheet: Sheet, lang: str) -> str:
    return ", ".join(
        say(f"needs-{name}", lang, needed=needed, there=there) for name, needed, there in lacking(sheet.needs)
    )


def heading_of(session: Session, step: Step) -> str:
    """ "3. Fill in: …" """
    return f"{step.number}. {session.sheet.section(step, session.lang).heading}"


def print_card(session: Session) -> None:
    """What a worksheet is about, before its first step."""
    sheet = session.sheet
    write(f"{strong(sheet.title[session.lang])}\n")
    write(f"{session.say('lecture', n=sheet.lecture)} · {session.say('minutes', n=sheet.minutes)} · {sheet.id}\n\n")
    tell(sheet.pages[session.lang].context)
    short_of = _lacks(sheet, session.lang)
    if short_of:
        tell(session.say("lacks", what=short_of))


def print_section(session: Session, step: Step) -> None:
    """The words of one step."""
    write("\n" + "─" * width() + "\n")
    write(f"{strong(heading_of(session, step))}\n\n")
    tell(session.sheet.section(step, session.lang).body)


def print_sheet(session: Session) -> None:
    """All of it, answers left out."""
    print_card(session)
    for step in session.sheet.steps:
        print_section(session, step)
    if session.sheet.pages[session.lang].tail:
        write("\n")
        tell(session.sheet.pages[session.lang].tail)


def print_hint(session: Session) -> None:
    """One more hint for the open step."""
    step = session.next_step()
    if step is None:
        tell_done(session)
        return
    write(f"{strong(heading_of(session, step))}\n")
    found = session.hint(step)
    if found is None:
        tell(session.say("no-hint" if step.hints else "no-hints"))
        return
    tell(f"**{session.say('hint', n=found[0], of=len(step.hints))}** {found[1]}")


def reveal(session: Session, step: Step) -> None:
    """Why it is so, once a step passes."""
    if not step.why:
        return
    lang, colon = session.lang, session.say("colon")
    parts = [f"**{session.say('why')}{colon}**{step.why[lang]}"]
    if step.tempting:
        parts.append(f"**{session.say('tempting')}{colon}**{step.tempting[lang]}")
    if step.source:
        parts.append(f"*{session.say('source')}{colon}{source_words(step.source, lang)}*")
    if step.solution:
        parts.append(f"{session.say('solution')}{colon}`{step.solution}`")
    write("\n")
    tell("\n\n".join(parts))


def mark_of(verdict: StepGrade) -> str:
    """✓ and ✗; ≠ for a prediction that did not hold, – for one that came after its run."""
    if verdict.late:
        return "–"  # neither held nor missed
    return "≠" if verdict.hit is False else _MARKS[verdict.state]


def print_verdict(session: Session, verdict: StepGrade, *, explain: bool = True) -> None:
    """How an answer stands; the explanation where it is right, or where a prediction has met its run."""
    said = [printable(text) for text in verdict.said]
    if verdict.step.kind == "predict" and verdict.hit is None and verdict.state is State.PASSED:
        said = [session.say("noted")]
    mark = _MARKS[verdict.state]
    if verdict.hit is not None:
        mark = mark_of(verdict)
    tell(f"{mark} " + session.say("between").join(said))
    settled = verdict.hit is not None or (verdict.state is State.PASSED and verdict.step.kind != "predict")
    if explain and settled:
        reveal(session, verdict.step)


def print_problems(sheets: Sequence[Sheet], static: bool) -> bool:
    """Verify each sheet and say what is amiss; True if anything is."""
    from netlab.worksheets.dry_run import rehearse
    from netlab.worksheets.verify import verify

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
