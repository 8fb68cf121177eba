"""Grading at its edges: a tolerance is inclusive at both ends, and each reason for a verdict has its own words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from labwork import a_run

from netlab.worksheets import grade
from netlab.worksheets.answers import ROUNDING, Marked, mark
from netlab.worksheets.calibration import calibration
from netlab.worksheets.grade import State, StepGrade, exit_code, judge_answer
from netlab.worksheets.learner_progress import LearnerAnswer
from netlab.worksheets.messages import say
from netlab.worksheets.model import Sheet, Step
from netlab.worksheets.record_reader import Ordering
from netlab.worksheets.runs_of_step import judge_run

BLANK = Step("copy", 4, "blank", "number", run="doctor", answer='fact("served messages")', unit="")
RUNS = {"doctor": a_run()}


@pytest.mark.parametrize(
    ("typed", "measured", "within", "right"),
    [
        (200.0, 100.0, 2.0, True),  # exactly at the upper end
        (50.0, 100.0, 2.0, True),  # and at the lower one
        (math.nextafter(200.0, 201), 100.0, 2.0, False),
        (math.nextafter(50.0, 49), 100.0, 2.0, False),
        (100.0, 100.0, 2.0, True),
        (1.01, 1.0, 1.0, True),  # a measured value is copied with three digits
        (1.0, 1.01, 1.0, True),
        (math.nextafter(1.01, 2), 1.0, 1.0, False),
        (1.0, math.nextafter(1.01, 2), 1.0, False),
        (1.01, 1.0, 1.005, True),  # never less than what a report shows
        (101.0, 100, 1.0, False),  # a count is exact
        (100.0, 100, 1.0, True),
        (200.0, 100, 2.0, True),  # unless the worksheet allows more
        (201.0, 100, 2.0, False),
        (101.0, 100, 1.001, True),
    ],
)
def test_a_tolerance_includes_both_of_its_ends(typed: float, measured: float, within: float, right: bool) -> None:
    assert mark(replace(BLANK, within=within), typed, measured).right is right
    assert ROUNDING == 0.01


def test_how_far_off_a_number_is_counts_in_both_directions() -> None:
    assert mark(BLANK, 50.0, 200.0).factor == mark(BLANK, 200.0, 50.0).factor == 4
    assert mark(BLANK, 200.0, 200.0) == Marked(True, 1.0)
    for typed, measured in ((0.0, 5.0), (5.0, 0.0), (5.0, -1.0)):
        assert mark(BLANK, typed, measured) == Marked(False, math.inf)
    assert mark(BLANK, 0.0, 0.0).right


@pytest.mark.parametrize("factor", [1000, 1024, 1e6, 60, 100, 1 / 1000, 1 / 60, 1009, 991, 1030, 0.995e6])
def test_a_slip_of_the_unit_is_told_from_a_wrong_number(factor: float) -> None:
    marked = mark(BLANK, 7.0 * factor, 7.0)
    assert marked.slipped and not marked.right


@pytest.mark.parametrize("factor", [10, 2, 983, 1040, 61, 98, 1.5e6])
def test_a_wrong_number_is_not_a_slip_of_the_unit(factor: float) -> None:
    assert not mark(BLANK, 7.0 * factor, 7.0).slipped


def test_an_order_may_be_wrong_by_a_tie_and_no_more() -> None:
    measured = Ordering((("a", 100.0), ("b", 125.0), ("c", 200.0)), tie=1.25)
    order = Step("o", 1, "predict", "order", items=("a", "b", "c"))
    assert mark(order, ("b", "a", "c"), measured).right  # exactly at the tie
    assert mark(order, ("a", "c", "b"), measured).inverted == (("c", "b"),)
    assert mark(order, ("b", "a", "c"), replace(measured, tie=1.24)).inverted == (("b", "a"),)
    down = replace(measured, pairs=measured.pairs[::-1], down=True)
    assert mark(order, ("c", "b", "a"), down).right and mark(order, ("c", "a", "b"), down).right
    assert mark(order, ("a", "c", "b"), down).inverted == (("a", "c"),)


def graded(given: str, sheet: Sheet, step: Step = BLANK, *, told: bool = False, blind: bool = True) -> StepGrade:
    """The verdict of an answer against a run."""
    answer = LearnerAnswer(given, "2026-11-22T17:00:00Z", blind=blind)
    return judge_answer(sheet, step, answer, RUNS, "en", told=told)


def test_a_blank_is_right_wrong_or_not_to_be_decided(sheet: Sheet) -> None:
    assert graded("28231", sheet).state is State.PASSED
    assert graded("28232", sheet).state is State.WRONG
    assert graded("many", sheet).state is State.WRONG
    unknown, nothing = replace(BLANK, answer='fact("unknown")'), replace(BLANK, answer='fact("no such")')
    word = replace(BLANK, answer='fact("rcode")')
    for step in (unknown, nothing, word):
        assert graded("28231", sheet, step).state is State.INCONCLUSIVE


def test_without_its_run_a_blank_waits_and_a_prediction_stands(sheet: Sheet) -> None:
    answer = LearnerAnswer("5", "2026-11-22T17:00:00Z")
    blank, guess = judge_answer(sheet, BLANK, answer, {}, "en"), replace(BLANK, kind="predict")
    assert (blank.state, blank.said) == (State.TODO, (say("no-run-before", "en", number=sheet.step("doctor").number),))
    verdict = judge_answer(sheet, guess, answer, {}, "en")
    assert (verdict.state, verdict.hit, verdict.said) == (State.PASSED, None, ())


def test_a_wrong_value_is_told_only_when_it_may_be(sheet: Sheet) -> None:
    hidden, told = graded("5", sheet), graded("5", sheet, told=True)
    assert hidden.measured == "" and "28,231" not in " ".join(hidden.said)
    assert told.measured == "28,231" and "28,231" in " ".join(told.said)


def test_a_slip_of_the_unit_is_said_first(sheet: Sheet) -> None:
    assert graded("28231000", sheet).said[0] == say("slipped", "en")
    assert say("slipped", "en") not in graded("5", sheet).said


def test_a_prediction_is_scored_by_what_was_measured(sheet: Sheet) -> None:
    guess = replace(BLANK, kind="predict", within=2.0)
    hit, missed = graded("20000", sheet, guess), graded("2823", sheet, guess)
    assert (hit.state, hit.hit, hit.late) == (State.PASSED, True, False)
    assert (missed.state, missed.hit) == (State.PASSED, False)
    assert hit.said[-1] == say("hit", "en") and missed.said[-1] == say("missed", "en")
    assert say("off-by", "en", factor="10") in missed.said and len(hit.said) == 2
    late = graded("20000", sheet, guess, blind=False)
    assert late.late and late.said[-1] == say("after-the-fact", "en")
    assert graded("0", sheet, guess).said[1:] == (say("missed", "en"),)  # not off by any factor


def test_an_order_names_the_first_pair_that_is_inverted(sheet: Sheet) -> None:
    names = ("open files, hard", "ephemeral ports")
    step = Step("o", 1, "blank", "order", run="doctor", answer='order("Limits", "", "here")', items=("open", "eph"))
    marked = Marked(False, inverted=((names[1], names[0]),))
    answer = LearnerAnswer("eph open", "2026-11-22T17:00:00Z")
    (said,) = grade._wrong(step, ("eph", "open"), marked, answer, "", "3fa2", "en")
    assert said == say("inverted", "en", id="3fa2", first=names[1], second=names[0])
    assert graded("open", sheet, step).said == (say("not-all", "en", items="open, eph"),)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        ((State.PASSED,), 0),
        ((State.PASSED, State.INCONCLUSIVE), 3),
        ((State.INCONCLUSIVE,), 3),
        ((State.PASSED, State.TODO), 1),
        ((State.WRONG,), 1),
        ((State.INCONCLUSIVE, State.WRONG), 1),
    ],
)
def test_exit_codes(states: tuple[State, ...], code: int) -> None:
    assert exit_code(tuple(StepGrade(BLANK, state) for state in states)) == code


def test_a_run_is_held_against_each_condition_in_turn(sheet: Sheet) -> None:
    task = sheet.step("reverse")
    candidate = judge_run(task, a_run())
    assert candidate.failed == task.conditions[1]  # the table is not there
    assert "answers" in candidate.why
    refused = judge_run(
        replace(task, conditions=(replace(task.conditions[0], when='fact("rcode") == "NXDOMAIN"'),)), a_run()
    )
    assert refused.failed is not None and refused.why == ""
    held = replace(task, conditions=task.conditions[:1])
    assert judge_run(held, a_run()).failed is None
    interrupted = judge_run(held, a_run(interrupted=True)).failed
    assert interrupted is not None and interrupted.when == "not interrupted()"


def test_confidence_and_outcome() -> None:
    found = calibration([(0.9, True), (0.86, False), (0.5, True), (0.5, False)])
    assert found is not None
    assert found.rows == ((0.5, 2, 1), (0.9, 2, 1))
    assert (found.said, found.held, found.count) == (pytest.approx(0.69), 0.5, 4)
    assert found.brier == pytest.approx((0.1**2 + 0.86**2 + 0.5**2 + 0.5**2) / 4)
    assert calibration([]) is None


def test_the_value_is_told_at_the_third_try() -> None:
    assert grade._TRIES_TILL_TOLD == 3
