"""The registry and the folders agree, and each mode's file is what a learner is promised: short, explained, sourced."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import netlab.servers
from netlab.errors import UsageError
from netlab.servers.modes import MODES, Mode, find

FOLDER = Path(netlab.servers.__file__).parent
ALL = [pytest.param(transport, mode, id=f"{transport}-{mode.name}") for transport in MODES for mode in MODES[transport]]
MOST_LINES = 150


def file_of(mode: Mode) -> Path:
    return FOLDER / Path(*mode.module.split(".")).with_suffix(".py")


@pytest.mark.parametrize("transport", sorted(MODES))
def test_every_file_is_registered_once_and_every_line_of_the_registry_has_its_file(transport: str) -> None:
    files = sorted(f"{transport}.{path.stem}" for path in (FOLDER / transport).glob("*.py") if path.stem != "__init__")
    assert sorted(mode.module for mode in MODES[transport]) == files


@pytest.mark.parametrize("transport", sorted(MODES))
def test_no_two_modes_have_one_name(transport: str) -> None:
    names = [mode.name for mode in MODES[transport]]
    assert len(names) == len(set(names))


def test_the_four_of_the_course_and_the_baseline_are_there() -> None:
    assert {"iterative", "fork", "thread", "select", "epoll"} <= {mode.name for mode in MODES["tcp"]}
    assert {"iterative", "fork", "thread", "select", "epoll"} <= {mode.name for mode in MODES["udp"]}


@pytest.mark.parametrize(("transport", "mode"), ALL)
def test_a_mode_is_one_file_that_can_be_read_in_a_sitting(transport: str, mode: Mode) -> None:
    lines = file_of(mode).read_text().splitlines()
    assert len(lines) <= MOST_LINES
    assert "\n".join(lines) + "\n" == mode.source()


@pytest.mark.parametrize(("transport", "mode"), ALL)
def test_a_mode_explains_itself_and_names_its_source(transport: str, mode: Mode) -> None:
    docstring = ast.get_docstring(ast.parse(file_of(mode).read_text())) or ""
    assert docstring == mode.paragraph()
    assert docstring.splitlines()[0].startswith(f"{mode.name}:")
    sources = [line for line in docstring.splitlines() if line.startswith("Source: ")]
    assert len(sources) == 1 and len(sources[0]) > len("Source: ") + 5
    assert len(docstring.split()) > 40


@pytest.mark.parametrize(("transport", "mode"), ALL)
def test_a_mode_serves_a_server(transport: str, mode: Mode) -> None:
    assert list(inspect.signature(mode.loop()).parameters) == ["server"]
    assert inspect.getdoc(mode.loop())
    assert mode.summary and mode.waits_in


@pytest.mark.parametrize(("transport", "mode"), ALL)
def test_a_mode_is_found_by_its_name(transport: str, mode: Mode) -> None:
    assert find(transport, mode.name) is mode


def test_a_name_that_no_mode_has_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(UsageError) as caught:
        find("tcp", "quantum")
    assert "quantum" in caught.value.message
    assert caught.value.hint and all(mode.name in caught.value.hint for mode in MODES["tcp"])
