"""The end of a TCP server: told to stop it echoes what has come, closes, accounts and exits 0, in bounded time.

And when one of its processes is killed instead, the others go on.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from tcp_peer import (
    AT_ONCE,
    MISSION,
    ONE_CLIENT_EACH,
    StartTcp,
    by_name,
    connect,
    group_is_gone,
    is_echoed,
    is_turned_away,
    many,
    noise,
    ping,
    processes,
    push_until_blocked,
    rest,
    until,
    until_count,
)

from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import TCP_MODES, Mode, find
from netlab.servers.supervisor import RunningServer, ServerOutcome


def test_stopping_a_server_that_nobody_uses_takes_no_drain_time(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode, drain_s=30.0)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert {count for count, value in outcome.counts.items() if value} <= {
        Count.WAKEUPS,
        Count.REAPED,
        Count.REAPED_CPU_NS,
    }


def test_a_stop_in_the_first_moment_is_not_lost(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    """The workers may be forked, or the threads started, while the signal is on its way."""
    for _ in range(2):
        server = start_tcp(tcp_mode, workers=12, drain_s=30.0)
        started = time.monotonic()
        assert server.stop().exit_code == 0
        assert time.monotonic() - started < 15  # half of the drain time, for which a lost signal would wait


def test_stop_closes_open_connections_and_exits_0(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode, drain_s=30.0)
    number = 1 if tcp_mode.name == "iterative" else 4
    with many(server, number) as clients:
        assert all(ping(client) for client in clients)
        outcome = server.stop()
        assert all(rest(client) == b"" for client in clients)
    assert outcome.exit_code == 0
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == number
    assert outcome.counts[Count.BYTES_IN] == outcome.counts[Count.BYTES_OUT] == 4 * number
    assert outcome.counts[Count.FORCE_CLOSED] == outcome.counts[Count.RESET] == outcome.counts[Count.CRASHED] == 0
    assert group_is_gone(server.pid)


def test_stop_says_what_the_server_has_cost(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode)
    with connect(server) as client:
        assert is_echoed(client, noise(300_000))
    until_count(server, Count.CLOSED, 1)
    outcome = server.stop()
    assert outcome.user_s is not None and outcome.system_s is not None
    assert outcome.user_s + outcome.system_s > 0
    assert outcome.voluntary_switches is not None and outcome.voluntary_switches >= 0
    assert outcome.involuntary_switches is not None and outcome.involuntary_switches >= 0
    assert outcome.page_faults is not None and outcome.page_faults > 0
    assert outcome.peak_rss_bytes is not None and 1_000_000 < outcome.peak_rss_bytes < 100_000_000


def test_what_came_before_the_stop_is_echoed_although_the_client_does_not_half_close(
    tcp_mode: Mode, start_tcp: StartTcp
) -> None:
    """The server is stopped (SIGSTOP) while bytes and SIGTERM arrive, so that it finds both when it goes on."""
    server = start_tcp(tcp_mode, drain_s=30.0)
    message = noise(50_000)
    with connect(server) as client:
        assert ping(client)
        frozen = processes(server)
        for process in frozen:
            process.suspend()
        client.sendall(message)
        _until_received(client)
        os.kill(server.pid, signal.SIGTERM)
        for process in frozen:
            process.resume()
        assert rest(client) == message
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.BYTES_IN] == outcome.counts[Count.BYTES_OUT] == len(message) + 4
    assert outcome.counts[Count.FORCE_CLOSED] == 0


def _until_received(client: socket.socket) -> None:
    """Until all that `client` has sent is acknowledged, and so is in the server's receive queue."""
    here, there = client.getsockname()[1], client.getpeername()[1]

    def acknowledged() -> bool:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if (int(local[-4:], 16), int(remote[-4:], 16)) == (here, there):
                return queues.startswith("00000000:")
        raise AssertionError("the connection is not in /proc/net/tcp")

    until(acknowledged, "everything is acknowledged")


@pytest.mark.parametrize("mode", AT_ONCE, ids=by_name)
def test_a_stop_amid_traffic_loses_no_byte_that_was_received(mode: Mode, start_tcp: StartTcp) -> None:
    """Clients that send until the end of the stream: the signal comes at any point of the loop."""
    for _ in range(2):
        server = start_tcp(mode, workers=2, drain_s=30.0)
        talkers = [Talker(server) for _ in range(4)]
        for talker in talkers:
            until(lambda talker=talker: talker.echoes > 20, "it is talking")  # type: ignore[misc]
        outcome = server.stop()
        for talker in talkers:
            talker.thread.join(10)
            assert not talker.thread.is_alive()
            assert talker.was_intact
        assert outcome.exit_code == 0, server.last_words()
        assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == len(talkers)
        assert outcome.counts[Count.FORCE_CLOSED] == outcome.counts[Count.CRASHED] == 0
        assert outcome.counts[Count.BYTES_IN] - 64 * len(talkers) <= outcome.counts[Count.BYTES_OUT]
        assert outcome.counts[Count.BYTES_OUT] <= outcome.counts[Count.BYTES_IN]
        assert outcome.counts[Count.BYTES_IN] <= sum(64 * talker.sent for talker in talkers)
        assert outcome.counts[Count.BYTES_OUT] >= sum(64 * talker.echoes for talker in talkers)


class Talker:
    """A client in a thread: a message, its echo, and the next, until the server ends the connection."""

    def __init__(self, server: RunningServer) -> None:
        self.sent = self.echoes = 0
        self.was_intact = True
        self._client = connect(server)
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self) -> None:
        with self._client as client:
            try:
                while True:
                    message = self.sent.to_bytes(64)
                    client.sendall(message)
                    self.sent += 1
                    echo = b""
                    while len(echo) < 64:
                        more = client.recv(64 - len(echo))
                        if not more:
                            return
                        echo += more
                    self.was_intact &= echo == message
                    self.echoes += 1
            except ConnectionError:  # our message came after the server had read to the end, and crossed its FIN
                return


def test_a_peer_that_never_reads_cannot_hold_up_the_stop(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode, drain_s=0.2)
    with connect(server, 131_072) as stuck:
        push_until_blocked(server, stuck)
        outcome = server.stop()
    assert outcome.exit_code == 0, server.last_words()
    # A write(2) that blocks goes on when a third of the send buffer is free, so there may be room for the rest.
    echoed_all = outcome.counts[Count.BYTES_OUT] == outcome.counts[Count.BYTES_IN]
    assert outcome.counts[Count.FORCE_CLOSED] == (0 if echoed_all and tcp_mode.name != "asyncio" else 1)
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == 1
    assert outcome.counts[Count.CRASHED] == 0
    assert group_is_gone(server.pid)


@pytest.mark.parametrize("mode", [mode for mode in AT_ONCE if mode.name not in {"fork", "thread"}], ids=by_name)
def test_every_connection_that_is_cut_off_is_counted(mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(mode, drain_s=0.2, workers=1)
    with connect(server, 131_072) as one, connect(server, 131_072) as other, connect(server) as silent:
        assert ping(silent)
        push_until_blocked(server, one)
        push_until_blocked(server, other)
        outcome = server.stop()
        assert rest(silent) == b""
    assert outcome.exit_code == 0
    assert outcome.counts[Count.FORCE_CLOSED] == 2
    assert outcome.counts[Count.CLOSED] == 3


def test_sigterm_to_the_server_process_is_a_stop(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode)
    with connect(server) as client:
        assert ping(client)
        os.kill(server.pid, signal.SIGTERM)
        assert rest(client) == b""
    until(lambda: not server.alive(), "it has ended")
    assert server.stop().exit_code == 0
    assert group_is_gone(server.pid)


def test_sigterm_to_the_whole_group_is_a_stop(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    """What the lifeline does when the parent dies."""
    server = start_tcp(tcp_mode, drain_s=30.0)
    with connect(server) as client:
        assert ping(client)
        os.killpg(server.pid, signal.SIGTERM)
        assert rest(client) == b""
    until(lambda: not server.alive(), "it has ended")
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == 1
    assert group_is_gone(server.pid)


def test_a_second_sigterm_changes_nothing(start_tcp: StartTcp) -> None:
    for mode in MISSION:
        server = start_tcp(mode, drain_s=0.3)
        with connect(server, 131_072) as stuck:
            push_until_blocked(server, stuck)
            os.kill(server.pid, signal.SIGTERM)
            os.kill(server.pid, signal.SIGTERM)
            assert server.stop().exit_code == 0


def test_after_a_stop_the_port_is_free_at_once(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode)
    with connect(server) as client:
        assert ping(client)
        server.stop()  # the server closes first, so its end of the connection goes to TIME-WAIT
    successor = start_tcp(tcp_mode, port=server.port)
    assert successor.port == server.port
    with connect(successor) as client:
        assert ping(client)


def test_a_server_that_was_killed_says_so(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode, drain_s=0.1)
    with connect(server) as client:
        assert ping(client)
        until_count(server, Count.BYTES_OUT, 4)
        for process in processes(server):
            process.kill()
        assert is_turned_away(client)
        outcome = server.stop()
    assert outcome.exit_code == -signal.SIGKILL
    assert outcome.user_s is None and outcome.peak_rss_bytes is None  # unknown, not 0
    assert outcome.counts[Count.BYTES_OUT] == 4  # what it had counted is still there


def test_a_child_of_fork_that_is_killed_takes_only_its_own_client_with_it(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "fork"))
    with connect(server) as victim, connect(server) as other:
        assert ping(victim)
        before = set(processes(server)[1:])
        assert ping(other)
        (first,) = before if len(before) == 1 else [min(before, key=lambda process: process.pid)]
        first.kill()
        assert is_turned_away(victim)
        assert ping(other)
        until_count(server, Count.REAPED, 1)
        assert server.counts()[Count.CRASHED] == server.counts()[Count.CLOSED] == 1
        with connect(server) as newcomer:
            assert ping(newcomer)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == 3
    assert outcome.counts[Count.CRASHED] == 1


@pytest.mark.parametrize("name", ["prefork", "epoll-multi"])
def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(name: str, start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", name), workers=3)
    with connect(server) as client:
        assert ping(client)
        until(lambda: len(processes(server)) == 4, "all workers are there")
        serving = _who_serves(server, client)
        bystander = next(process for process in processes(server)[1:] if process.pid != serving)
        bystander.kill()
        until_count(server, Count.CRASHED, 1)
        until(lambda: len(processes(server)) == 4, "it is replaced")
        assert ping(client)
        assert server.counts()[Count.CLOSED] == 0  # it had no connection
        os.kill(serving, signal.SIGKILL)
        assert is_turned_away(client)
        until_count(server, Count.CRASHED, 2)
        until(lambda: len(processes(server)) == 4, "it is replaced")
        assert server.counts()[Count.CLOSED] == 1
    with many(server, 3) as clients:
        assert all(ping(client) for client in clients)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.CRASHED] == outcome.counts[Count.REAPED] - 3 == 2
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == 4


@pytest.mark.parametrize("name", ["prefork", "epoll-multi"])
def test_a_worker_that_is_told_to_stop_alone_is_replaced(name: str, start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", name), workers=2)
    until(lambda: len(processes(server)) == 3, "all workers are there")
    with many(server, 2) as clients:
        assert all(ping(client) for client in clients)
    until_count(server, Count.CLOSED, 2)
    worker = processes(server)[1]
    worker.terminate()
    until_count(server, Count.REAPED, 1)
    until(lambda: len(processes(server)) == 3, "it is replaced")
    until(lambda: _can_be_served(server), "clients are served again")
    assert server.counts()[Count.CRASHED] == 0
    assert server.stop().exit_code == 0


def _can_be_served(server: RunningServer) -> bool:
    try:
        with connect(server) as client:
            return ping(client)
    except ConnectionError:
        return False


def _who_serves(server: RunningServer, client: socket.socket) -> int:
    """The process of the server that has the connection of `client` open."""
    here = client.getsockname()[1]
    for process in processes(server):
        if any(connection.raddr and connection.raddr.port == here for connection in process.net_connections("tcp")):
            return process.pid
    raise AssertionError("no process has it")


def test_close_ends_what_stop_was_never_asked_to(tcp_mode: Mode) -> None:
    with RunningServer("tcp", tcp_mode, host="127.0.0.1", port=0, limits=Limits(workers=2, drain_s=0.1)) as server:
        with connect(server) as client:
            assert ping(client)
            server.close()
            assert is_turned_away(client)
        assert group_is_gone(server.pid)
        server.close()  # again: nothing to do


def test_stop_twice_gives_the_same_account(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "epoll"))
    first = server.stop()
    second: ServerOutcome = server.stop()
    assert first.exit_code == second.exit_code == 0
    assert first.counts == second.counts


def test_the_modes_of_these_tests_are_modes() -> None:
    assert {mode.name for mode in TCP_MODES} == {mode.name for mode in AT_ONCE} | ONE_CLIENT_EACH
    assert len(MISSION) == 4
