"""Files, folders, modules and classes that prose names are there: in docs/, the guides, docstrings and comments.

A path must lead to a file from the repository, from netlab/, or from the folder of the text or one above it. A bare
name may be anywhere; in a package's docstring it is a module of that package. A dotted name of netlab is a module,
or in one.
"""

from __future__ import annotations

import builtins
import io
import re
import tokenize
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_house_rules import ROOT, SOURCES

GUIDES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md", *ROOT.glob("labs/*.md")]
FILE = re.compile(
    r"(?<![\w./*…<:%-])((?:[a-z_][\w-]*/)*[\w-]+\.(?:py|md|toml|sh)|(?:[a-z_][\w-]*/)+)(?![\w*/…<{]|\.\w)"
)
MODULE = re.compile(r"(?<![\w./])netlab(?:\.\w+)+(?![\w/.])")
NOT_OURS = {"lab.toml", "worksheet.md", "servers.toml", "Authorization", "Cookie"}  # of worksheets, of zones, of HTTP
CLASS = re.compile(r"`([A-Z][a-z]+\w*(?:\.\w+)*)(?:\(.*?\))?`")
DEFINITION = re.compile(r"(?:class |def |^ *)(\w+)(?=[(:]| = )", re.MULTILINE)
IDENTIFIERS = {word for path in SOURCES for word in DEFINITION.findall(path.read_text())} | {
    *dir(builtins),
    *typing.__all__,
}
INVENTED = re.compile(r"\bmy_\w+")  # examples of what a contributor adds
FOLDERS = {path.parent.name for path in [*SOURCES, *GUIDES]} | {"commands", "peers", "sheets"}
NAMES = {path.name for path in [*SOURCES, *GUIDES, *ROOT.glob("*.*"), *ROOT.glob("benchmarks/*.sh")]} | NOT_OURS


def prose(path: Path) -> str:
    """Return the text of a guide, or docstrings and comments of a source file."""
    text = path.read_text()
    if path.suffix == ".md":
        return text
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join(each.string for each in tokens if _is_prose(each))


def _is_prose(token: tokenize.TokenInfo) -> bool:
    if token.type == tokenize.STRING:
        return token.string.startswith(('"""', 'r"""'))
    return token.type == tokenize.COMMENT


def missing(path: Path, text: str) -> Iterator[str]:
    above = [folder for folder in path.parents if folder.is_relative_to(ROOT)]
    for found in FILE.finditer(text):
        name = found[1]
        if path.name == "__init__.py" and re.fullmatch(r"\w+\.py", name):  # a package lists its own modules
            there = (path.parent / name).exists()
        else:
            there = name in NAMES or name.removesuffix("/") in FOLDERS
            there = there or any((place / name).exists() for place in (*above, ROOT / "netlab"))
        if not there and not INVENTED.search(name):
            yield name
    for found in MODULE.finditer(text):
        place = ROOT.joinpath(*found[0].split("."))
        if not any(each.with_suffix(".py").exists() or each.is_dir() for each in (place, place.parent)):
            yield found[0]


def unknown_classes(text: str) -> Iterator[str]:
    for found in CLASS.finditer(text):
        if found[1] not in NOT_OURS and not IDENTIFIERS.issuperset(found[1].split(".")):
            yield found[1]


@pytest.mark.parametrize("path", [*GUIDES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_is_there(path: Path) -> None:
    text = prose(path)
    assert [*missing(path, text), *unknown_classes(text)] == []
