"""Starting must cost little: what a command does not use, it does not import. Modules are counted, not milliseconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netlab import __version__

ROOT = Path(__file__).parents[2]
HEAVY = {"asyncio", "dns", "matplotlib", "pydantic", "rich"}


def _imported_by(*arguments: str, **variables: str) -> set[str]:
    """Modules in sys.modules after the command: those of netlab by their full names, others by their packages."""
    code = (
        "import sys\n"
        f"sys.argv = ['netlab', *{list(arguments)!r}]\n"
        "from netlab.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "names = {name if name.startswith('netlab.') else name.partition('.')[0] for name in sys.modules}\n"
        "print(*names, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT, env=os.environ | variables
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_the_version_is_told_without_typer() -> None:
    assert not _imported_by("--version") & (HEAVY | {"typer", "click", "dataclasses", "inspect", "re"})


LIGHT = (
    ["--help"],
    ["runs", "path"],
    ["runs"],
    ["runs", "show", "--help"],
    ["doctor", "--json"],
    ["tcp-server", "--help"],
    ["lab", "--help"],
    ["lab"],
    ["cidr", "10.100.122.2/24"],
    ["cidr", "same-net", "192.168.0.2/24", "192.168.1.2"],
    ["cidr", "merge", "10.0.0.0/25", "10.0.0.128/25"],
    ["mac", "00:1b:21:aa:bb:cc"],
)


@pytest.mark.parametrize("arguments", LIGHT)
def test_only_what_is_used_is_imported(arguments: list[str]) -> None:
    assert not _imported_by(*arguments) & HEAVY


ASKED_BY_A_SHELL = {"COMP_WORDS": "netlab tcp-", "COMP_CWORD": "1", "_NETLAB_COMPLETE": "complete_bash"}


@pytest.mark.parametrize(
    ("arguments", "variables"), [(["--help"], {}), (["dns", "--help"], {}), ([], ASKED_BY_A_SHELL)], ids=str
)
def test_a_list_of_commands_imports_no_experiment(arguments: list[str], variables: dict[str, str]) -> None:
    imported = _imported_by(*arguments, **variables)
    groups = {"netlab.experiments", "netlab.experiments.dns"}
    assert not {name for name in imported - groups if name.startswith("netlab.exp") and ".commands" not in name}
    assert not imported & {"netlab.runner", "netlab.report.quantity", "netlab.linux"}


def test_only_one_module_names_the_private_parts_of_typer() -> None:
    private = re.compile(r"^\s*(?:from|import) typer\.", re.MULTILINE)
    naming = {file.name for file in (ROOT / "netlab").rglob("*.py") if private.search(file.read_text())}
    assert naming == {"click_parts.py"}


@pytest.mark.parametrize("arguments", [["cidr", "10.100.122.2/24"], ["mac", "00:1b:21:aa:bb:cc"]])
def test_one_address_is_explained_without_typer(arguments: list[str]) -> None:
    assert not _imported_by(*arguments) & (HEAVY | {"typer", "psutil", "json", "subprocess", "socket"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["cidr", "10.100.122.2/24"],
        ["cidr", "10.100.122.2", "0.0.0.255"],
        ["cidr", "fe80::1%eth0/64"],
        ["cidr", "1.2.3.4/33"],
        ["cidr", "1.2.3.4", "rubbish"],
        ["mac", "001b.21aa.bbcc"],
        ["mac", "224.0.0.251"],
        ["mac", "123"],
    ],
    ids=" ".join,
)
def test_the_quick_way_and_the_long_one_say_the_same(netlab, arguments: list[str]) -> None:  # type: ignore[no-untyped-def]
    command, *rest = arguments
    quick, long = netlab(command, *rest), netlab(command, "address", *rest)
    assert (quick.returncode, quick.stdout, quick.stderr) == (long.returncode, long.stdout, long.stderr)


QUICK = (["--version"], ["cidr", "10.0.0.0/8"], ["mac", "00:1b:21:aa:bb:cc"])


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_the_quick_way_works_without_a_standard_stream(arguments: list[str], closed: str) -> None:
    line = f"{sys.executable} -m netlab {' '.join(arguments)} {closed}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) is (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_the_quick_way_says_that_a_disk_is_full(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netlab", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    assert done.returncode == 74
    assert len(done.stderr.splitlines()) == 1


def test_version(netlab) -> None:  # type: ignore[no-untyped-def]
    for option in ("--version", "-V"):
        assert netlab(option).stdout == f"netlab {__version__}\n"
