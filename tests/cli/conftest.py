"""The command as its user starts it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Netlab = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def netlab() -> Netlab:
    """Run `netlab ARGUMENTS`; keyword arguments are environment variables."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "netlab", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
            env={**os.environ, **environment},
        )

    return run
