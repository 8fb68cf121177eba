"""`netlab lab start`: a worksheet in the terminal, step by step. Whatever ends it, the answers so far are on disk."""

from __future__ import annotations

import ctypes
import shlex
import signal
import subprocess
import sys
from typing import TextIO

from netlab.cli.output import terminal_width, write
from netlab.errors import INTERRUPTED
from netlab.report.prose_terminal import command_lines
from netlab.worksheets.answers import NotAnAnswer
from netlab.worksheets.commands.check import print_check
from netlab.worksheets.commands.lab_print import (
    heading_of,
    print_card,
    print_section,
    print_verdict,
    reveal,
    strong,
    tell,
    tell_done,
    tell_paused,
    tell_prompt,
)
from netlab.worksheets.grade import State
from netlab.worksheets.model import Step
from netlab.worksheets.session import Session

_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_ENDS_WITHIN_S = 20.0  # a command that Ctrl-C has reached


class Stopped(Exception):
    """The learner stops here: q, or the end of the input."""


def walk(session: Session, steps: int | None = None) -> int:
    """From the first open step on, at most `steps` of them; returns the exit code."""
    try:
        if not (session.progress.answers or session.progress.runs):
            print_card(session)
        while (step := session.next_step()) is not None:
            _do(session, step)
            if steps is not None:
                steps -= 1
                if steps == 0:
                    return 0
            if step.kind in ("blank", "explain", "task"):
                _ask(session, "ask-next")
        write("\n")
        if any(verdict.state is not State.PASSED for verdict in session.verdicts()):
            return print_check(session, as_json=False)  # something could not be judged here
        tell_done(session)
        return 0
    except Stopped:
        write("\n")
        tell_paused(session)
        return 0
    except KeyboardInterrupt:
        write("\n")
        tell_paused(session)
        return INTERRUPTED


def _do(session: Session, step: Step) -> None:
    print_section(session, step)
    if step.kind == "run":
        _run_step(session, step)
    elif step.kind == "task":
        _task(session, step)
    else:
        _question(session, step)


def _question(session: Session, step: Step) -> None:
    """Ask until a right answer is given; a prediction is taken as it is."""
    key = f"ask-{step.type}"
    unit = f" ({step.unit})" if step.unit else ""
    while True:
        typed = _ask(session, key, options=", ".join(step.options), items=", ".join(step.items), unit=unit, step=step)
        try:
            sure = _confidence(session, step, typed) if step.kind == "predict" else None
            verdict = session.answer(step, typed, sure)
        except NotAnAnswer as error:
            tell(session.say(str(error), items=", ".join(step.items)))
            continue
        print_verdict(session, verdict)
        if verdict.state is not State.WRONG:
            return
        tell(session.say("try-again"))


def _confidence(session: Session, step: Step, typed: str) -> float:
    from netlab.worksheets.answers import parse

    parse(step, typed)  # first complain about the answer, if there is reason to
    while True:
        text = _ask(session, "ask-sure").strip().rstrip("%％").strip()
        try:
            sure = float(text)
        except ValueError:
            sure = 0.0
        if 50 <= sure <= 100:
            return sure / 100
        tell(session.say("bad-sure"))


def _run_step(session: Session, step: Step) -> None:
    """Run the command live, then say how the predictions about it came out."""
    _ask(session, "ask-run")
    code = run_command(step.command)
    verdict = session.verdict(step)
    if verdict.state is not State.PASSED:
        if verdict.report is None and code:
            tell(session.say("run-failed", code=code))
        print_verdict(session, verdict)
        raise Stopped
    session.remember(step)
    _score_predictions(session, step)


def _score_predictions(session: Session, step: Step) -> None:
    """What was predicted of this run, against what it measured."""
    for other in session.verdicts():
        if other.step.kind == "predict" and other.step.run == step.id and other.hit is not None:
            write(f"\n{strong(heading_of(session, other.step))}\n")
            print_verdict(session, other)


def _task(session: Session, step: Step) -> None:
    while True:
        typed = _ask(session, "ask-task", step=step)
        if typed:
            run_command(typed) if _is_netlab(typed) else tell(session.say("only-netlab"))
        verdict = session.verdict(step)
        if verdict.state is State.PASSED:
            session.remember(step)
            print_verdict(session, verdict, explain=False)
            reveal(session, step)
            _score_predictions(session, step)
            return
        print_verdict(session, verdict)


def _is_netlab(line: str) -> bool:
    try:
        return shlex.split(line)[:1] == ["netlab"]
    except ValueError:
        return False


def run_command(line: str) -> int:
    """Run a netlab command on this terminal and return its exit code. Ctrl-C goes to it; it is waited for."""
    words = shlex.split(line)[1:]
    write("\n" + "\n".join(command_lines(line, terminal_width(), "$ ")) + "\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "netlab", *words]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_the_walker)
    try:
        return child.wait()
    except KeyboardInterrupt:
        try:
            child.wait(_ENDS_WITHIN_S)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        raise


def _die_with_the_walker() -> None:
    """In the child: SIGTERM when the walker ends in whatever way, `kill -9` too (PR_SET_PDEATHSIG of prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ask(session: Session, key: str, step: Step | None = None, **values: str) -> str:
    """One line from the learner; h is answered with a hint, q and the end of input raise Stopped."""
    keys = session.say("keys-hint" if step is not None and step.hints else "keys")
    while True:
        tell_prompt(f"{session.say(key, keys=keys, **values)}{session.say('colon')}")
        stdin: TextIO = sys.stdin
        line = stdin.readline()
        if not line:
            raise Stopped
        text = line.strip()
        if text.lower() in ("q", "quit", "ｑ"):
            raise Stopped
        if text.lower() in ("h", "hint", "?", "？", "ｈ") and step is not None:
            if found := session.hint(step):
                number, words = found
                tell(f"**{session.say('hint', n=number, of=len(step.hints))}** {words}")
            else:
                tell(session.say("no-hint" if step.hints else "no-hints"))
            continue
        return text
