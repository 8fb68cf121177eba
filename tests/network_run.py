"""Running the experiments of a private network, and reading their reports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import jsonschema
import pytest
from evidence import missing_evidence
from ordinary import ROOT, needs_networks
from skips import needs_program

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)


def netlab(*arguments: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    """The command as a user types it; skips where private networks are forbidden."""
    needs_networks()
    return forked.run(*arguments, "--no-save", environment={"COLUMNS": f"{columns}"}, timeout_s=120)


@dataclass(frozen=True)
class Run:
    """An experiment that has run once for all tests of a module: its report, and its files."""

    document: dict[str, Any]
    pcap: Path
    plot: Path


def recorded(tmp_path_factory: pytest.TempPathFactory, name: str, *options: str, plot: bool = False) -> Run:
    """Run an experiment whose checks must hold, with its frames in a file, and its picture on request."""
    folder = tmp_path_factory.mktemp(name)
    run = Run({}, folder / "a.pcap", folder / "a.svg")
    run.document.update(report(name, *options, "--pcap", str(run.pcap), *(("--plot", str(run.plot)) if plot else ())))
    return run


def report(*arguments: str) -> dict[str, Any]:
    """The JSON report of a command whose checks all hold."""
    done = netlab(*arguments, "--json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    VALID.validate(document)
    assert not missing_evidence(document)
    return document


def rows(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows by column name of the table with this name or title."""
    table = next(table for table in document["measurement"]["tables"] if name in (table["name"], table["title"]))
    return [dict(zip((column["name"] for column in table["columns"]), row, strict=True)) for row in table["rows"]]


def facts(document: dict[str, Any]) -> dict[str, Any]:
    """Values by name."""
    return {fact["name"]: fact["value"] for fact in document["measurement"]["facts"]}


def at_widths(widths: Sequence[int], *arguments: str) -> Iterator[tuple[int, subprocess.CompletedProcess[str]]]:
    """Run a command in a terminal of the first width, and show its run again in terminals of the others."""
    needs_networks()
    first, *others = widths
    yield first, forked.run(*arguments, environment={"COLUMNS": f"{first}"}, timeout_s=120)
    for columns in others:
        yield columns, forked.run("runs", "show", "last", environment={"COLUMNS": f"{columns}"})


def expert_warnings(file: Path) -> list[str]:
    """What Wireshark finds worth a warning or an error."""
    needs_program("tshark")
    command = ["tshark", "-n", "-r", str(file), "-q", "-z", "expert,warn"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("=")]


def expert_messages(file: Path) -> list[str]:
    """The same without the lines that are headings."""
    return [line for line in expert_warnings(file) if "Warns" not in line and "Frequency" not in line]
