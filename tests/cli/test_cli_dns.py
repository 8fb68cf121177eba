"""`netlab dns` as its user types it: what it prints, in how many columns, and what it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

Netlab = Callable[..., "subprocess.CompletedProcess[str]"]


def test_bare_trace_shows_the_eight_steps_of_the_course(netlab: Netlab) -> None:
    done = netlab("dns", "trace", "--no-save")
    assert done.returncode == 0, done.stderr
    steps = [line.strip() for line in done.stdout.splitlines() if line.strip()[:1] in tuple("①②③④⑤⑥⑦⑧")]
    said = [
        ("① host → local name server",),
        ("② → a.root-servers.net.",),
        ("③ ← referral",),
        ("④ → dns.net.",),
        ("⑤ ← referral",),
        ("⑥ → dns.xxsilence.net.",),
        ("⑦ ← answer",),
        ("⑧ local name server → host",),
    ]
    assert all(step.startswith(words) for step, words in zip(steps, said, strict=False))
    assert "192.0.2.80" in done.stdout and "2 of 2 hold" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("name", ["www.deep.test", "www.poison.test", "www.mixed.test", "self.alias.test"])
def test_a_trace_fits_the_terminal(netlab: Netlab, columns: int, name: str) -> None:
    done = netlab("dns", "trace", name, "--no-save", COLUMNS=str(columns))
    assert done.returncode in (0, 6)
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trace", "my.xxsilence.net"), 0),
        (("trace", "nope.xxsilence.net"), 5),
        (("trace", "www.circle-a.test"), 6),
        (("trace", "--max-queries", "2"), 6),
        (("trace", f"{'x' * 40}.long.dname.test"), 7),
        (("trace", "-x", "192.0.2.80"), 0),
        (("reverse", "192.0.2.99"), 5),
        (("query", "my.xxsilence.net", "AAAA"), 0),
        (("query", "nope.kaola.com"), 5),
        (("query", "self.alias.test"), 6),
        (("query", "x.test", "--server", "127.0.0.1:1", "--timeout", "1"), 4),
    ],
)
def test_exit_codes_say_how_it_ended(netlab: Netlab, arguments: tuple[str, ...], code: int) -> None:
    done = netlab("dns", *arguments, "--no-save")
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trace", "a" * 64 + ".net"), "is no domain name"),
        (("trace", "a." * 130), "is no domain name"),
        (("trace", "a..b"), "is no domain name"),
        (("trace", "my.xxsilence.net", "FOO"), "is no record type"),
        (("trace", "my.xxsilence.net", "AXFR"), "cannot be asked"),
        (("trace", "--root", "here"), "is no IP address"),
        (("trace", "--root", "127.0.0.1", "--live"), "exclude each other"),
        (("trace", "-x", "192.0.2.80", "www.kaola.com"), "exclude each other"),
        (("trace", "-x", "192.0.2.80", "--batch", "names.txt"), "exclude each other"),
        (("trace", "www.kaola.com", "--batch", "names.txt"), "exclude each other"),
        (("trace", ""), "it is empty"),
        (("trace", "--timeout", "nan"), "nan is no number"),
        (("serve", "--duration", "nan"), "nan is no number"),
        (("trace", "--root-hints", "/nowhere"), "No such file"),
        (("trace", "--zones", "/nowhere"), "no such folder"),
        (("trace", "--batch", "/nowhere"), "No such file"),
        (("trace", "-x", "1.2.3"), "is no IP address"),
        (("trace", "--port", "70000"), "--port"),
        (("reverse", "my.xxsilence.net"), "is no IP address"),
        (("query", "x.test", "--server", "dns.example"), "is not IP[:PORT]"),
        (("serve", "--root", "127.0.0.1"), "--resolver-only"),
        (("serve", "--resolver-only"), "where the root is"),
        (("serve", "--listen", "nowhere"), "is not IP[:PORT]"),
        (("transfer", "nowhere.test"), "there is no zone file"),
    ],
)
def test_bad_input_is_said_in_a_line_or_two(netlab: Netlab, arguments: tuple[str, ...], said: str) -> None:
    done = netlab("dns", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr and done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2


def rows(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    table = next(table for table in document["measurement"]["tables"] if table["name"] == name)
    columns = [column["name"] for column in table["columns"]]
    return [dict(zip(columns, row, strict=True)) for row in table["rows"]]


def test_json_carries_the_whole_story(netlab: Netlab) -> None:
    done = netlab("dns", "trace", "www.163.com", "--json", "--no-save")
    document = json.loads(done.stdout)
    steps, records = rows(document, "steps"), rows(document, "records")
    assert [step["depth"] for step in steps] == [0, 0, 1, 1, 1, 0]
    for step in steps:
        assert step["rtt"] > 0 and step["transport"] == "udp" and step["cached"] is False and step["why"]
    assert {record["section"] for record in records} == {"answer", "authority", "additional"}
    assert [(row["type"], row["data"]) for row in rows(document, "answers")] == [("A", "192.0.2.163")]
    assert rows(document, "questions")[0]["queries"] == 6


def test_a_batch_with_one_cache(netlab: Netlab, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    lines = (
        "my.xxsilence.net",
        "my.xxsilence.net AAAA  # the same, for IPv6",
        "",
        "my.xxsilence.net",
        "nope.kaola.com MX",
    )
    file.write_text("".join(f"{line}\n" for line in lines))
    for cache, queries in ((("--cache",), [3, 1, 0, 3]), ((), [3, 3, 3, 3])):
        done = netlab("dns", "trace", "--batch", str(file), *cache, "--json", "--no-save")
        assert done.returncode == 5
        assert [row["queries"] for row in rows(json.loads(done.stdout), "questions")] == queries
    text = netlab("dns", "trace", "--batch", str(file), "--no-save").stdout
    assert "NXDOMAIN" in text and "nope.kaola.com." in text


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("my.xxsilence.net\n\na..b\n", "line 3: 'a..b' is no domain name"),
        ("my.xxsilence.net FOO\n", "line 1: 'FOO' is no record type"),
        ("# nothing\na b c\n", "line 2: more than NAME and TYPE"),
        ("a.test\n" * 10_001, "10,001 names are too many for one run"),
    ],
)
def test_a_batch_that_is_wrong_is_said_with_its_line(netlab: Netlab, tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "names.txt"
    file.write_text(lines)
    done = netlab("dns", "trace", "--batch", str(file))
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) <= 2
    assert done.stdout == ""


def test_a_trace_of_hundreds_of_steps_stays_readable(netlab: Netlab, tmp_path: Path) -> None:
    zone = "$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 127.53.77.1\n"
    (tmp_path / "example.zone").write_text(zone + "".join(f"sub NS n{number}.sub\n" for number in range(500)))
    done = netlab("dns", "trace", "www.sub.example", "--zones", str(tmp_path), "--no-save")
    assert done.returncode == 6 and len(done.stdout.splitlines()) < 400
    assert "… 450 steps are left out here" in done.stdout and "n499.sub.example." in done.stdout
    assert "… and 494 more records" in done.stdout


def test_root_hints_and_a_root_of_ones_own(netlab: Netlab, tmp_path: Path) -> None:
    serving = subprocess.Popen(
        [sys.executable, "-m", "netlab", "dns", "serve", "--quiet", "--no-save", "--listen", "127.0.0.1:0"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert serving.stderr is not None
    try:
        ready = serving.stderr.readline()
        root, port = ready.split()[-1], ready.split("port ")[1].split(";")[0]
        hints = tmp_path / "hints"
        hints.write_text(f". 3600 NS a.example.\na.example. 3600 A {root}\n")
        for way in (("--root", root), ("--root-hints", str(hints))):
            done = netlab("dns", "trace", "my.xxsilence.net", *way, "--port", port, "--no-save")
            assert done.returncode == 0 and "192.0.2.80" in done.stdout, done.stderr
    finally:
        serving.terminate()
        serving.communicate(timeout=20)
    assert serving.returncode == 0


def test_zone_files_of_ones_own(netlab: Netlab, tmp_path: Path) -> None:
    zone = "$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 127.53.77.1\nwww A 192.0.2.7\n"
    (tmp_path / "example.zone").write_text(zone)
    done = netlab("dns", "query", "www.example", "--zones", str(tmp_path), "--no-save")
    assert done.returncode == 0 and "192.0.2.7" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("cache",),
        ("compare", "--rounds", "2"),
        ("transfer",),
        ("transfer", "--bad-ixfr"),
        ("bench", "--names", "10", "--rounds", "1"),
        ("cache", "www.163.com"),
    ],
)
def test_every_experiment_holds(netlab: Netlab, arguments: tuple[str, ...]) -> None:
    done = netlab("dns", *arguments, "--no-save")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout


def test_the_layers_answer_in_the_order_of_the_course(netlab: Netlab) -> None:
    done = netlab("dns", "cache", "--json", "--no-save")
    answered = [row["answered by"] for row in rows(json.loads(done.stdout), "Lookups")]
    assert answered == ["iteration", "browser", "system", "router", "ISP", "iteration"]


def test_a_trace_is_shown_again_from_its_record(netlab: Netlab) -> None:
    first = netlab("dns", "trace", "www.kaola.com")
    again = netlab("runs", "show", "last")
    assert first.returncode == again.returncode == 0
    assert first.stdout.splitlines()[:30] == again.stdout.splitlines()[:30]


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    trace = subprocess.Popen(
        [sys.executable, "-m", "netlab", "dns", "trace", "--no-save"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert trace.stdout is not None and trace.stderr is not None
    trace.stdout.close()
    assert b"Traceback" not in trace.stderr.read()
    trace.stderr.close()
    assert trace.wait(20) == 141
