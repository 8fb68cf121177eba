"""docs/disagreements.md is true: each row's tool says what the page says of it, and netlab says the other thing."""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
import sys
from pathlib import Path

import netaddr
import pytest
from skips import needs_program

PAGE = Path(__file__).parents[2] / "docs" / "disagreements.md"
TOOLS = {"ipcalc-ng", "sipcalc", "netmask", "iprange", "grepcidr"}
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \| `(.+?)` \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)


def foreign_tools(line: str) -> set[str]:
    return TOOLS & set(line.split())


def said(line: str) -> str:
    """What a command line prints, errors too, with single spaces; or the value of an expression of Python."""
    line = line.replace(r"\|", "|")
    if line.startswith(("ipaddress.", "netaddr.")):
        return str(eval(line, {"ipaddress": ipaddress, "netaddr": netaddr}))
    for tool in foreign_tools(line):
        needs_program(tool)
    done = subprocess.run(
        ["sh", "-c", f'netlab() {{ "$PYTHON" -m netlab "$@"; }}; {line}'],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, "COLUMNS": "120"},
    )
    return " ".join((done.stdout + done.stderr).split())


def test_the_page_has_rows() -> None:
    assert len(ROWS) == PAGE.read_text().count("\n| `") > 30


def test_the_page_names_all_tools() -> None:
    assert set().union(*(foreign_tools(row[0]) for row in ROWS)) == TOOLS


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row[0], marks=[pytest.mark.peers] * bool(foreign_tools(row[0]))) for row in ROWS]
)
def test_a_row_says_what_both_say(row: tuple[str, ...]) -> None:
    asked, theirs, ours, answer, why = row
    assert theirs in said(asked)
    assert answer in said(ours)
    assert why
