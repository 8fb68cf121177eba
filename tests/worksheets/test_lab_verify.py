"""Every worksheet is sound: its commands run, right answers pass, wrong ones fail, in both languages. And the verifier
finds what is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from labwork import LABS, SHELF, every_worksheet
from ordinary import needs_networks

from netlab.errors import UsageError
from netlab.worksheets import catalogue, load
from netlab.worksheets.answers import Marked
from netlab.worksheets.dry_run import rehearse
from netlab.worksheets.needs import lacking
from netlab.worksheets.verify import verify


@pytest.mark.parametrize("name", every_worksheet())
def test_a_worksheet_is_sound_on_paper(name: str) -> None:
    assert verify(load.load(LABS / name)) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", every_worksheet())
def test_a_worksheet_is_sound_in_practice(name: str) -> None:
    sheet = load.load(LABS / name)
    if "networks" in sheet.needs:
        needs_networks()
    if lacking(sheet.needs):
        pytest.skip(f"this machine lacks {lacking(sheet.needs)}")
    assert rehearse(sheet) == []


def test_the_tiny_worksheet_is_sound() -> None:
    sheet = load.load(SHELF / "99-tiny")
    assert verify(sheet) == [] and rehearse(sheet) == []


BROKEN = [
    ("lab.toml", 'right = "a"', 'right = "b"', "option a has no feedback"),
    ("lab.toml", "minutes = 10", "minutes = 90", "90 minutes"),
    ("lab.toml", "A server's port must be known beforehand.", "That is true of ports below 1024.", "same feedback"),
    ("lab.toml", "它就在 /proc 里。", "It is there.", "no Chinese"),
    ("lab.toml", 'source = "RFC 1035 §3.5"', 'source = "somewhere"', "names no RFC"),
    ("worksheet.md", "Copy it from the table.", "TODO", "TODO"),
    ("worksheet.md", "Nothing.", "See [this](nowhere.md).", "no such file"),
    ("worksheet.md", "- **c)** for root only\n", "", "lists the options"),
    ("worksheet.zh.md", "netlab doctor --save", "netlab doctor --json", "other commands"),
    ("worksheet.zh.md", "从表里抄下来。", "Copy it.", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), BROKEN)
def test_what_is_amiss_on_paper_is_found(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    folder = _changed(tmp_path, file, old, new)
    problems = verify(load.load(folder))
    assert any(said in problem for problem in problems) if said else problems == []


REHEARSED = [
    (
        "lab.toml",
        '"ephemeral ports"})\'\nsource = "ip(7)"\nhints',
        '"no such"})\'\nsource = "ip(7)"\nhints',
        "can be derived",
    ),
    ("lab.toml", 'solution = "netlab dns reverse 192.0.2.80"', 'solution = "netlab dns trace"', "is not recognised"),
    (
        "lab.toml",
        'when = \'fact("rcode") == "NOERROR"\'',
        'when = \'fact("rcode") == "NXDOMAIN"\'',
        "is not recognised",
    ),
    ("lab.toml", "within = 2\n", 'unit = "parsec"\n', "cannot be typed"),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), REHEARSED)
def test_what_is_amiss_in_practice_is_found(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    problems = rehearse(load.load(_changed(tmp_path, file, old, new)))
    assert any(said in problem for problem in problems), problems


def test_a_wrong_answer_that_passes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlab.worksheets.grade.mark", lambda step, typed, measured: Marked(True))
    problems = rehearse(load.load(SHELF / "99-tiny"))
    assert sum("is taken as right" in problem for problem in problems) >= 6


UNREADABLE = [
    ("lab.toml", 'experiment = "doctor"', 'experiment = "dns-trace"', "dns-trace has no table 'Limits'"),
    ("lab.toml", "[[steps]]", "[[steps", "lab.toml: "),
    ("lab.toml", 'schema = "netlab.lab/1"', 'schema = "x"', "schema is 'x'"),
    ("lab.toml", 'kind = "blank"', 'kind = "blink"', "step 4 (copy).kind: one of predict, run, blank, explain"),
    ("lab.toml", 'id = "copy"', 'id = "ports"', "two steps are called ports"),
    ("lab.toml", 'run = "doctor"', 'run = "nurse"', "run = 'nurse'"),
    ("lab.toml", "minutes = 10", 'minutes = "ten"', "minutes: a whole number expected, not 'ten'"),
    ("lab.toml", "minutes = 10\n", "", "'minutes' is missing"),
    ("lab.toml", 'zh = "看 here 列。"', 'de = "Spalte"', "no words for zh"),
    ("lab.toml", 'zh = "看 here 列。"', 'zh = "看 here 列。", de = "Spalte"', "has 'de' beside its languages"),
    ("lab.toml", 'count("answers", type="PTR") > 0', '__import__("os")', "the functions are"),
    ("lab.toml", "order = 1", "order = 1\ncolour = 1", "nothing here is called 'colour'"),
    ("worksheet.md", "## 2. Predict", "## 3. Predict", "worksheet.md: steps are numbered 1, 3, 3"),
    ("worksheet.zh.md", "## 6. 动手", "## 动手", "worksheet.zh.md has 5 numbered sections"),
    ("worksheet.md", "# A tiny", "A tiny", "no title"),
    ("worksheet.md", "```sh\nnetlab doctor --save\n```", "", "shows 0 commands"),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), UNREADABLE)
def test_a_worksheet_that_cannot_be_read_says_where(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load.load(_changed(tmp_path, file, old, new))
    assert said in caught.value.message and "\n" not in caught.value.message


def _changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the tiny worksheet with one thing changed."""
    folder = tmp_path / "99-tiny"
    shutil.copytree(SHELF / "99-tiny", folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    return folder


def test_a_sheet_is_found_by_name_part_and_lecture() -> None:
    among = catalogue.sheets(LABS)
    assert catalogue.find("13", among).id == "13-sockets"
    assert catalogue.find("four", among).id == catalogue.find("13-four-ways", among).id == "13-four-ways"
    assert catalogue.question("sockets.4", among)[1] == 4
    for wanted in ("7", "13-", "xyz"):
        with pytest.raises(UsageError):
            catalogue.find(wanted, among)
    for wanted in ("13", "13.99", "13.", "13.x"):
        with pytest.raises(UsageError):
            catalogue.question(wanted, among)


def test_the_sheet_of_a_lecture_is_the_one_worked_on_last() -> None:
    from netlab.worksheets import learner_progress

    learner_progress.save(learner_progress.LearnerProgress("13-how-many"))
    assert catalogue.find("13", catalogue.sheets(LABS)).id == "13-how-many"


def test_a_folder_without_worksheets_is_said_to_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no worksheets there"):
        catalogue.sheets(tmp_path)
    monkeypatch.setenv(catalogue.VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(UsageError, match="no such folder"):
        catalogue.folder_of()
    assert catalogue.folder_of(tmp_path) == tmp_path
