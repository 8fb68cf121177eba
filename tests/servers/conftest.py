"""What all server tests start from: one server of each mode for what leaves it as it was, new ones for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tcp_peer import StartTcp

from netlab.servers.limits import Limits
from netlab.servers.modes import TCP_MODES, Mode
from netlab.servers.supervisor import RunningServer


@pytest.fixture
def start_tcp() -> Iterator[StartTcp]:
    """start_tcp(mode, host=…, port=…, **limits): a server of the test's own, ended with the test."""
    running: list[RunningServer] = []

    def start(mode: Mode, host: str = "127.0.0.1", port: int = 0, **limits: Any) -> RunningServer:
        limits = {"workers": 4, "drain_s": 0.4, "max_connections": 400, **limits}
        server = RunningServer("tcp", mode, host=host, port=port, limits=Limits(**limits))
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture(params=TCP_MODES, ids=lambda mode: mode.name)
def tcp_mode(request: pytest.FixtureRequest) -> Mode:
    """Each TCP mode of the registry in turn."""
    mode: Mode = request.param
    return mode


@pytest.fixture(params=TCP_MODES, ids=lambda mode: mode.name, scope="module")
def tcp_server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A server of each TCP mode that all tests of a module share; they must leave no connection open."""
    limits = Limits(workers=4, max_connections=400)
    with RunningServer("tcp", request.param, host="127.0.0.1", port=0, limits=limits) as server:
        yield server
        assert server.alive(), f"the server died: {server.last_words()}"
        assert server.stop().exit_code == 0
