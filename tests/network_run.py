"""Running the experiments of a private network, and reading their reports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ordinary import ROOT, needs_networks

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())


def netlab(*arguments: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    """The command as a user types it; skips where private networks are forbidden."""
    needs_networks()
    command = [sys.executable, "-m", "netlab", *arguments, "--no-save"]
    environment = {**os.environ, "COLUMNS": f"{columns}"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


def report(*arguments: str) -> dict[str, Any]:
    """The JSON report of a command whose checks all hold."""
    done = netlab(*arguments, "--json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    return document


def rows(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A table's rows by column name."""
    table = next(table for table in document["measurement"]["tables"] if table["name"] == name)
    return [dict(zip((column["name"] for column in table["columns"]), row, strict=True)) for row in table["rows"]]


def facts(document: dict[str, Any]) -> dict[str, Any]:
    """Values by name."""
    return {fact["name"]: fact["value"] for fact in document["measurement"]["facts"]}


def expert_warnings(file: Path) -> list[str]:
    """What Wireshark finds worth a warning or an error."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    command = ["tshark", "-n", "-r", str(file), "-q", "-z", "expert,warn"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("=")]
