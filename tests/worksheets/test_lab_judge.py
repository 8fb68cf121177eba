"""Verdicts: from one's own runs, the first cause first, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from labwork import record

from netlab.worksheets import learner_progress
from netlab.worksheets.answers import NotAnAnswer
from netlab.worksheets.grade import State, exit_code
from netlab.worksheets.model import Sheet
from netlab.worksheets.session import Session, calibration_over


def state(desk: Session, id: str) -> State:
    return desk.verdict(desk.sheet.step(id)).state


def test_an_empty_sheet_fails(desk: Session) -> None:
    assert exit_code(desk.verdicts()) == 1
    assert {verdict.state for verdict in desk.verdicts()} == {State.TODO}


def test_a_prediction_passes_by_being_made_and_is_scored_by_the_run(desk: Session, sheet: Sheet) -> None:
    desk.answer(sheet.step("ports"), "20000", 0.8)
    desk.answer(sheet.step("larger"), "a", 0.6)
    assert state(desk, "ports") is State.PASSED and desk.verdict(sheet.step("ports")).hit is None
    record()
    assert desk.verdict(sheet.step("ports")).hit is True
    assert desk.verdict(sheet.step("larger")).hit is False
    assert state(desk, "larger") is State.PASSED
    found = calibration_over([sheet])
    assert found is not None and (found.count, found.held) == (2, 0.5)
    assert found.brier == pytest.approx((0.2**2 + 0.6**2) / 2)


def test_a_prediction_that_cannot_be_off_by_a_factor_says_nothing_of_one(desk: Session, sheet: Sheet) -> None:
    desk.answer(sheet.step("ports"), "20000", 0.8)
    record(ports=0)
    said = desk.verdict(sheet.step("ports")).said
    assert "20000" in said[0] and not any("factor" in text for text in said)
    record(id="20261122-180000-doctor-0002", ports=2_000)
    assert any("factor of 10" in text for text in desk.verdict(sheet.step("ports")).said)


def test_a_prediction_after_the_run_does_not_count(desk: Session, sheet: Sheet) -> None:
    record()
    desk.answer(sheet.step("ports"), "28232", 1.0)
    assert not desk.progress.answers["ports"].blind
    assert calibration_over([sheet]) is None
    assert desk.verdict(sheet.step("ports")).late


def test_the_prediction_from_before_the_run_stands(desk: Session, sheet: Sheet) -> None:
    step = sheet.step("ports")
    desk.answer(step, "70000", 0.6)
    desk.answer(step, "60000", 0.9)  # one may change one's mind as long as there is no run
    record()
    verdict = desk.answer(step, "28232", 1.0)
    assert "60000" in verdict.said[0] and verdict.hit is False and not verdict.late
    assert desk.progress.answers["ports"].given == "60000" and desk.progress.tries["ports"][-1] == "28232"
    found = calibration_over([sheet])
    assert found is not None and (found.count, found.said, found.held) == (1, 0.9, 0)


def test_a_friends_value_fails(desk: Session, sheet: Sheet) -> None:
    record(ports=28_232)
    verdict = desk.answer(sheet.step("copy"), "30000")
    assert verdict.state is State.WRONG and not verdict.measured
    assert "3fa2" in verdict.said[-1] and "28,232" not in verdict.said[-1] and "30000" in verdict.said[-1]
    assert desk.answer(sheet.step("copy"), "28232").state is State.PASSED


def test_the_value_is_told_at_the_third_try(desk: Session, sheet: Sheet) -> None:
    record(ports=28_232)
    said = [desk.answer(sheet.step("copy"), wrong).said[-1] for wrong in ("1", "2", "3")]
    assert ["28,232" in text for text in said] == [False, False, True]


def test_the_value_is_told_after_the_last_hint(desk: Session, sheet: Sheet) -> None:
    record(ports=28_232)
    step = sheet.step("copy")
    desk.answer(step, "1")
    told = ["28,232" in desk.verdict(step).said[-1] for _ in range(2) if desk.hint(step)]
    assert told == [False, True] and desk.verdict(step).measured == "28,232"


def test_an_answer_stays_right_when_the_command_is_run_again(desk: Session, sheet: Sheet) -> None:
    record(ports=28_232)
    assert desk.answer(sheet.step("copy"), "28232").state is State.PASSED
    record(id="20261122-180000-doctor-0002", ports=5)
    assert state(desk, "copy") is State.PASSED
    assert desk.answer(sheet.step("copy"), "5").state is State.PASSED


def test_an_answer_without_its_run_is_no_success(desk: Session, sheet: Sheet) -> None:
    verdict = desk.answer(sheet.step("copy"), "28232")
    assert verdict.state is State.TODO and "step 3" in verdict.said[0]


def test_wrong_options_have_their_own_words(desk: Session, sheet: Sheet) -> None:
    said = {desk.answer(sheet.step("purpose"), letter).said for letter in "bc"}
    assert len(said) == 2
    assert desk.answer(sheet.step("purpose"), "a").state is State.PASSED
    assert desk.first_tries() == 0


def test_what_is_no_answer_is_not_kept(desk: Session, sheet: Sheet) -> None:
    with pytest.raises(NotAnAnswer):
        desk.answer(sheet.step("purpose"), "z")
    assert not learner_progress.load(sheet.id).answers


def test_a_near_miss_says_why(desk: Session, sheet: Sheet) -> None:
    record(id="20261122-170501-dns-trace-aaaa")
    said = desk.verdict(sheet.step("reverse")).said
    assert any("aaaa" in text and "found no name" in text for text in said)


def test_an_interrupted_run_does_not_count(desk: Session, sheet: Sheet) -> None:
    record(interrupted=True)
    assert state(desk, "doctor") is State.TODO
    assert "Ctrl-C" in " ".join(desk.verdict(sheet.step("doctor")).said)


def test_what_the_machine_could_not_measure_is_inconclusive(desk: Session, sheet: Sheet) -> None:
    record(ports=None)
    verdict = desk.answer(sheet.step("copy"), "28232")
    assert verdict.state is State.INCONCLUSIVE and "netlab doctor" in verdict.said[0]
    assert exit_code((verdict,)) == 3


def test_a_machine_that_lacks_something_is_no_mistake_of_the_learners(sheet: Sheet) -> None:
    desk = Session(replace(sheet, needs={"cpus": 1 << 20}), "en")
    desk.answer(sheet.step("ports"), "20000", 0.8)
    desk.answer(sheet.step("larger"), "a", 0.6)
    assert exit_code(desk.verdicts()) == 1
    assert desk.next_step() == sheet.step("purpose")
    desk.answer(sheet.step("purpose"), "a")
    assert exit_code(desk.verdicts()) == 3
    assert desk.next_step() is None
    assert "1048576 CPUs" in desk.verdict(sheet.step("doctor")).said[0]


def test_where_private_networks_are_forbidden_that_is_said(sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Session(replace(sheet, needs={"networks": 1}), "zh")
    for there, said in ((1, "运行记录"), (0, "私有网络")):
        monkeypatch.setattr("netlab.worksheets.needs._networks", lambda there=there: there)
        verdict = desk.verdict(sheet.step("doctor"))
        assert (verdict.state is State.INCONCLUSIVE) == (there == 0)
        assert said in verdict.said[0]


def test_the_walkers_run_counts_however_many_came_after_it(desk: Session, sheet: Sheet) -> None:
    record()
    desk.progress.runs["doctor"] = "20261122-170501-doctor-3fa2"
    for number in range(45):
        record(id=f"20261122-1801{number:02}-doctor-0001", interrupted=True)
    assert state(desk, "doctor") is State.PASSED


def test_runs_before_a_reset_do_not_count(desk: Session, sheet: Sheet) -> None:
    record()
    assert state(desk, "doctor") is State.PASSED
    learner_progress.reset(sheet.id)
    assert state(Session(sheet, "en"), "doctor") is State.TODO


def test_both_languages_agree(desk: Session, sheet: Sheet) -> None:
    record()
    desk.answer(sheet.step("copy"), "1")
    desk.answer(sheet.step("purpose"), "b")
    chinese = Session(sheet, "zh")
    assert [verdict.state for verdict in desk.verdicts()] == [verdict.state for verdict in chinese.verdicts()]
    assert "服务器的端口" in chinese.verdict(sheet.step("purpose")).said[0]
    assert "测得的不是这个数" in chinese.verdict(sheet.step("copy")).said[0]
