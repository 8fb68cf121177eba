"""The commands that docs/dns.md shows within its sentences are run, too (those in its blocks: tests/test_readme.py)."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "dns.md").read_text()
BLOCKS = r"```sh\n.*?```"
SHOWN = [
    " ".join(line.split()) for line in re.findall(r"`(netlab dns [^`]+)`", re.sub(BLOCKS, "", PAGE, flags=re.DOTALL))
]


def test_the_page_shows_commands() -> None:
    assert len(SHOWN) >= 3 and PAGE.count("```sh") >= 5


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_within_a_sentence_works(line: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("my.xxsilence.net\nxxsilence.net MX\n")
    expected = 6 if "circle" in line else 0
    if " serve " in line:
        line = re.sub(r"127.0.0.1:\d+", "127.0.0.1:0", line) + " --duration 0.2"
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(line)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == expected, done.stdout + done.stderr
