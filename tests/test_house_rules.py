"""What keeps the source tidy and no other tool checks."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("netlab", "tests", "benchmarks/bench", "benchmarks/peers", "tools")
SOURCES = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
FORMATTED_BY_HAND = 19  # tables of constants that are easier to read so; a call taken apart is written shorter instead


def test_nearly_everything_is_formatted_by_tool() -> None:
    by_hand = re.compile("# fmt: " + "(?:skip|off)")
    assert sum(len(by_hand.findall(path.read_text())) for path in SOURCES) <= FORMATTED_BY_HAND


def test_one_class_name_has_one_meaning() -> None:
    names = Counter(
        name
        for path in (ROOT / "netlab").rglob("*.py")
        for name in re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE)
    )
    assert {name for name, times in names.items() if times > 1} == {"Parameters"}  # every experiment has its own


def test_the_decision_on_dependencies_names_each_of_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + [each for extra in project["optional-dependencies"].values() for each in extra]
    said = re.findall(r"[\w-]+", (ROOT / "docs/adr/0003-dependencies.md").read_text())
    assert {re.split(r"[<>=\[]", each)[0] for each in needed} <= set(said)
