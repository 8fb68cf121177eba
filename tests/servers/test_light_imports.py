"""A forking server pays for every page that it has touched: these modules load nothing large (docs/adr/0004)."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"dataclasses", "typing", "threading", "re", "psutil", "asyncio", "subprocess"}
LOOPS = ("select_loop", "poll_loop", "epoll_loop", "epoll_et", "fork_per_connection", "iterative")
LIGHT = ("acceptor", "echo", "event_loop_connections", "workers", "stopping", *(f"tcp.{name}" for name in LOOPS))


@pytest.mark.parametrize("name", LIGHT)
def test_what_a_server_must_not_load(name: str) -> None:
    code = f"import sys, netlab.servers.{name}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)
