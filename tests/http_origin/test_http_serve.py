"""`netlab http serve`: the log, the report, the ways it ends, and what it refuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from origin_peer import PATIENCE_S, curl


def netlab(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netlab", "http", "serve", "--no-save", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command under way, and its addresses."""
    process = subprocess.Popen(
        [sys.executable, "-m", "netlab", "http", "serve", "--no-save", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("ready: "), line + process.stderr.read()
        yield process, line.removeprefix("ready: ").split(" and ")
    finally:
        process.kill()
        process.communicate()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
        data: bytes = response.read()
        return data


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_logs_each_request_and_ends_in_order(how: signal.Signals) -> None:
    with serving() as (process, (url, *_)):
        fetched(url.strip() + "chunked")
        fetched(url.strip() + "redirect/1")
        process.send_signal(how)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0 and "Traceback" not in err
    assert "GET /chunked → 200" in err and "GET /redirect/1 → 302" in err
    assert "served for" in out and "/redirect/0" in out


def test_the_report_counts_what_was_served() -> None:
    with serving("--json", "--quiet") as (process, (url, *_)):
        for page in ("", "chunked", "close", "gzip", "wire/hello"):
            fetched(url.strip() + page)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    facts = {fact["name"]: fact["value"] for fact in json.loads(out)["measurement"]["facts"]}
    assert (facts["connections"], facts["requests"], facts["requests a connection"]) == (5, 5, 1.0)
    assert facts["bytes sent"] > 1000 and "GET" not in err


@pytest.mark.peers
def test_files_and_https(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("a page")
    with serving("--tls", "--tls-port", "0", "--directory", str(tmp_path)) as (_, (plain, secure)):
        authority = tmp_path / "ca.pem"
        authority.write_bytes(fetched(plain.strip() + "ca.pem"))
        said = curl("--cacert", str(authority), secure.strip() + "page.txt")
        assert said.stdout == b"a page"


@pytest.mark.peers
def test_what_a_client_sends_cannot_write_to_the_terminal() -> None:
    with serving() as (process, (url, *_)):
        curl("--request-target", "/\x1b[31mred", url.strip())
        curl("--request", "G\x1bT", url.strip())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert "\x1b" not in err and err.count(" → ") == 2


@pytest.mark.peers
def test_a_log_that_nobody_reads_stops_nothing() -> None:
    with serving() as (process, (url, *_)):
        assert process.stderr is not None
        for _ in range(6):
            said = curl("--output", "/dev/null", *[f"{url.strip()}status/{'2' * 3}?{'x' * 70}[1-300]"])
            assert said.returncode == 0
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert "1,800" in out


def test_it_ends_after_its_duration() -> None:
    done = netlab("--port", "0", "--duration", "0.2")
    assert done.returncode == 0 and "served for" in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--directory", "/nowhere"), 2, "/nowhere"),
        (("--wire-dir", "/etc/passwd"), 2, "no folder"),
        (("--host", "192.0.2.1"), 2, "192.0.2.1"),
        (("--host", "no.such.name.invalid"), 2, "no.such.name"),
        (("--tls-port", "1"), 2, "--tls"),
        (("--max-connections", "0"), 2, "max-connections"),
    ],
)
def test_bad_input_is_said_in_words(options: tuple[str, ...], code: int, word: str) -> None:
    done = netlab(*options)
    assert done.returncode == code and word in done.stderr and len(done.stderr.splitlines()) <= 3


def test_a_port_in_use_is_an_error_when_it_was_asked_for_and_else_is_passed_over() -> None:
    with serving() as (_, (url, *_)):
        port = url.strip().rsplit(":", 1)[1].strip("/")
        done = netlab("--port", port)
        assert done.returncode == 2 and "in use" in done.stderr and f"sport = {port}" in done.stderr
