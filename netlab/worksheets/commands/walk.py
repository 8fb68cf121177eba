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
from netlab.worksheets.messages import say
from netlab.worksheets.model import Step
from netlab.worksheets.session import Session

_PR_SET_PDEATHSIG = 1  # of linux/prctl.h
_ENDS_WITHIN_S = 20.0  # a command that Ctrl-C has reached


class Stopped(Exception):
    """The learner stops here: q, or the end of the input."""


def walk(desk: Session, steps: int | None = None) -> int:
    """From the first open step on, at most `steps` of them; returns the exit code."""
    try:
        if not (desk.progress.answers or desk.progress.runs):
            print_card(desk)
        while (step := desk.next_step()) is not None:
            _do(desk, step)
            if steps is not None:
                steps -= 1
                if steps == 0:
                    return 0
            if step.kind in ("blank", "explain", "task"):
                _ask(desk, "ask-next")
        write("\n")
        if any(verdict.state is not State.PASSED for verdict in desk.verdicts()):
            return print_check(desk, as_json=False)  # something could not be judged here
        tell_done(desk)
        return 0
    except Stopped:
        write("\n")
        tell_paused(desk)
        return 0
    except KeyboardInterrupt:
        write("\n")
        tell_paused(desk)
        return INTERRUPTED


def _do(desk: Session, step: Step) -> None:
    print_section(desk, step)
    if step.kind == "run":
        _run_step(desk, step)
    elif step.kind == "task":
        _task(desk, step)
    else:
        _question(desk, step)


def _question(desk: Session, step: Step) -> None:
    """Ask until a right answer is given; a prediction is taken as it is."""
    key = f"ask-{step.type}"
    unit = f" ({step.unit})" if step.unit else ""
    while True:
        typed = _ask(desk, key, options=", ".join(step.options), items=", ".join(step.items), unit=unit, step=step)
        try:
            sure = _confidence(desk, step, typed) if step.kind == "predict" else None
            verdict = desk.answer(step, typed, sure)
        except NotAnAnswer as error:
            tell(say(str(error), desk.lang, items=", ".join(step.items)))
            continue
        print_verdict(desk, verdict)
        if verdict.state is not State.WRONG:
            return
        tell(say("try-again", desk.lang))


def _confidence(desk: Session, step: Step, typed: str) -> float:
    from netlab.worksheets.answers import parse

    parse(step, typed)  # first complain about the answer, if there is reason to
    while True:
        text = _ask(desk, "ask-sure").strip().rstrip("%％").strip()
        try:
            sure = float(text)
        except ValueError:
            sure = 0.0
        if 50 <= sure <= 100:
            return sure / 100
        tell(say("bad-sure", desk.lang))


def _run_step(desk: Session, step: Step) -> None:
    """Run the command live, then say how the predictions about it came out."""
    _ask(desk, "ask-run")
    code = run_command(step.command)
    verdict = desk.verdict(step)
    if verdict.state is not State.PASSED:
        if verdict.report is None and code:
            tell(say("run-failed", desk.lang, code=code))
        print_verdict(desk, verdict)
        raise Stopped
    desk.remember(step)
    _score_predictions(desk, step)


def _score_predictions(desk: Session, step: Step) -> None:
    """What was predicted of this run, against what it measured."""
    for other in desk.verdicts():
        if other.step.kind == "predict" and other.step.run == step.id and other.hit is not None:
            write(f"\n{strong(heading_of(desk, other.step))}\n")
            print_verdict(desk, other)


def _task(desk: Session, step: Step) -> None:
    while True:
        typed = _ask(desk, "ask-task", step=step, may_be_empty=True)
        if typed:
            run_command(typed) if _is_netlab(typed) else tell(say("only-netlab", desk.lang))
        verdict = desk.verdict(step)
        if verdict.state is State.PASSED:
            desk.remember(step)
            print_verdict(desk, verdict, explain=False)
            reveal(desk, step)
            _score_predictions(desk, step)
            return
        print_verdict(desk, verdict)


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


def _ask(desk: Session, key: str, step: Step | None = None, may_be_empty: bool = True, **values: str) -> str:
    """One line from the learner; h is answered with a hint, q and the end of input raise Stopped."""
    keys = say("keys-hint" if step is not None and step.hints else "keys", desk.lang)
    while True:
        tell_prompt(f"{say(key, desk.lang, keys=keys, **values)}{say('colon', desk.lang)}")
        stdin: TextIO = sys.stdin
        line = stdin.readline()
        if not line:
            raise Stopped
        text = line.strip()
        if text.lower() in ("q", "quit", "ｑ"):
            raise Stopped
        if text.lower() in ("h", "hint", "?", "？", "ｈ") and step is not None:
            if found := desk.hint(step):
                number, words = found
                tell(f"**{say('hint', desk.lang, n=number, of=len(step.hints))}** {words}")
            else:
                tell(say("no-hint" if step.hints else "no-hints", desk.lang))
            continue
        return text
