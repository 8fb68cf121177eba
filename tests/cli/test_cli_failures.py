"""Whatever goes wrong is one or two lines on stderr and the right exit code; a traceback is for us alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from netlab.cli import commands, failures
from netlab.errors import CheckFailed, MachineLacks, NetlabError, PeerError, UsageError

ROOT = Path(__file__).parents[2]


USAGE = (
    (["docto"], "there is no command 'docto'", "netlab doctor"),
    (["zzz"], "there is no command 'zzz'", "netlab --help lists them"),
    (["--nope"], "there is no option '--nope'", "netlab --help"),
    (["doctor", "--jso"], "there is no option '--jso'", "--json"),
    (["runs", "--limit", "x"], "invalid value for '--limit': 'x' is not a whole number", "netlab runs --help"),
    (["runs", "--limit", "0"], "invalid value for '--limit': 0 is not at least 1", "netlab runs --help"),
    (["runs", "show", "x"], "no run record is called 'x'", "netlab runs lists them; 'last' is the newest"),
    (["runs", "show", "last", "--plot", "a.gif"], "--plot a.gif: neither .svg nor .png", "--plot a.svg"),
    (
        ["tcp-handshake", "--delay", "nan"],
        "invalid value for '--delay': nan is no number",
        "netlab tcp-handshake --help",
    ),
    (["journey", "--delay", "nan"], "invalid value for '--delay': nan is no number", "netlab journey --help"),
    (["doctor", "\x1b[31m"], "got unexpected extra argument(s) (\\x1b[31m)", "netlab doctor --help"),
)


@pytest.mark.parametrize(("arguments", "message", "hint"), USAGE)
def test_usage(netlab, arguments: list[str], message: str, hint: str) -> None:  # type: ignore[no-untyped-def]
    done = netlab(*arguments)
    said = [f"netlab: {message}", f"  hint: {hint}"]
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (2, "", said)


def test_a_folder_is_nothing_to_draw_into(netlab, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "a.svg"
    folder.mkdir()
    done = netlab("tcp-server", "--plot", str(folder))
    assert done.returncode == 2 and "is a folder" in done.stderr


def test_a_full_disk_is_not_our_mistake(own_state_folder: Path) -> None:
    """/dev/full: every write fails with ENOSPC (full(4))."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netlab", "modes"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    assert done.returncode == failures.CANNOT_WRITE
    assert done.stderr == "netlab: the output cannot be written: No space left on device\n"
    assert not list(own_state_folder.rglob("mistake-*"))


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_a_standard_stream_it_works_all_the_same(closed: str) -> None:
    """Else the first socket would become standard output."""
    line = f"{sys.executable} -m netlab tcp-server --connections 2 --messages 3 --no-save {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == ""
    assert ("served messages" in done.stdout or "messages" in done.stdout) is (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (CheckFailed("a"), 1),
        (UsageError("a"), 2),
        (MachineLacks("a"), 3),
        (PeerError("a"), 4),
        (NetlabError("a"), 1),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (KeyError("a"), 70),
    ],
)
def test_exit_codes(raised: BaseException, code: int) -> None:
    def main() -> int:
        raise raised

    assert failures.guarded(main) == code


def test_a_mistake_of_ours_is_one_line_and_a_file(capsys: pytest.CaptureFixture[str], own_state_folder: Path) -> None:
    def main() -> int:
        raise ZeroDivisionError("oh\x1b[0m")

    assert failures.guarded(main) == failures.INTERNAL_ERROR
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and lines[0].startswith("netlab: mistake in netlab ") and "\x1b" not in lines[0]
    (file,) = (own_state_folder / "netlab").glob("mistake-*.txt")
    assert str(file) in lines[1] and "ZeroDivisionError" in file.read_text()


def test_a_mistake_is_shown_where_it_cannot_be_written(
    capsys: pytest.CaptureFixture[str], own_state_folder: Path
) -> None:
    own_state_folder.write_text("a file where a folder should be")
    assert failures.guarded(lambda: 1 // 0) == failures.INTERNAL_ERROR
    assert "NETLAB_DEBUG" in capsys.readouterr().err


def test_debug_shows_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLAB_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        failures.guarded(lambda: 1 // 0)


def test_a_reader_that_leaves_is_no_error() -> None:
    """netlab --help | (a reader that reads nothing)"""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "netlab", "--help"], stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_nothing_asked_is_answered_with_help(netlab) -> None:  # type: ignore[no-untyped-def]
    done = netlab()
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == netlab("--help").stdout


def test_tab_offers_commands_and_options(netlab) -> None:  # type: ignore[no-untyped-def]
    def offered(words: str) -> list[str]:
        count = str(len(words.split()) - 1)
        done = netlab(_NETLAB_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count)
        assert done.returncode == 0, done.stderr
        return list(done.stdout.split())

    assert offered("netlab tcp-c") == ["tcp-compare", "tcp-client", "tcp-congestion"]
    assert offered("netlab runs sh") == ["show"]
    assert offered("netlab doctor --js") == ["--json"]


def test_the_completion_script_is_shown(netlab) -> None:  # type: ignore[no-untyped-def]
    # Else Typer looks at the parent processes for a shell, and there may be none.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "_NETLAB_COMPLETE=complete_bash" in netlab("--show-completion", "bash", **named).stdout


def test_no_two_commands_share_a_name() -> None:
    names = [line.name for line in commands.COMMANDS]
    assert len(names) == len(set(names))
