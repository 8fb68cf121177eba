"""Many clients at once: all are served, or in turn; past a bound they are shed, counted, and nothing else suffers."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator

import pytest
from tcp_peer import (
    AT_ONCE,
    MISSION,
    ONE_CLIENT_EACH,
    StartTcp,
    by_name,
    connect,
    descriptor_limit,
    is_turned_away,
    limit_that_leaves,
    many,
    noise,
    open_descriptors,
    ping,
    processes,
    receive,
    rest,
    until,
    until_count,
)

from netlab.servers.counters import Count
from netlab.servers.limits import FD_SETSIZE
from netlab.servers.modes import Mode, find

CROWD = 300


def test_three_hundred_clients_at_once_are_all_served(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    workers = 4 if tcp_mode.name == "epoll-multi" else CROWD
    server = start_tcp(tcp_mode, workers=workers)
    messages = [noise(64, seed=number) for number in range(CROWD)]
    with many(server, CROWD) as clients:
        for client, message in zip(clients, messages, strict=True):
            client.sendall(message)
        if tcp_mode.name != "iterative":
            for client, message in zip(clients, messages, strict=True):
                assert receive(client, 64) == message
            until(lambda: server.counts()[Count.ACCEPTED] == CROWD, "all are connected")
            counts = server.counts()
            assert counts[Count.CLOSED] == 0
            assert counts[Count.PEAK_OPEN] == CROWD
            for client, message in zip(clients, messages, strict=True):
                client.sendall(message[::-1])
        for client, message in zip(clients, messages, strict=True):  # iterative: the next is served when this one ends
            client.shutdown(socket.SHUT_WR)
            assert rest(client) == (message if tcp_mode.name == "iterative" else message[::-1])
    until_count(server, Count.CLOSED, CROWD)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.ACCEPTED] == outcome.counts[Count.CLOSED] == CROWD
    assert outcome.counts[Count.BYTES_IN] == outcome.counts[Count.BYTES_OUT]
    assert outcome.counts[Count.SHED] == outcome.counts[Count.RESET] == outcome.counts[Count.FORCE_CLOSED] == 0


def test_a_client_more_than_the_workers_waits_its_turn(start_tcp: StartTcp) -> None:
    for name, workers in (("iterative", 1), ("prefork", 2), ("thread-pool", 2)):
        server = start_tcp(find("tcp", name), workers=workers)
        with many(server, workers) as clients, connect(server) as waiting:
            assert all(ping(client) for client in clients)
            waiting.sendall(b"hello")
            assert server.counts()[Count.ACCEPTED] == workers  # the kernel has connected it, nobody has accepted it
            clients[0].close()
            assert receive(waiting, 5) == b"hello"


@pytest.mark.parametrize("mode", AT_ONCE, ids=by_name)
def test_past_max_connections_one_more_is_closed_at_once_and_a_place_that_becomes_free_can_be_taken(
    mode: Mode, start_tcp: StartTcp
) -> None:
    server = start_tcp(mode, max_connections=3, workers=1)
    with many(server, 3) as clients:
        assert all(ping(client) for client in clients)
        for shed in (1, 2):
            with connect(server) as too_many:
                assert is_turned_away(too_many)
            until_count(server, Count.SHED, shed)
        assert all(ping(client) for client in clients)
        clients[1].close()
        until_count(server, Count.CLOSED, 1)
        until(lambda: mode.name != "fork" or server.counts()[Count.REAPED] == 1, "the child is reaped")
        with connect(server) as another:
            assert ping(another)
        assert ping(clients[0]) and ping(clients[2])
        counts = server.counts()
    assert counts[Count.ACCEPTED] == 4
    assert counts[Count.PEAK_OPEN] == 3
    assert counts[Count.SHED] == 2
    assert counts[Count.OUT_OF_DESCRIPTORS] == counts[Count.OUT_OF_WORKERS] == 0


@pytest.mark.parametrize("name", ["prefork", "thread-pool"])
def test_no_more_workers_serve_than_max_connections(name: str, start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", name), max_connections=2, workers=6)
    with many(server, 3) as clients:
        for client in clients:
            client.sendall(b"?")
        assert [receive(client, 1) for client in clients[:2]] == [b"?", b"?"]
        assert server.counts()[Count.ACCEPTED] == 2
        clients[0].close()
        assert receive(clients[2], 1) == b"?"


def test_workers_with_many_clients_each_keep_to_max_connections_together(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "epoll-multi"), max_connections=5, workers=4)
    with many(server, 5) as clients:
        assert all(ping(client) for client in clients)  # however the kernel has shared them out
        for shed in (1, 2, 3):
            with connect(server) as too_many:
                assert is_turned_away(too_many)
            until_count(server, Count.SHED, shed)
        clients[0].close()
        until_count(server, Count.CLOSED, 1)
        with connect(server) as another:
            assert ping(another)


def test_fork_never_has_more_children_than_its_bound(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "fork"), max_connections=5)
    most = 0
    clients = []
    try:
        for _ in range(20):
            clients.append(connect(server))
            most = max(most, len(processes(server)) - 1)
        until(lambda: server.counts()[Count.ACCEPTED] + server.counts()[Count.SHED] == 20, "all have been looked at")
        most = max(most, len(processes(server)) - 1)
        assert most == 5
        assert server.counts()[Count.SHED] == 15
    finally:
        for client in clients:
            client.close()
    until(lambda: len(processes(server)) == 1, "all children have ended and are waited for")
    assert server.counts()[Count.REAPED] == server.counts()[Count.CLOSED] == 5


def test_fork_leaves_no_zombie_behind(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "fork"))
    for _ in range(30):
        with connect(server) as client:
            assert ping(client)
    until_count(server, Count.REAPED, 30)
    assert len(processes(server)) == 1
    assert server.counts()[Count.REAPED_CPU_NS] > 0
    assert server.counts()[Count.CRASHED] == 0


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Let this process, and the server it starts, have some thousand descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"this machine allows no more than {hard} descriptors (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_select_sheds_descriptors_that_do_not_fit_its_set_and_serves_the_others(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "select"), max_connections=2000)
    with many(server, FD_SETSIZE + 76) as clients:
        until(lambda: sum(_served_and_shed(server.counts())) == len(clients), "all are served or shed")
        served, shed = _served_and_shed(server.counts())
        highest = max(open_descriptors(server.pid))
        counts = server.counts()
        assert highest == FD_SETSIZE - 1
        assert shed == counts[Count.OUT_OF_FD_SET] == len(clients) - served
        assert FD_SETSIZE - 16 < served < FD_SETSIZE
        for client in clients[:served]:
            assert ping(client)
        assert all(is_turned_away(client) for client in clients[served:])
        clients[5].close()
        until_count(server, Count.CLOSED, 1)
        with connect(server) as another:  # gets the number that has become free
            assert ping(another)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.CLOSED] == outcome.counts[Count.ACCEPTED] == served + 1


@pytest.mark.usefixtures("many_descriptors")
@pytest.mark.parametrize("mode", [mode for mode in AT_ONCE if mode.name in {"poll", "epoll", "thread"}], ids=by_name)
def test_the_others_know_no_such_bound(mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(mode, max_connections=2000)
    with many(server, FD_SETSIZE + 76) as clients:
        assert all(ping(client) for client in clients)
        assert server.counts()[Count.SHED] == 0


@pytest.mark.parametrize("mode", [mode for mode in AT_ONCE if mode.name != "fork"], ids=by_name)
def test_out_of_descriptors_those_it_has_are_served_the_others_shed_until_there_are_some_again(
    mode: Mode, start_tcp: StartTcp
) -> None:
    server = start_tcp(mode, workers=1)
    with connect(server) as first:
        assert ping(first)
        serving = processes(server)[-1].pid  # epoll-multi: the worker, which must be there by now
        with descriptor_limit(serving, limit_that_leaves(serving, 6)) as lift, many(server, 20) as clients:
            until(lambda: sum(_served_and_shed(server.counts())) == 21, "all are served or shed")
            served, shed = _served_and_shed(server.counts())
            assert 3 <= served <= 8
            assert server.counts()[Count.OUT_OF_DESCRIPTORS] == shed
            before = server.counts()[Count.WAKEUPS]
            assert ping(first)
            assert sorted(map(_is_served, clients)) == [False] * shed + [True] * (served - 1)
            assert server.counts()[Count.WAKEUPS] <= before + 4 * served, "it spins"
            for client in clients:
                client.close()
            until_count(server, Count.CLOSED, served - 1)
            with connect(server) as again:  # there are descriptors again, under the same limit
                assert ping(again)
            lift()
            with many(server, 20) as more:
                assert all(ping(client) for client in more)
        assert ping(first)
    assert server.stop().exit_code == 0


@pytest.mark.parametrize("name", sorted(ONE_CLIENT_EACH | {"fork"}))
def test_a_descriptor_table_that_is_full_sheds_every_newcomer_until_it_is_not(name: str, start_tcp: StartTcp) -> None:
    """These modes hold one connection a process (`fork`: none), so only a limit at their own descriptors meets them."""
    server = start_tcp(find("tcp", name), workers=1)
    with connect(server) as client:
        assert ping(client)
    until_count(server, Count.CLOSED, 1)
    accepting = processes(server)[1 if name == "prefork" else 0].pid
    with descriptor_limit(accepting, limit_that_leaves(accepting, 0)) as lift:
        with connect(server) as client:  # accept(2) has waited with a descriptor in hand
            assert ping(client)
        until_count(server, Count.CLOSED, 2)
        for number in (1, 2, 3):
            with connect(server) as shed:
                assert is_turned_away(shed)
            until_count(server, Count.OUT_OF_DESCRIPTORS, number)
        assert server.counts()[Count.ACCEPTED] == 2
        lift()
        with connect(server) as another:
            assert ping(another)
    assert server.stop().exit_code == 0


def _served_and_shed(counts: dict[Count, int]) -> tuple[int, int]:
    return counts[Count.ACCEPTED], counts[Count.SHED]


def _is_served(client: socket.socket) -> bool:
    try:
        return ping(client)
    except (ConnectionResetError, BrokenPipeError):
        return False


@pytest.mark.parametrize("mode", MISSION, ids=by_name)
def test_a_thousand_short_connections_leave_nothing_open(mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(mode)
    with connect(server) as client:
        assert ping(client)
    until_count(server, Count.CLOSED, 1)
    until(lambda: len(processes(server)) == 1, "the child is reaped")
    before = open_descriptors(server.pid)
    for _ in range(1000 if mode.name != "fork" else 100):
        with connect(server) as client:
            assert ping(client)
    until(lambda: server.counts()[Count.CLOSED] == server.counts()[Count.ACCEPTED], "all are closed")
    until(lambda: len(processes(server)) == 1, "the children are reaped")
    assert open_descriptors(server.pid) == before
