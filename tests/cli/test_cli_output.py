"""The way out: the report on stdout and nothing else there, progress only where somebody sees it."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from netlab.cli import output
from netlab.progress import silent
from netlab.report import as_json, store
from netlab.report.quantity import Measurement
from netlab.report.record import Report

ROOT = Path(__file__).parents[2]


def test_json_is_one_document(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        output.present(report, as_json=True)
    assert as_json.loads(capsys.readouterr().out) == report


def test_a_failed_check_is_exit_code_1(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        output.present(report)
    assert ended.value.exit_code == 1
    output.present(replace(report, measurement=Measurement()))


def test_a_run_that_could_not_be_recorded_is_a_warning(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    output.present(replace(report, measurement=Measurement(), unsaved="/state: No space left on device"), as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert err.splitlines()[0] == "netlab: this run was not recorded: /state: No space left on device"


def test_a_plot_is_drawn_beside_the_report(report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        output.present(report, as_json=True, plot=tmp_path / "a.svg")
    out, err = capsys.readouterr()
    assert json.loads(out) and "a.svg" in err and (tmp_path / "a.svg").exists()


def test_no_bar_without_a_terminal() -> None:
    with output.progress_bar() as progress:
        assert progress is silent


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_bar_waits_a_second_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    with output.progress_bar() as progress:
        progress(0.1, "early")
        assert terminal.getvalue() == ""
        now[0] += 1.5
        progress(0.5, "epoll, \x1b[31m100 idle\nconnections " + "x" * 200)
        drawn = terminal.getvalue()
        assert "50%  epoll, " in drawn and len(drawn) < 90 and "\x1b[31m" not in drawn
        progress(0.6, "at once again")
        assert terminal.getvalue() == drawn
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_short_run_draws_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with output.progress_bar() as progress:
        progress(1.0, "done")
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode(netlab, report: Report, encoding: str) -> None:  # type: ignore[no-untyped-def]
    store.save(report)
    for arguments in (["runs"], ["runs", "show", "last"]):
        done = netlab(*arguments, PYTHONIOENCODING=encoding, LC_ALL="C")
        assert done.returncode in (0, 1) and done.stderr == "" and done.stdout.isascii()


def _on_a_terminal(*arguments: str, **environment: str) -> str:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "netlab", *arguments],
        stdout=slave,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **environment},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not data:
            break
        seen += data
    process.wait(30)
    os.close(master)
    return seen.decode()


def test_colour_on_a_terminal_only(netlab, report: Report) -> None:  # type: ignore[no-untyped-def]
    store.save(report)
    assert "\x1b[" in _on_a_terminal("runs", "show")
    assert "\x1b[" not in _on_a_terminal("runs", "show", NO_COLOR="1")
    assert "\x1b[" not in _on_a_terminal("runs", "show", "--json")
    assert "\x1b[" not in netlab("runs", "show").stdout
