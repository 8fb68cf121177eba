"""The command as its user starts it: a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import forked
import pytest

Netlab = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def netlab() -> Netlab:
    """Run `netlab ARGUMENTS`; keyword arguments are environment variables."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return forked.run(*arguments, environment=environment)

    return run
