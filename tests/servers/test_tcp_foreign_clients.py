"""Clients that we did not write: what nc, socat and ncat send, they get back."""

from __future__ import annotations

import subprocess

import pytest
from skips import needs_program
from tcp_peer import MISSION, StartTcp, by_name, noise, until_count

from netlab.servers.counters import Count
from netlab.servers.modes import Mode

SIZE = 100_000


def nc_half_close() -> list[str]:
    """How this machine's nc is told to half-close when its input ends: OpenBSD's -N; the others do it by themselves."""
    helped = subprocess.run(["nc", "-h"], capture_output=True, text=True, check=False)
    return ["-N"] if "OpenBSD" in helped.stdout + helped.stderr else []


def foreign(tool: str, host: str, port: int) -> list[str]:
    """The command line that sends standard input to a TCP port, half-closes, and prints what comes back."""
    if tool == "socat":
        return ["socat", "-t", "10", "STDIO", f"TCP:{host}:{port}"]
    if tool == "ncat":
        return ["ncat", host, str(port)]
    return ["nc", *nc_half_close(), host, str(port)]


@pytest.mark.peers
@pytest.mark.parametrize("tool", ["nc", "socat", "ncat"])
@pytest.mark.parametrize("mode", MISSION, ids=by_name)
def test_a_file_comes_back_intact(mode: Mode, tool: str, start_tcp: StartTcp) -> None:
    needs_program(tool)
    server = start_tcp(mode)
    file = noise(SIZE)
    ran = subprocess.run(
        foreign(tool, server.host, server.port), input=file, capture_output=True, timeout=20, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == file
    until_count(server, Count.CLOSED, 1)
    counts = server.counts()
    assert counts[Count.BYTES_IN] == counts[Count.BYTES_OUT] == SIZE
    assert counts[Count.RESET] == 0
