"""To run netlab as a user without privileges, also where the tests themselves run as root."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from netlab.linux import machine

ROOT = Path(__file__).parents[1]
NOBODY = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")


def needs_networks() -> None:
    """Skip, and say why, where this machine lets nobody make networks."""
    allowed, why_not = machine.user_namespaces()
    if not allowed:
        pytest.skip(f"this machine forbids private networks: {why_not}")


def command(*arguments: str) -> list[str]:
    """netlab as an ordinary user: as ourselves, or as nobody where we are root. Skips where nobody may run a Python."""
    if os.geteuid() != 0:
        return [sys.executable, "-m", "netlab", *arguments]
    folders = [str(ROOT), sysconfig.get_path("purelib")]
    code = f"import sys; sys.path[:0] = {folders!r}; from netlab.__main__ import main; main()"
    again = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"  # netlab starts itself, too
    )
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        tried = [*NOBODY, python, "-c", again]
        if subprocess.run(tried, capture_output=True, cwd="/", check=False).returncode == 0:
            return [*NOBODY, python, "-c", code, *arguments]
    pytest.skip("no Python here that an ordinary user may run")
