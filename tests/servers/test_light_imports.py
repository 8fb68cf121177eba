"""A forking server pays for every page that it has touched: these modules load nothing large (docs/adr/0004)."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"dataclasses", "typing", "threading", "re", "psutil", "asyncio", "subprocess"}
LIGHT = (
    "acceptor", "echo", "event_loop_connections", "workers", "stopping", "tcp.fork_per_connection", "tcp.iterative",
    "tcp.select_loop", "tcp.poll_loop", "tcp.epoll_loop", "tcp.epoll_et",
)  # fmt: skip


@pytest.mark.parametrize("name", LIGHT)
def test_what_a_server_must_not_load(name: str) -> None:
    code = f"import sys, netlab.servers.{name}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)
