"""What keeps the source tidy and no other tool checks."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("netlab", "tests", "benchmarks/bench", "benchmarks/peers", "tools")
SOURCES = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
FORMATTED_BY_HAND = 19  # tables of constants that are easier to read so; a call taken apart is written shorter instead


def test_nearly_everything_is_formatted_by_tool() -> None:
    mark = "# fmt: " + "skip"
    assert sum(path.read_text().count(mark) for path in SOURCES) <= FORMATTED_BY_HAND
