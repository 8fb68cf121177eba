"""The walker in a real terminal (a pseudo-terminal, pty(7)): the whole way, wrong answers, Ctrl-C and back again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest
from labwork import SHELF

from netlab.report.prose_terminal import columns
from netlab.worksheets.commands.lab_print import tell_prompt
from netlab.worksheets.messages import say

WAIT_S = 20


class Terminal:
    """`netlab lab ...` on a terminal of so many columns."""

    def __init__(self, *arguments: str, width: int = 80, **environment: str) -> None:
        self.child: Any = pexpect.spawn(
            sys.executable,
            ["-m", "netlab", "lab", "--labs-dir", str(SHELF), *arguments],
            dimensions=(50, width),
            encoding="utf-8",
            timeout=WAIT_S,
            env={**os.environ, "TERM": "xterm", "COLUMNS": str(width), "LC_ALL": "C.UTF-8", **environment},
        )
        self.text = ""

    def see(self, words: str) -> None:
        """Wait until `words` are there, on one line or on two."""
        self.child.expect(re.escape(words).replace("\\ ", r"\s+"))
        self.text += self.child.before + self.child.after

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        self.child.sendline(line)

    def end(self) -> int:
        """Wait for the end; the exit code."""
        self.child.expect(pexpect.EOF)
        self.text += self.child.before
        self.child.close()
        return int(self.child.exitstatus)


def state() -> dict[str, Any]:
    """The progress file."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "netlab" / "labs" / "99-tiny.json"
    return dict(json.loads(path.read_text()))


def ports() -> str:
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return str(int(high) - int(low) + 1)


def predict(terminal: Terminal) -> None:
    """The two predictions of the tiny worksheet."""
    terminal.see("Your number (q: stop): ")
    terminal.type("28000")
    terminal.see("How sure are you")
    terminal.type("80 %")
    terminal.see("Your answer (a, b, c; q: stop): ")
    terminal.type("a")
    terminal.see("How sure are you")
    terminal.type("60")


def test_the_whole_way_with_wrong_answers_on_it() -> None:
    terminal = Terminal("start", "tiny")
    terminal.see("A tiny worksheet")
    terminal.see("Your number")
    terminal.type("many")
    terminal.see("That is no number")
    terminal.see("Your number")
    terminal.type("28000")
    terminal.see("How sure")
    terminal.type("20")
    terminal.see("from 50 to 100")
    terminal.type("80")
    terminal.see("Your answer (a, b, c")
    terminal.type("z")
    terminal.see("none of the letters")
    terminal.type("a")
    terminal.see("How sure")
    terminal.type("60")
    terminal.see("Enter runs it")
    terminal.type("")
    terminal.see("What this machine can do")  # the report, live
    terminal.see("1. Predict")
    terminal.see("28,232") if ports() == "28232" else None
    terminal.see("Your number (h: hint, q: stop): ")
    terminal.type("h")
    terminal.see("Hint 1 of 2")
    terminal.type("1")
    terminal.see("you wrote 1")
    terminal.see("Look again")
    terminal.type(ports())
    terminal.see("Right.")
    terminal.see("It is in /proc.")
    terminal.see("Enter goes on")
    terminal.type("")
    terminal.see("Your answer (a, b, c")
    terminal.type("b")
    terminal.see("A server's port must be known beforehand.")
    terminal.see("Your answer")
    terminal.type("a")
    terminal.see("Enter goes on")
    terminal.type("")
    terminal.see("or type the netlab command here")
    terminal.type("rm -rf /nowhere")
    terminal.see("Only netlab commands run here")
    terminal.type("netlab dns trace")
    terminal.see("it found no name")
    terminal.type("netlab dns reverse 192.0.2.80")
    terminal.see("Addresses are names, too.")
    terminal.see("Enter goes on")
    terminal.type("")
    terminal.see("All steps pass.")
    assert terminal.end() == 0
    found = state()
    assert found["tries"]["purpose"] == ["b", "a"] and found["hints"] == {"copy": 1}
    assert found["answers"]["ports"]["confidence"] == 0.8 and found["answers"]["ports"]["blind"]
    check = Terminal("check", "tiny")
    assert check.end() == 0
    assert "6 of 6 steps pass" in check.text and "0 right at the first try, 1 hints" in check.text


def test_ctrl_c_and_back_again() -> None:
    terminal = Terminal("start", "tiny")
    predict(terminal)
    terminal.see("Enter runs it")
    terminal.child.sendintr()
    terminal.see("netlab lab start 99-tiny")
    assert terminal.end() == 130
    assert set(state()["answers"]) == {"ports", "larger"}
    again = Terminal("start", "tiny")
    again.see("3. Run")
    assert "A tiny worksheet" not in again.text and "1. Predict" not in again.text
    again.type("q")
    assert again.end() == 0


def test_the_end_of_input_is_a_pause_too() -> None:
    terminal = Terminal("next", "tiny")
    terminal.see("Your number")
    terminal.child.sendeof()
    terminal.see("Saved.")
    assert terminal.end() == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sixty_columns_and_no_colour(lang: str) -> None:
    terminal = Terminal("--lang", lang, "start", "tiny", width=60, NO_COLOR="1")
    terminal.see("(q" if lang == "en" else "（q")
    terminal.type("q")
    assert terminal.end() == 0
    assert "\x1b" not in terminal.text
    lines = terminal.text.replace("\r", "").split("\n")
    assert max(map(columns, lines)) <= 60
    assert any(columns(line) > 50 for line in lines)
    assert ("临时端口" in terminal.text) == (lang == "zh")


def test_colours_on_a_terminal() -> None:
    terminal = Terminal("show", "tiny")
    assert terminal.end() == 0
    assert "\x1b[1mA tiny worksheet\x1b[0m" in terminal.text
    assert re.sub(r"\x1b\[\d*m", "", terminal.text).count("\x1b") == 0


def test_the_language_follows_the_locale() -> None:
    terminal = Terminal("list", LC_ALL="zh_CN.UTF-8")
    assert terminal.end() == 0
    assert "第 99 讲" in terminal.text and "一张很小的实验单" in terminal.text


def test_ctrl_c_during_the_run_loses_nothing() -> None:
    terminal = Terminal("start", "tiny")
    predict(terminal)
    terminal.see("Enter runs it")
    terminal.type("")
    terminal.see("$ netlab doctor")
    terminal.child.sendintr()  # wherever it gets: the command, or the question after it
    assert terminal.end() == 130
    assert set(state()["answers"]) == {"ports", "larger"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_command_does_not_outlive_the_walker(number: signal.Signals) -> None:
    code = "from netlab.worksheets.commands.walk import run_command\n"
    code += "run_command('netlab tcp-server --serve --port 0 --no-save')"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as walker:
        assert walker.stderr is not None
        server = int(walker.stderr.readline().split("process ")[1].split()[0])
        (command,) = Path(f"/proc/{walker.pid}/task/{walker.pid}/children").read_text().split()
        walker.send_signal(number)
    deadline = time.monotonic() + WAIT_S
    try:
        while _alive(server) or _alive(int(command)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        if _alive(int(command)):
            os.kill(int(command), signal.SIGTERM)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_long_question_is_wrapped_and_its_answer_stands_behind_it(
    lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    tell_prompt(say("ask-task", lang, keys=say("keys-hint", lang)) + say("colon", lang))
    lines = capsys.readouterr().out.split("\n")
    assert len(lines) > 2 and max(map(columns, lines)) <= 60
    assert lines[-1].endswith(say("colon", lang))


def test_where_to_go_on_repeats_the_options_that_lead_there() -> None:
    terminal = Terminal("--lang", "en", "start", "tiny", width=300)
    terminal.see("Your number")
    terminal.type("q")
    assert terminal.end() == 0
    assert f"netlab lab start 99-tiny --lang en --labs-dir {SHELF}" in terminal.text


def test_a_prediction_has_no_hints() -> None:
    terminal = Terminal("hint", "tiny")
    assert terminal.end() == 0
    assert "There are no hints for this step." in terminal.text
