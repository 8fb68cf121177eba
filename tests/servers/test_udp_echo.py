"""What every UDP mode must do: each datagram goes back, whole, to whom it came from, and is counted once."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from skips import needs_program
from tcp_peer import noise, processes, until
from udp_peer import (
    LARGEST,
    ONE_QUEUE,
    by_name,
    client_of,
    clients_of,
    echo_of,
    frozen,
    is_quiet,
    started,
    stopped_in_order,
)

import netlab.servers.udp
from netlab.errors import NetlabError
from netlab.load.generator import LoadGenerator
from netlab.load.plan import Plan
from netlab.servers.counters import Count
from netlab.servers.modes import UDP_MODES, Mode
from netlab.servers.supervisor import RunningServer

SIZES = (0, 1, 2, 7, 64, 1472, 1473, 9000, 65_000, LARGEST)


@pytest.fixture(params=UDP_MODES, ids=by_name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Each UDP mode in turn."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture(params=UDP_MODES, ids=by_name, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A server of each mode that the tests share."""
    with started(request.param) as running:
        yield running
        stopped_in_order(running)


def test_the_registry_lists_the_files_of_the_folder() -> None:
    (folder,) = netlab.servers.udp.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert {mode.module for mode in UDP_MODES} == {f"udp.{name}" for name in files}


@pytest.mark.parametrize("size", SIZES)
def test_a_datagram_of_any_size_comes_back_as_it_was(server: RunningServer, size: int) -> None:
    with client_of(server) as client:
        for seed in range(3):
            message = noise(size, seed)
            assert echo_of(client, message) == message


def test_two_datagrams_are_two_echoes_however_they_are_cut(server: RunningServer) -> None:
    with client_of(server) as client:
        assert echo_of(client, b"hello") == b"hello"
        messages = [b"ab", b"c", b"", b"", b"defg" * 100, b"h"]
        for message in messages:
            client.send(message)
        assert [client.recv(2000) for _ in messages] == messages
        assert is_quiet(client)


def test_fifty_clients_at_once_get_their_own_and_nothing_else(server: RunningServer) -> None:
    with clients_of(server, 50) as clients:
        for turn in range(20):
            messages = [noise(1000, seed=1000 * turn + number) for number in range(len(clients))]
            for client, message in zip(clients, messages, strict=True):
                client.send(message)
            for client, message in zip(clients, messages, strict=True):
                assert client.recv(2000) == message
        assert all(is_quiet(client) for client in clients)


def test_an_unconnected_client_is_answered_from_the_address_it_sent_to(server: RunningServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        for message in (b"one", b"two", b"three"):
            client.sendto(message, (server.host, server.port))
            assert client.recvfrom(100) == (message, (server.host, server.port))


def test_it_serves_ipv6(mode: Mode) -> None:
    with started(mode, host="::1") as server, clients_of(server, 3) as clients:
        for size in (0, 1, 1473, LARGEST + 20):  # IPv6 leaves 20 bytes more: its header is not part of the length
            for number, client in enumerate(clients):
                message = noise(size, seed=number)
                assert echo_of(client, message) == message
        stopped_in_order(server)


def test_server_and_clients_agree_in_what_they_count(mode: Mode) -> None:
    with started(mode) as server:
        with clients_of(server, 5) as clients:
            for turn in range(20):
                for client in clients:
                    assert len(echo_of(client, noise(10 * turn))) == 10 * turn
        counts = stopped_in_order(server).counts
    assert counts[Count.CHUNKS] == 5 * 20
    assert counts[Count.BYTES_IN] == counts[Count.BYTES_OUT] == 5 * sum(10 * turn for turn in range(20))
    assert counts[Count.WAKEUPS] > 0
    assert counts[Count.ACCEPTED] == (5 if mode.per_connection else 0)
    for count in (Count.SHED, Count.UNSENT, Count.REFUSED, Count.OVERFLOWED, Count.OUT_OF_WORKERS):
        assert counts[count] == 0


def test_counters_can_be_watched_while_it_serves(mode: Mode) -> None:
    with started(mode) as server, client_of(server) as client:
        for _ in range(5):
            assert echo_of(client, b"count me") == b"count me"
        until(lambda: server.counts()[Count.CHUNKS] == 5, f"all five are counted: {server.counts()}")


@pytest.mark.parametrize("mode", ONE_QUEUE, ids=by_name)
def test_a_burst_that_was_queued_is_echoed_in_order_at_one_go(mode: Mode) -> None:
    messages = [noise(number % 7 * 50, seed=number) for number in range(150)]  # more than fit into a batch
    with started(mode) as server, client_of(server) as client:
        with frozen(server):
            for message in messages:
                client.send(message)
        assert [client.recv(1000) for _ in messages] == messages
        stopped_in_order(server)


@pytest.mark.parametrize("mode", UDP_MODES, ids=by_name)
def test_no_datagram_of_a_flood_is_unaccounted_for(mode: Mode) -> None:
    """What the server did not echo, its kernel had no room for, and both are counted."""
    with started(mode) as server, client_of(server) as client:
        with frozen(server):
            for _ in range(2000):
                client.send(bytes(200))
        counts = stopped_in_order(server).counts
        assert counts[Count.OVERFLOWED] > 0
        assert counts[Count.CHUNKS] + counts[Count.OVERFLOWED] == 2000
        assert counts[Count.UNSENT] == 0
        for _ in range(counts[Count.CHUNKS]):
            assert len(client.recv(300)) == 200
        assert is_quiet(client)


def test_a_client_that_never_reads_costs_no_memory(mode: Mode) -> None:
    with started(mode) as server, client_of(server) as client, client_of(server) as another:
        assert len(echo_of(client, bytes(LARGEST))) == LARGEST
        assert echo_of(another, b"hello") == b"hello"
        before = server.memory().pss_bytes
        for _ in range(1000):
            client.send(bytes(60_000))
        assert echo_of(another, b"still there?") == b"still there?"
        after = server.memory().pss_bytes
        assert before and after and after - before < 10_000_000  # batch: 64 datagrams at a time, 4 MiB
        stopped_in_order(server)


def test_clients_that_are_gone_before_their_echo_harm_nobody(mode: Mode) -> None:
    with started(mode) as server:
        with frozen(server):
            for _ in range(10):
                with client_of(server) as client:
                    client.send(b"no need to answer")
        with client_of(server) as client:
            assert echo_of(client, b"but I listen") == b"but I listen"
        if mode.per_connection:  # on a connected socket "port unreachable" is an error, and is counted
            until(lambda: server.counts()[Count.REFUSED] == 10, f"all ten were refused: {server.counts()}")
        counts = stopped_in_order(server).counts
    assert counts[Count.CHUNKS] == 11
    assert counts[Count.REFUSED] == (10 if mode.per_connection else 0)


@pytest.mark.peers
@pytest.mark.parametrize("command", ["nc -u {host} {port}", "socat - UDP:{host}:{port}", "ncat -u {host} {port}"])
def test_an_independent_client_is_echoed(server: RunningServer, command: str) -> None:
    words = command.format(host=server.host, port=server.port).split()
    needs_program(words[0])
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdin and process.stdout
            for line in (b"hello\n", b"and again\n"):
                process.stdin.write(line)
                process.stdin.flush()
                assert process.stdout.readline() == line
        finally:
            process.kill()


def test_a_port_in_use_is_one_clear_line(mode: Mode) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with pytest.raises(NetlabError) as caught, started(mode, port=port):
            pass
        assert caught.value.exit_code == 2
        assert str(caught.value) == f"127.0.0.1 port {port} is in use by another socket"
        assert caught.value.hint and "--port" in caught.value.hint


def test_two_servers_do_not_share_a_port_unawares(mode: Mode) -> None:
    """SO_REUSEPORT would let them, if both are the same user's."""
    with started(mode) as server:
        with pytest.raises(NetlabError, match=f"port {server.port} is in use"), started(mode, port=server.port):
            pass
        with client_of(server) as client:
            assert echo_of(client, b"mine") == b"mine"


@pytest.mark.parametrize(
    ("host", "code"), [("192.0.2.1", 2), ("no.such.host.invalid", 2), ("::2", 2)], ids=["not ours", "unknown", "IPv6"]
)
def test_an_address_that_is_not_ours_is_one_clear_line(host: str, code: int) -> None:
    with pytest.raises(NetlabError) as caught, started(UDP_MODES[0], host=host):
        pass
    assert caught.value.exit_code == code
    assert host in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.soak
@pytest.mark.serial
def test_a_long_run_grows_neither_memory_nor_descriptors(mode: Mode) -> None:
    with started(mode, idle_timeout_s=0.3) as server:
        seen = []
        for _ in range(4):
            plan = Plan(connections=25, messages=800, duration_s=None, size=200)
            with LoadGenerator(server.host, server.port, plan, transport="udp") as load:
                load.connect()
                load.go()
                assert load.collect().messages > 0
            until(lambda: server.counts()[Count.CLOSED] == server.counts()[Count.ACCEPTED], "all workers have ended")
            until(lambda: len(processes(server)) == 1 or not mode.per_connection, "and are reaped")
            memory = server.memory()
            seen.append((memory.pss_bytes or 0, memory.descriptors))
        assert seen[-1][0] - seen[0][0] < 1_000_000, seen
        assert seen[-1][1] == seen[0][1]
        stopped_in_order(server)
