"""Streams of addresses: bad lines, readers that go, Ctrl-C; the same for every command that reads lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import forked
import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "lines.schema.json").read_text())
SOME_BAD = "10.0.0.0/32\nrubbish\n# a comment\n\n10.0.0.1/33\n10.0.0.2\n"

STREAMS = {
    "merge": ["10.0.0.0/32", "10.0.0.2/32"],
    "cover": ["10.0.0.0/30"],
    "reverse": ["0.0.0.10.in-addr.arpa", "2.0.0.10.in-addr.arpa"],
    "subtract - --without 10.0.0.0": ["10.0.0.2/32"],
    "lookup 10.0.0.2": ["10.0.0.0\t-", "10.0.0.2\t10.0.0.2/32"],
}


def run(line: str, given: str | bytes) -> subprocess.CompletedProcess[str]:
    data = given.encode() if isinstance(given, str) else given
    return forked.run("cidr", *line.split(), given=data)


@pytest.mark.parametrize(("line", "results"), STREAMS.items())
def test_a_bad_line_is_told_with_its_number_and_the_rest_is_done(line: str, results: list[str]) -> None:
    done = run(line, SOME_BAD)
    assert done.returncode == 2
    assert done.stdout.splitlines() == results
    told = [text for text in done.stderr.splitlines() if text.startswith("netlab: ")]
    assert [text.split(":")[1].strip() for text in told] == ["stdin, line 2", "stdin, line 5"]


@pytest.mark.parametrize("line", STREAMS)
def test_json_is_one_document_with_the_bad_lines_in_it(line: str) -> None:
    done = run(f"{line} --json", SOME_BAD)
    assert done.returncode == 2
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    assert [(error["source"], error["line"]) for error in document["errors"]] == [("stdin", 2), ("stdin", 5)]
    assert len(document["results"]) == len(STREAMS[line])


@pytest.mark.parametrize("line", STREAMS)
def test_strict_stops_at_the_first(line: str) -> None:
    done = run(f"{line} --strict", SOME_BAD)
    assert done.returncode == 2
    assert done.stderr.count("netlab: ") == 1
    assert "stdin, line 2" in done.stderr
    assert len(done.stdout.splitlines()) <= 1  # what was answered before it
    found = run(f"{line} --strict --json", SOME_BAD)
    assert found.returncode == 2
    if found.stdout:
        jsonschema.validate(json.loads(found.stdout), SCHEMA)


def test_a_line_has_its_number_in_a_long_file_too(tmp_path: Path) -> None:
    lines = [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in range(30_000)]
    lines[20_000] = "10.0.0.0.0"
    (tmp_path / "long.txt").write_text("\n".join(lines))
    done = run(f"merge {tmp_path / 'long.txt'}", "")
    assert done.returncode == 2
    assert "long.txt, line 20001: " in done.stderr


def test_a_file_of_nothing_but_rubbish_is_cut_short_on_stderr_only() -> None:
    done = run("merge --json", "rubbish\n" * 500)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) < 60
    assert len(json.loads(done.stdout)["errors"]) == 500


@pytest.mark.parametrize("given", [b"", b"\n\n", b"# nothing\n"])
def test_nothing_in_nothing_out(given: bytes) -> None:
    for line in STREAMS:
        done = run(line, given)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_bytes_that_are_no_text_are_bad_lines() -> None:
    done = run("merge", b"\xff\xfe\0\n10.0.0.1\n")
    assert done.returncode == 2
    assert done.stdout == "10.0.0.1/32\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", ["list 2001:db8::/64", "split 10.0.0.0/8 --length 30", "list ::/0 --json", "1.2.3.4"])
def test_a_reader_that_goes_is_no_error(line: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "netlab", "cidr", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    assert said == b""
    assert child.wait(60) in (0, 141)  # a short answer is in the pipe before its reader goes


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 130)]
)
def test_signals_end_it_as_the_readme_says(number: signal.Signals, code: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "netlab", "cidr", "list", "::/0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    assert child.stdout is not None
    try:
        child.stdout.read(10)  # it has begun
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, said) == (code, b"")


def test_a_mask_after_a_space_is_told_how_to_be_written() -> None:
    done = run("merge", "\ufeff10.0.0.0/25\n10.0.0.128 255.255.255.128\n10.0.0.0 - 10.0.0.5\n")
    assert (done.returncode, done.stdout) == (2, "10.0.0.0/25\n")
    assert "did you mean 10.0.0.128/255.255.255.128?" in done.stderr
    assert "netlab cidr range 10.0.0.0 10.0.0.5" in done.stderr


@pytest.mark.parametrize("line", ["merge", "lookup 10.0.0.0/8", "reverse --json"])
def test_ctrl_c_at_stdin_is_quiet(line: str) -> None:
    read, write = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "netlab", "cidr", *line.split()],
        stdin=read,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    os.close(read)
    try:
        # More than a pipe holds and a chunk is: when all of it is written, the command is reading lines.
        sent = b"10.0.0.1\n" * 40_000
        while sent:
            sent = sent[os.write(write, sent) :]
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    finally:
        os.close(write)
    assert said == b""
    assert child.returncode == 130
