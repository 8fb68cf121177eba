"""`netlab lab` by hand: answers, checks, exit codes, and mistakes in two lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SHELF = str(Path(__file__).parents[1] / "worksheets" / "shelf")


def ports() -> str:
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return str(int(high) - int(low) + 1)


def test_a_worksheet_by_hand(netlab, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    def lab(*arguments: str):  # type: ignore[no-untyped-def]
        return netlab("lab", *arguments, NETLAB_LABS=SHELF)

    empty = lab("check", "99")
    assert empty.returncode == 1 and "First: step 1" in empty.stdout
    assert lab("answer", "99.1", "30000", "--sure", "90").returncode == 0
    assert lab("answer", "tiny.2", "a").returncode == 0
    missing = lab("check", "99")
    assert "First: step 3" in missing.stdout and "netlab doctor --save" in missing.stdout
    assert netlab("doctor", "--save").returncode == 0
    friend = lab("answer", "99.4", "12345")
    assert friend.returncode == 1 and "you wrote 12345" in friend.stdout
    assert lab("answer", "99.4", ports()).returncode == 0
    stands = lab("answer", "99.1", ports(), "--sure", "100")
    assert "30000" in stands.stdout and "not counted" in stands.stdout
    assert lab("answer", "99.5", "a").returncode == 0
    assert "netlab dns reverse" in lab("hint", "99").stdout
    assert netlab("dns", "reverse", "192.0.2.80").returncode == 0
    done = lab("check", "99")
    assert done.returncode == 0 and "6 of 6 steps pass" in done.stdout, done.stdout
    steps = json.loads(lab("check", "99", "--json").stdout)["steps"]
    assert [step["state"] for step in steps] == ["passed"] * 6 and steps[0]["held"] is True
    report = " ".join(lab("report", "99").stdout.split())
    assert "Calibration, over all worksheets: Said on average 90 %" in report and "Brier score 0.01" in report
    page = tmp_path / "page.html"
    assert lab("report", "99", "--html", str(page), "--lang", "zh").returncode == 0
    assert '<html lang="zh-Hans">' in page.read_text()
    assert lab("reset", "99").returncode == 0
    assert lab("check", "99").returncode == 1


MISTAKES = [
    (["start", "nope"], "no worksheet is called 'nope'"),
    (["start", "7"], "no worksheet for lecture 7"),
    (["answer", "99", "5"], "names no question"),
    (["answer", "99.77", "5"], "steps 1 to 6"),
    (["answer", "99.3", "5"], "asks nothing"),
    (["answer", "99.5", "z"], "none of the letters"),
    (["list", "--labs-dir", "/nonexistent"], "no such folder"),
    (["list", "--lang", "fr"], "neither en nor zh"),
    (["report", "99", "--html", "/nonexistent/x.html"], "No such file"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_mistakes_are_said_in_two_lines(netlab, arguments: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    done = netlab("lab", *arguments, NETLAB_LABS=SHELF)
    assert done.returncode == 2 and said in done.stderr
    assert len(done.stderr.splitlines()) <= 2 and not done.stdout


def test_verify_says_what_is_amiss(netlab, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert netlab("lab", "verify", "--static", NETLAB_LABS=SHELF).returncode == 0
    folder = tmp_path / "1-broken"
    folder.mkdir()
    for file in (Path(SHELF) / "99-tiny").iterdir():
        (folder / file.name).write_text(file.read_text().replace("minutes = 10", "minutes = 100"))
    done = netlab("lab", "verify", "--labs-dir", str(tmp_path))
    assert done.returncode == 1 and "100 minutes" in done.stdout


def test_the_list_speaks_both_languages(netlab) -> None:  # type: ignore[no-untyped-def]
    assert "Four ways to serve many" in netlab("lab").stdout
    assert "接更多项目的四种方式" in netlab("lab", "--lang", "zh").stdout
    assert "接更多项目的四种方式" in netlab("lab", LC_ALL="zh_CN.UTF-8", PYTHONIOENCODING="utf-8").stdout
    assert netlab("lab", "--lang", "zh", LC_ALL="C", PYTHONIOENCODING="ascii").returncode == 0


def a_shelf(tmp_path: Path, **changed: tuple[str, str]) -> str:
    """The tiny worksheet, good, as 1-good, and with one text replaced in lab.toml as others."""
    for name, (old, new) in {"good": ("", ""), **changed}.items():
        folder = tmp_path / f"1-{name}"
        folder.mkdir()
        for file in (Path(SHELF) / "99-tiny").iterdir():
            (folder / file.name).write_text(file.read_text().replace(old, new, 1) if old else file.read_text())
    return str(tmp_path)


def test_a_broken_worksheet_does_not_hide_the_good_ones(netlab, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    shelf = a_shelf(tmp_path, bad=("lecture = 99", "lecture = "), wrong=('right = "a"', 'right = "e"'), half=("", ""))
    (tmp_path / "1-half" / "worksheet.zh.md").unlink()
    for listing in (("list",), ("--labs-dir", shelf)):
        done = netlab("lab", *listing, NETLAB_LABS=shelf)
        assert done.returncode == 2 and "1-good" in done.stdout and "1-bad" not in done.stdout
        for said in ("1-bad/lab.toml", "right = 'e' is none of the options a, b, c", "worksheet.zh.md is missing"):
            assert said in done.stderr
    good = netlab("lab", "check", "1-good", NETLAB_LABS=shelf)
    assert good.returncode == 1 and not good.stderr
    bad = netlab("lab", "check", "bad", NETLAB_LABS=shelf)
    assert bad.returncode == 2 and "1-bad/lab.toml" in bad.stderr and len(bad.stderr.splitlines()) <= 2
    assert netlab("lab", "verify", "--static", NETLAB_LABS=shelf).returncode == 2
    assert netlab("lab", "verify", "--static", "good", NETLAB_LABS=shelf).returncode == 0


def test_reset_says_what_it_did(netlab) -> None:  # type: ignore[no-untyped-def]
    def lab(*arguments: str) -> str:
        return str(netlab("lab", *arguments, NETLAB_LABS=SHELF).stdout)

    assert "nothing to reset" in lab("reset", "99")
    lab("answer", "99.1", "5")
    assert "99-tiny.before" in lab("reset", "99")
    assert "没有什么可重新开始的" in lab("reset", "99", "--lang", "zh")
    lab("answer", "99.1", "5")
    assert "99-tiny.before2" in lab("reset", "99")
    assert netlab("doctor", "--save").returncode == 0
    assert "runs so far no longer count" in lab("reset", "99")


def test_an_answer_by_hand_says_to_what_and_when_it_is_judged(netlab) -> None:  # type: ignore[no-untyped-def]
    done = netlab("lab", "answer", "99.4", "２８２３２", NETLAB_LABS=SHELF)
    assert done.returncode == 0 and "99-tiny · 4. " in done.stdout and "Kept." in done.stdout
    assert netlab("doctor", "--save").returncode == 0
    assert "28232" in netlab("lab", "check", "99", NETLAB_LABS=SHELF).stdout


def test_a_long_command_can_be_copied(netlab) -> None:  # type: ignore[no-untyped-def]
    lines = netlab("lab", "show", "four-ways", COLUMNS="80").stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if "--connections 1,100" in line and "    netlab" in line)
    assert max(map(len, lines[at : at + 2])) <= 80 and lines[at].endswith(" \\")
    command = lines[at].removesuffix("\\") + lines[at + 1]
    assert command.split()[:3] == ["netlab", "tcp-compare", "--modes"] and command.split()[-1] == "0.3"


def test_a_late_prediction_is_marked(netlab) -> None:  # type: ignore[no-untyped-def]
    assert netlab("doctor", "--save").returncode == 0
    netlab("lab", "answer", "99.1", "5", "--sure", "90", NETLAB_LABS=SHELF)
    shown = netlab("lab", "check", "99", NETLAB_LABS=SHELF).stdout
    assert "– 1. " in shown and "(after the run: not counted)" in shown and "run, not counted: 1" in shown
    first = json.loads(netlab("lab", "check", "99", "--json", NETLAB_LABS=SHELF).stdout)["steps"][0]
    assert first["late"] is True
    assert "No prediction has been scored yet" in netlab("lab", "report", "99", NETLAB_LABS=SHELF).stdout
