"""Progress survives: what is written is written whole, and a broken file is said to be broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from labwork import SHELF

from netlab.errors import UsageError
from netlab.worksheets import learner_progress
from netlab.worksheets.learner_progress import LearnerAnswer, LearnerProgress
from netlab.worksheets.load import load
from netlab.worksheets.session import Session


def test_there_and_back() -> None:
    one = LearnerProgress(
        "x", answers={"a": LearnerAnswer("5 µs", "2026-11-22T17:00:00Z", 0.7, False, "r")}, tries={"a": ["4", "5 µs"]}
    )
    one.hints["a"] = 2
    learner_progress.save(one)
    assert learner_progress.load("x") == one and one.begun
    assert not learner_progress.load("y").begun


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"schema": "netlab.lab-progress/1"}', '{"schema": "other"}', "\x00"]
)
def test_a_broken_file_is_named_and_can_be_put_aside(text: str) -> None:
    path = learner_progress.path_of("x")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        learner_progress.load("x")
    assert learner_progress.touched("x") == ""
    learner_progress.reset("x")
    assert learner_progress.load("x").since
    assert path.with_suffix(".before").read_text() == text


def test_a_kill_leaves_the_state_before_or_after() -> None:
    code = (
        "import os\nfrom netlab.worksheets import learner_progress\n"
        "one = learner_progress.LearnerProgress('x')\nn = 0\nprint('up', flush=True)\n"
        "while True:\n    n += 1\n    one.tries['a'] = [str(n)] * 2000\n    learner_progress.save(one)\n"
    )
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None and child.stdout.readline() == b"up\n"
            while not learner_progress.path_of("x").exists():
                assert child.poll() is None
            os.kill(child.pid, signal.SIGKILL)
        assert len(set(learner_progress.load("x").tries["a"])) == 1


def test_who_reads_while_it_is_replaced_reads_the_old_one_whole() -> None:
    learner_progress.save(LearnerProgress("x", since="before"))
    with learner_progress.path_of("x").open() as reader:
        learner_progress.save(LearnerProgress("x", since="after"))
        assert '"since": "before"' in reader.read()
    assert learner_progress.load("x").since == "after"
    assert [path.name for path in learner_progress.path_of("x").parent.iterdir()] == ["x.json"]


def test_no_room_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="Not a directory"):
        learner_progress.save(LearnerProgress("x"))


def test_each_reset_keeps_what_there_was() -> None:
    kept = []
    for given in ("1", "2", "3"):
        learner_progress.save(LearnerProgress("x", tries={"a": [given]}))
        kept.append(learner_progress.reset("x"))
        assert learner_progress.reset("x") is None  # an empty one is not worth a file
    texts = [path.read_text() for path in kept if path]
    assert [given in text for given, text in zip(('"1"', '"2"', '"3"'), texts, strict=True)] == [True] * 3
    assert [path.name for path in kept if path] == ["x.before", "x.before2", "x.before3"]


def test_two_terminals_on_one_worksheet_lose_nothing() -> None:
    sheet = load(SHELF / "99-tiny")
    first, second = Session(sheet, "en"), Session(sheet, "en")  # both have read the empty progress
    second.answer(sheet.step("larger"), "b", 0.6)
    second.hint(sheet.step("copy"))
    first.answer(sheet.step("ports"), "28000", 0.8)
    assert set(learner_progress.load(sheet.id).answers) == {"ports", "larger"}
    assert learner_progress.load(sheet.id).hints == {"copy": 1}
    assert (first.next_step() or sheet.steps[0]).kind == "run"


def test_processes_that_change_it_at_once_wait_for_each_other() -> None:
    code = (
        "from netlab.worksheets.learner_progress import changing\n"
        "for _ in range(40):\n with changing('x') as one:\n  one.hints['a'] = one.hints.get('a', 0) + 1\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    assert learner_progress.load("x").hints == {"a": 120}


def test_what_raises_changes_nothing() -> None:
    with pytest.raises(KeyError), learner_progress.changing("x") as one:
        one.hints["a"] = 1
        raise KeyError
    assert not learner_progress.load("x").begun
