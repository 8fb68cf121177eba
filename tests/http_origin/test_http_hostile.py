"""`netlab http get` against a peer that means harm: bounded memory, bounded time, a reason, exit code 4."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from netlab.http_origin import Origin
from netlab.http_origin.hostile import ATTACKS

MOST_RESIDENT_MIB = 450  # Python, two times what is kept of a body (64 MiB), and what it takes to handle it
DEADLINE_S = 60  # far above --max-time, since this machine may be busy; far below what the attacks could go on for
WORDS = {  # what must be said, in some form
    "endless-headers": ("head", "fields"),
    "endless-line": ("status line", "head"),
    "endless-1xx": ("1xx", "interim"),
    "endless-extension": ("chunk",),
    "endless-trailers": ("trailer",),
    "huge-length": ("nothing came", "incomplete"),
    "silence": ("nothing came",),
    "redirect-loop": ("redirect",),
}


@dataclass(frozen=True)
class Outcome:
    code: int
    resident_mib: int
    said: str


def attacked(url: str) -> Outcome:
    """Run the command on `url`."""
    get = [sys.executable, "-m", "netlab", "http", "get"]
    process = subprocess.Popen(
        ["timeout", "--signal=KILL", str(DEADLINE_S), *get, url, *"--no-save --timeout 1 --max-time 3".split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    said = process.stdout.read(1 << 20)
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(process.returncode, usage.ru_maxrss >> 10, said)


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Outcome]]:
    """All attacks; some at a time, since most of them are waits."""
    with Origin() as origin, ThreadPoolExecutor(5) as pool:
        urls = {attack.name: f"{origin.url}/wire/{attack.name}" for attack in ATTACKS}
        yield dict(zip(urls, pool.map(attacked, urls.values()), strict=True))
        assert origin.alive()


@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS])
def test_it_stops_and_says_why(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert outcome.code == (0 if name == "growing-redirects" else 4), outcome.said[-2000:]  # those end at a 431
    assert outcome.resident_mib < MOST_RESIDENT_MIB
    assert "Traceback" not in outcome.said
    assert any(word in outcome.said.lower() for word in WORDS.get(name, ("",))), outcome.said[-2000:]
    assert len(outcome.said) < 1 << 20


@pytest.mark.parametrize("case", ["reset", "short-body", "short-head", "nothing", "smtp", "length-huge"])
def test_a_broken_response_is_exit_code_4(bare: Origin, case: str) -> None:
    outcome = attacked(f"{bare.url}/wire/{case}")
    assert outcome.code == 4 and "Traceback" not in outcome.said


def test_nobody_there_is_exit_code_4() -> None:
    with Origin() as origin:
        url = origin.url
    outcome = attacked(url)
    assert outcome.code == 4 and "refused" in outcome.said
