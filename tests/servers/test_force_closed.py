"""Connections that a server had to close by force are counted as connections, whatever ended them.

A stop lets every connection finish. Those that cannot in time are shut down by the process that serves them; a process
that does not answer is killed, by its master or by the supervisor. The count must be the same in all three cases: of
connections, not of processes.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from tcp_peer import connect, ping, processes, until
from udp_peer import client_of, echo_of

from netlab.child.shared_counters import SharedCounters
from netlab.servers import supervisor
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import MODES, Mode
from netlab.servers.server import Server
from netlab.servers.stopping import Stop
from netlab.servers.supervisor import RunningServer, ServerOutcome
from netlab.servers.workers import Workers

BY_TRANSPORT = [(transport, mode) for transport, modes in MODES.items() for mode in modes]


def with_processes(mode: Mode) -> bool:
    """Whether a mode serves in processes of its own, which its master sees out."""
    return mode.workers == "processes" or mode.name == "fork"


IN_PROCESSES = [(transport, mode) for transport, mode in BY_TRANSPORT if with_processes(mode)]


def name_of(value: object) -> str:
    """What pytest calls a case."""
    return value.name if isinstance(value, Mode) else str(value)


def frozen_and_stopped(
    transport: str, mode: Mode, clients: int, workers: int, *, first_too: bool = False
) -> ServerOutcome:
    """A server with `clients` connections whose workers (or all of whose processes) stand still, told to stop."""
    limits = Limits(workers=workers, max_connections=50, drain_s=0.1)
    with ExitStack() as stack:
        server = stack.enter_context(RunningServer(transport, mode, host="127.0.0.1", port=0, limits=limits))
        for _ in range(clients):
            if transport == "tcp":
                assert ping(stack.enter_context(connect(server)))
            else:
                assert echo_of(stack.enter_context(client_of(server)), b"hello") == b"hello"
        in_all = {"processes": workers, "threads": 0, "": clients if mode.name == "fork" else 0}[mode.workers]
        until(lambda: len(processes(server)) == 1 + in_all, "all processes are there")
        for process in processes(server)[0 if first_too else 1 :]:
            process.suspend()
        return server.stop()


@pytest.mark.parametrize(("transport", "mode"), IN_PROCESSES, ids=name_of)
def test_workers_that_are_killed_without_a_connection_count_nothing(transport: str, mode: Mode) -> None:
    outcome = frozen_and_stopped(transport, mode, clients=0, workers=2)
    assert outcome.exit_code == 0
    assert outcome.counts[Count.FORCE_CLOSED] == outcome.counts[Count.CLOSED] == outcome.counts[Count.CRASHED] == 0
    assert outcome.counts[Count.REAPED] == (0 if mode.name == "fork" else 2)


@pytest.mark.parametrize(("transport", "mode"), IN_PROCESSES, ids=name_of)
def test_workers_that_are_killed_count_each_of_their_connections(transport: str, mode: Mode) -> None:
    clients = 2 if mode.name == "prefork" else 6
    outcome = frozen_and_stopped(transport, mode, clients=clients, workers=2)
    # A UDP pool has no connections, nor clients that are known one by one.
    expected = 0 if (transport, mode.name) == ("udp", "epoll-multi") else clients
    assert outcome.exit_code == 0
    assert outcome.counts[Count.FORCE_CLOSED] == outcome.counts[Count.CLOSED] == expected
    assert outcome.counts[Count.ACCEPTED] == expected
    assert outcome.counts[Count.CRASHED] == 0


@pytest.fixture(scope="module")
def killed() -> Iterator[dict[tuple[str, str], Future[ServerOutcome]]]:
    """A server in each mode that stands still as a whole until the supervisor kills it. At once: it is all waiting."""
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(BY_TRANSPORT)) as pool:
        patch.setattr(supervisor, "PATIENCE_S", 0.5)
        yield {
            (transport, mode.name): pool.submit(
                frozen_and_stopped, transport, mode, _clients_of(mode), workers=3, first_too=True
            )
            for transport, mode in BY_TRANSPORT
        }


def _clients_of(mode: Mode) -> int:
    return 1 if mode.name == "iterative" else 3


@pytest.mark.parametrize(("transport", "mode"), BY_TRANSPORT, ids=name_of)
def test_a_server_that_is_killed_as_a_whole_counts_each_of_its_connections(
    transport: str, mode: Mode, killed: dict[tuple[str, str], Future[ServerOutcome]]
) -> None:
    outcome = killed[transport, mode.name].result()
    a_worker_each = transport == "tcp" or mode.per_connection
    assert outcome.exit_code == -signal.SIGKILL
    assert outcome.counts[Count.FORCE_CLOSED] == (_clients_of(mode) if a_worker_each else 0)
    assert outcome.counts[Count.CLOSED] == outcome.counts[Count.ACCEPTED]


@pytest.fixture
def workers() -> Iterator[Workers]:
    """The children of a master that is this test."""
    before = signal.getsignal(signal.SIGCHLD)
    counters = SharedCounters.create("test", 6, len(Count))
    with socket.socket() as listener:
        yield Workers(Server(listener, Limits(), Stop(0.05), counters, counters.row(SharedCounters.OWN)))
    signal.signal(signal.SIGCHLD, before)
    os.close(counters.fd)


@pytest.mark.parametrize(
    ("pooled", "accepted", "closed", "forced", "expected"),
    [
        (True, 6, 2, 0, 4),
        (True, 6, 6, 0, 0),
        (True, 6, 4, 2, 4),  # it was killed in the middle of closing by force: two it has counted itself
        (True, 0, 0, 0, 0),
        (False, 0, 0, 0, 1),  # `fork`: the master has accepted it
        (False, 0, 1, 0, 0),  # its connection was over, it had only not ended yet
        (False, 0, 1, 1, 1),
    ],
)
def test_what_a_killed_worker_had_counted_is_not_counted_again(
    workers: Workers, pooled: bool, accepted: int, closed: int, forced: int, expected: int
) -> None:
    workers.pooled = pooled

    def work(row: memoryview) -> None:
        row[Count.ACCEPTED], row[Count.CLOSED], row[Count.FORCE_CLOSED] = accepted, closed, forced
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        row[Count.CHUNKS] = 1
        signal.pause()

    counters = workers._server.shared_counters
    assert workers.start(work) is not None
    until(lambda: counters.totals()[Count.CHUNKS] == 1, "it has counted")
    workers.see_out()
    assert len(workers) == 0
    assert counters.totals()[Count.FORCE_CLOSED] == expected
    assert counters.totals()[Count.CLOSED] == (accepted if pooled else 1)
    assert counters.totals()[Count.CRASHED] == 0


def test_a_worker_that_crashes_before_the_stop_is_a_crash_and_not_force(workers: Workers) -> None:
    workers.pooled = True

    def work(row: memoryview) -> None:
        row[Count.ACCEPTED], row[Count.CLOSED] = 3, 1
        signal.raise_signal(signal.SIGKILL)

    workers.start(work)
    until(lambda: len(workers) == 0, "it is reaped")
    totals = workers._server.shared_counters.totals()
    assert (totals[Count.CLOSED], totals[Count.FORCE_CLOSED], totals[Count.CRASHED]) == (3, 0, 1)


def test_every_mode_with_processes_is_here() -> None:
    names = {(transport, mode.name) for transport, mode in IN_PROCESSES}
    assert names == {(transport, name) for transport in MODES for name in ("fork", "epoll-multi")} | {
        ("tcp", "prefork")
    }
