"""Clients that never read, and clients that say nothing: they cost a bounded buffer, and nobody else anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tcp_peer import (
    AT_ONCE,
    ONE_CLIENT_EACH,
    StartTcp,
    by_name,
    connect,
    is_echoed,
    is_turned_away,
    noise,
    ping,
    push_until_blocked,
    receive,
    reset,
    until,
    until_count,
)

from netlab.servers.counters import Count
from netlab.servers.echo import CHUNK_BYTES
from netlab.servers.limits import Limits
from netlab.servers.modes import TCP_MODES, Mode
from netlab.servers.supervisor import RunningServer

SMALL_BYTES = 131_072  # not below the 64 KiB of a loopback segment: then each would wait for a delayed ACK
IDLE_S = 1.0


def test_a_peer_that_never_reads_is_stopped_by_flow_control_and_costs_no_memory(
    tcp_mode: Mode, start_tcp: StartTcp
) -> None:
    server = start_tcp(tcp_mode, workers=1)
    with connect(server, SMALL_BYTES) as client:
        assert ping(client)
        before = server.memory().rss_bytes
        sent = push_until_blocked(server, client)
        assert server.memory().rss_bytes - before < 4_000_000
        counts = server.counts()
        assert 4 < counts[Count.BYTES_IN] <= sent + 4
        if tcp_mode.name != "asyncio":  # which counts as sent what its transport has taken
            assert counts[Count.BYTES_IN] - counts[Count.BYTES_OUT] <= CHUNK_BYTES
        assert counts[Count.ACCEPTED] == 1 and counts[Count.CLOSED] == 0


def test_a_peer_that_reads_after_all_gets_every_byte(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode)
    with connect(server, SMALL_BYTES) as client:
        sent = push_until_blocked(server, client)
        client.settimeout(10)
        assert receive(client, sent) == bytes(sent)
        assert is_echoed(client, noise(100_000))
    until_count(server, Count.CLOSED, 1)
    counts = server.counts()
    assert counts[Count.BYTES_IN] == counts[Count.BYTES_OUT] == sent + 100_000


@pytest.mark.parametrize("mode", AT_ONCE, ids=by_name)
def test_while_one_peer_is_stuck_the_others_are_served_and_the_server_does_not_spin(
    mode: Mode, start_tcp: StartTcp
) -> None:
    server = start_tcp(mode, workers=1)
    with connect(server, SMALL_BYTES) as stuck, connect(server) as other:
        assert ping(other)
        push_until_blocked(server, stuck)
        before = server.counts()[Count.WAKEUPS]
        for number in range(200):
            assert ping(other, f"still there? {number}".encode())
        # A wake-up each is what 200 messages take; one or two more each, if the stuck one is looked at as well.
        assert server.counts()[Count.WAKEUPS] - before <= 2 * 200 + 10
        with connect(server) as newcomer:
            assert ping(newcomer)


@pytest.mark.parametrize("mode", [mode for mode in TCP_MODES if mode.name != "busy-poll"], ids=by_name)
def test_while_all_are_stuck_or_silent_the_server_sleeps(mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(mode, workers=2)
    with connect(server, SMALL_BYTES) as stuck, connect(server):
        push_until_blocked(server, stuck)
        before = server.look()
        time.sleep(0.15)  # not for something to happen, but for nothing to happen
        after = server.look()
        grown = {count: after.counts[count] - before.counts[count] for count in Count}
        # Now and then the kernel probes a closed window, and may get rid of a little more (RFC 9293 §3.8.6.1).
        assert grown[Count.WAKEUPS] <= 2 * grown[Count.CHUNKS] + 5
        # A loop that spun would have been on a CPU for most of it; what we see of one that sleeps is a rounding error.
        assert after.cpu_s - before.cpu_s < 0.05


@pytest.mark.parametrize("mode", AT_ONCE, ids=by_name)
def test_a_stuck_peer_that_resets_is_closed_and_forgotten(mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(mode, workers=1)
    for round_ in (1, 2):  # the same descriptor each time
        stuck = connect(server, SMALL_BYTES)
        push_until_blocked(server, stuck)
        reset(stuck)
        until_count(server, Count.CLOSED, round_)
        until_count(server, Count.RESET, round_)
    with connect(server) as client:
        assert is_echoed(client, noise(100_000))


class Silence:
    """What became of three clients of a server with an idle limit: one silent, one that never reads, one active."""

    def __init__(self, mode: Mode) -> None:
        limits = Limits(workers=3, max_connections=400, idle_timeout_s=IDLE_S, drain_s=0.3)
        with RunningServer("tcp", mode, host="127.0.0.1", port=0, limits=limits) as server:
            self.longest_pause_s = 0.0
            if mode.name == "iterative":
                self._in_turn(server)
            else:
                self._at_once(server)
            until(lambda: server.counts()[Count.CLOSED] == 3, f"all are closed: {server.counts()}")
            self.counts = server.counts()
            self.exit_code = server.stop().exit_code

    def _at_once(self, server: RunningServer) -> None:
        with connect(server, SMALL_BYTES) as stuck:
            push_until_blocked(server, stuck)
            with connect(server) as active, connect(server) as silent:
                self.active_was_served = self._talk(active, server, until_idled_out=2)
                self.silent_was_ended = is_turned_away(silent)

    def _in_turn(self, server: RunningServer) -> None:
        with connect(server) as silent:
            self.silent_was_ended = is_turned_away(silent)
        with connect(server, SMALL_BYTES) as stuck:
            push_until_blocked(server, stuck)
            until(lambda: server.counts()[Count.CLOSED] == 2, "the stuck one is closed")
        with connect(server) as active:
            self.active_was_served = self._talk(active, server, for_s=1.5 * IDLE_S)

    def _talk(self, client: socket.socket, server: RunningServer, until_idled_out: int = 99, for_s: float = 10) -> bool:
        started = last = time.monotonic()
        while server.counts()[Count.IDLED_OUT] < until_idled_out and last - started < for_s:
            if not ping(client):
                return False
            now = time.monotonic()
            self.longest_pause_s = max(self.longest_pause_s, now - last)
            last = now
            time.sleep(0.01)
        return ping(client)


@pytest.fixture(scope="module")
def silences() -> Iterator[dict[str, Future[Silence]]]:
    """All modes at the same time, since most of it is waiting."""
    with ThreadPoolExecutor(len(TCP_MODES)) as pool:
        yield {mode.name: pool.submit(Silence, mode) for mode in TCP_MODES}


def test_the_idle_limit_ends_a_silent_client(tcp_mode: Mode, silences: dict[str, Future[Silence]]) -> None:
    assert silences[tcp_mode.name].result().silent_was_ended


def test_the_idle_limit_ends_a_client_that_never_reads(tcp_mode: Mode, silences: dict[str, Future[Silence]]) -> None:
    counts = silences[tcp_mode.name].result().counts
    assert counts[Count.IDLED_OUT] == 2  # this one and the silent one
    assert counts[Count.ACCEPTED] == counts[Count.CLOSED] == 3
    assert counts[Count.FORCE_CLOSED] == 0


def test_the_idle_limit_leaves_an_active_client_alone(tcp_mode: Mode, silences: dict[str, Future[Silence]]) -> None:
    silence = silences[tcp_mode.name].result()
    if silence.longest_pause_s >= IDLE_S / 2:
        pytest.skip(f"this machine was too busy for the client to be active: it paused {silence.longest_pause_s:.1f} s")
    assert silence.active_was_served
    assert silence.exit_code == 0


def test_every_mode_has_a_place_in_these_tests() -> None:
    assert {mode.name for mode in TCP_MODES} >= ONE_CLIENT_EACH
