"""Every check of every experiment has a case in which it fails.

What checks there are is read from the source: each place in netlab/experiments/ that makes one. What they claim is seen
where those places are passed: in recorded runs and in cases made by hand. So a check that is added without a case that
makes it fail is found here, wherever it is added.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import test_dns_checks
import test_other_checks
import test_server_checks
import test_tcp_checks
from corruption import cases
from judged import Judged
from recorded_runs import RUNS, replay

import netlab.experiments
from netlab.report.quantity import Check, Draft

ROOT = Path(netlab.experiments.__file__).parent
BY_HAND: tuple[Judged, ...] = (
    *test_dns_checks.CASES,
    *test_other_checks.CASES,
    *test_server_checks.CASES,
    *test_tcp_checks.CASES,
)

ONLY_SAID_WHEN_WRONG = {"the command could be run"}

Place = tuple[str, int]
"""A file below netlab/experiments/, and the line where a check begins."""


class Made:
    """Checks as they are made: where, by which experiment, what they claim, and whether they hold."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.experiment = ""
        self.seen: set[tuple[Place, str, str, bool]] = set()
        real = Check.__init__

        def made(check: Check, *arguments: Any, **named: Any) -> None:
            real(check, *arguments, **named)
            place = _place_of(sys._getframe(1))
            if place is not None:
                self.seen.add((place, self.experiment, check.claim, check.passed))

        patch.setattr(Check, "__init__", made)


def _place_of(frame: FrameType | None) -> Place | None:
    """Where in an experiment a check is made; None for a copy of one."""
    while frame is not None and (
        frame.f_code is Draft.check.__code__ or frame.f_code.co_name in ("<listcomp>", "<genexpr>")
    ):
        frame = frame.f_back
    if frame is None or not Path(frame.f_code.co_filename).is_relative_to(ROOT):
        return None
    path = frame.f_code.co_filename
    return str(Path(path).relative_to(ROOT)), _begin(path, frame.f_lineno)


def places() -> Iterator[Place]:
    """Every place that makes a check."""
    for path in sorted(ROOT.rglob("*.py")):
        for begin, _ in _calls(str(path)):
            yield str(path.relative_to(ROOT)), begin


@cache
def _calls(path: str) -> list[tuple[int, int]]:
    """First and last line of each call of Check(…) or draft.check(…)."""
    found = []
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.Call) and node.end_lineno:
            function = node.func
            by_draft = isinstance(function, ast.Attribute) and function.attr == "check" and len(node.args) >= 4
            # What is handed the draft makes the check further down, in a call that counts by itself.
            by_draft = by_draft and not (isinstance(node.args[0], ast.Name) and node.args[0].id == "draft")
            if by_draft or (isinstance(function, ast.Name) and function.id == "Check"):
                found.append((node.lineno, node.end_lineno))
    return found


def _begin(path: str, line: int) -> int:
    return next((begin for begin, end in _calls(path) if begin <= line <= end), line)


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """All checks that recorded runs and cases by hand make."""
    with pytest.MonkeyPatch.context() as patch:
        found = Made(patch)
        for run in RUNS:
            found.experiment = run.experiment
            replay(run)
        for case in BY_HAND:
            found.experiment = case.experiment
            with pytest.MonkeyPatch.context() as inner:
                case.measure(inner)
        yield found


def test_every_place_that_makes_a_check_is_passed(made: Made) -> None:
    there, seen = set(places()), {place for place, *_ in made.seen}
    assert there - seen == set(), "no recorded run and no case by hand comes here"
    assert seen <= there


def test_every_check_has_a_case_in_which_it_fails(made: Made) -> None:
    """One of the same experiment: a value of a recorded run, or a case by hand."""
    failing = {(run.experiment, claim) for run in RUNS for each in cases(run) for claim in each.fails}
    failing |= {(case.experiment, claim) for case in BY_HAND for claim in case.fails}
    assert {(experiment, claim) for _, experiment, claim, _ in made.seen} - failing == set()


def test_every_check_holds_in_some_case(made: Made) -> None:
    held = {(experiment, claim) for _, experiment, claim, passed in made.seen if passed}
    never = {claim for _, experiment, claim, _ in made.seen if (experiment, claim) not in held}
    assert never <= ONLY_SAID_WHEN_WRONG


def test_how_many_checks_there_are(made: Made) -> None:
    claims = {(experiment, claim) for _, experiment, claim, _ in made.seen}
    assert len(claims) >= 150 and len(set(places())) >= 120
