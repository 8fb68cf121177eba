"""fork and thread give each client a worker, without connections: who is new, who is silent, who is one too many."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from tcp_peer import descriptor_limit, limit_that_leaves, noise, open_descriptors, processes, until, until_count
from udp_peer import A_WORKER_EACH, by_name, client_of, clients_of, echo_of, frozen, is_quiet, started, stopped_in_order

from netlab.child.shared_counters import SharedCounters
from netlab.servers.counters import Count
from netlab.servers.datagram import converse, new_buffer
from netlab.servers.datagram_sockets import another, end_queue, first_gets_strangers
from netlab.servers.modes import Mode
from netlab.servers.supervisor import RunningServer

IDLE_S = 0.3


@pytest.fixture(params=A_WORKER_EACH, ids=by_name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """The two modes that give each client a worker."""
    chosen: Mode = request.param
    return chosen


def workers_of(server: RunningServer) -> int:
    """How many processes or threads there are besides the first."""
    tree = processes(server)
    return len(tree) - 1 + tree[0].num_threads() - 1


def test_each_client_has_a_worker_and_a_socket_of_its_own(mode: Mode) -> None:
    with started(mode) as server, clients_of(server, 5) as clients:
        for client in clients:
            assert echo_of(client, b"hello") == b"hello"
        assert workers_of(server) == 5
        counts = server.counts()
        assert counts[Count.ACCEPTED] == counts[Count.PEAK_OPEN] == 5
        for client in clients:
            assert echo_of(client, b"again") == b"again"
        assert server.counts()[Count.ACCEPTED] == 5
        stopped_in_order(server)


def test_datagrams_that_were_queued_before_the_worker_was_there_make_no_second_worker(mode: Mode) -> None:
    messages = {noise(100, seed=number) for number in range(40)}
    with started(mode) as server, client_of(server) as client:
        with frozen(server):
            for message in messages:
                client.send(message)
        assert {client.recv(1000) for _ in messages} == messages
        assert server.counts()[Count.ACCEPTED] == 1
        assert echo_of(client, b"and now by the worker") == b"and now by the worker"
        counts = stopped_in_order(server).counts
        assert counts[Count.CHUNKS] == 41
        assert is_quiet(client)


def test_a_silent_clients_worker_ends_and_if_it_speaks_again_it_is_a_new_one(mode: Mode) -> None:
    with started(mode, idle_timeout_s=IDLE_S) as server, client_of(server) as client:
        for turn in (1, 2):
            assert echo_of(client, b"hello") == b"hello"
            until_count(server, Count.IDLED_OUT, turn)
            until_count(server, Count.CLOSED, turn)
            until(lambda: workers_of(server) == 0, "the worker is gone")
        counts = stopped_in_order(server).counts
    assert counts[Count.ACCEPTED] == 2
    assert counts[Count.PEAK_OPEN] == 1
    assert counts[Count.REAPED] == (2 if mode.name == "fork" else 0)


def test_a_client_that_goes_on_talking_keeps_its_worker_past_the_idle_time(mode: Mode) -> None:
    with started(mode, idle_timeout_s=IDLE_S) as server, client_of(server) as talker, client_of(server) as silent:
        assert echo_of(silent, b"bye") == b"bye"
        while not server.counts()[Count.IDLED_OUT]:
            assert echo_of(talker, b"still here") == b"still here"
        until(lambda: workers_of(server) == 1, "the silent one's worker has ended")
        assert echo_of(talker, b"and still") == b"and still"
        assert server.counts()[Count.ACCEPTED] == 2
        stopped_in_order(server)


def test_one_client_too_many_is_not_answered_until_a_place_is_free(mode: Mode) -> None:
    with started(mode, max_connections=3, idle_timeout_s=IDLE_S) as server, clients_of(server, 3) as clients:
        for client in clients:
            assert echo_of(client, b"first come") == b"first come"
        with client_of(server) as late:
            late.send(b"first served?")
            late.send(b"please")
            until(lambda: server.counts()[Count.SHED] == 2 or server.counts()[Count.CLOSED], "both are shed")
            assert server.counts()[Count.SHED] == 2, "the machine was too slow to have three clients at once"
            assert is_quiet(late)
            until(lambda: workers_of(server) == 0, "the others have been silent for too long")
            assert echo_of(late, b"now?") == b"now?"
        counts = stopped_in_order(server).counts
    assert counts[Count.ACCEPTED] == 4
    assert counts[Count.PEAK_OPEN] == 3
    assert counts[Count.CHUNKS] == 4
    assert counts[Count.OUT_OF_WORKERS] == counts[Count.OUT_OF_DESCRIPTORS] == 0


def test_a_flood_of_strangers_makes_no_more_workers_than_allowed(mode: Mode) -> None:
    with started(mode, max_connections=5) as server, clients_of(server, 50) as clients:
        most = 0
        for client in clients:
            client.send(b"?")
            most = max(most, workers_of(server))
        looked_at = (Count.ACCEPTED, Count.SHED, Count.ALIEN)
        until(lambda: sum(server.counts()[count] for count in looked_at) == 50, "all have been looked at")
        assert max(most, workers_of(server)) == 5
        counts = stopped_in_order(server).counts
    assert counts[Count.ACCEPTED] == 5
    assert counts[Count.SHED] == 45 - counts[Count.ALIEN]


def test_clients_that_come_and_go_leave_no_process_thread_or_descriptor_behind(mode: Mode) -> None:
    with started(mode, idle_timeout_s=0.1, max_connections=20) as server:
        before = open_descriptors(server.pid)
        for _ in range(5):
            with clients_of(server, 20) as clients:
                for client in clients:
                    assert echo_of(client, b"hello") == b"hello"
                until(lambda: workers_of(server) == 0, "all workers have ended")
        assert len(processes(server)) == 1
        assert open_descriptors(server.pid) == before
        counts = stopped_in_order(server).counts
    assert counts[Count.ACCEPTED] == 100
    assert counts[Count.SHED] == 0


def test_without_descriptors_newcomers_are_shed_and_the_others_go_on(mode: Mode) -> None:
    with started(mode) as server, client_of(server) as client, client_of(server) as newcomer:
        assert echo_of(client, b"hello") == b"hello"
        with descriptor_limit(server.pid, limit_that_leaves(server.pid, 0)) as lift:
            newcomer.send(b"me too")
            until_count(server, Count.OUT_OF_DESCRIPTORS, 1)
            assert echo_of(client, b"still here") == b"still here"
            assert is_quiet(newcomer)
            lift()
            assert echo_of(newcomer, b"me too") == b"me too"
        counts = stopped_in_order(server).counts
    assert counts[Count.SHED] == 1
    assert counts[Count.ACCEPTED] == 2


def test_many_clients_that_begin_at_once_while_others_talk_get_their_own(mode: Mode) -> None:
    """Each new socket is bound for an instant before it is connected: others' datagrams must not go astray there."""
    with started(mode) as server, clients_of(server, 3) as talkers:
        over = threading.Event()
        wrong: list[bytes] = []

        def talk(talker: socket.socket, number: int) -> None:
            turn = 0
            while not over.is_set():
                message = b"%d says %d" % (number, turn)
                turn += 1
                if (echo := echo_of(talker, message)) != message:
                    wrong.append(echo)
                    return

        threads = [threading.Thread(target=talk, args=pair) for pair in zip(talkers, range(3), strict=True)]
        for thread in threads:
            thread.start()
        try:
            with clients_of(server, 60) as clients:
                for number, client in enumerate(clients):
                    client.send(b"I am new, number %d" % number)
                for number, client in enumerate(clients):
                    assert client.recv(100) == b"I am new, number %d" % number
                assert all(is_quiet(client) for client in clients)
        finally:
            over.set()
            for thread in threads:
                thread.join(10)
        assert wrong == []
        counts = stopped_in_order(server).counts
    # Whose only datagram went astray was answered by somebody else's worker, and so got none of its own.
    assert 63 - counts[Count.ALIEN] <= counts[Count.ACCEPTED] <= 63


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server's socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("127.0.0.1", 0))
        yield made


def test_a_strangers_datagram_on_a_clients_socket_goes_back_to_the_stranger(listener: socket.socket) -> None:
    shared_counters = SharedCounters.create("test", 2, len(Count))
    row = shared_counters.row(0)
    own = another(listener)
    port = listener.getsockname()[1]
    listener.close()  # so that the stranger's datagram, sent before the connect(2), can only go to the new socket
    with (
        own,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        for peer in (client, stranger):
            peer.settimeout(10)
            peer.connect(("127.0.0.1", port))
        stranger.send(b"from a stranger")
        own.connect(client.getsockname())
        worker = threading.Thread(
            target=converse, args=(own, client.getsockname(), memoryview(b"first"), new_buffer(), row, 60.0)
        )
        worker.start()
        try:
            assert client.recv(100) == b"first"
            assert stranger.recv(100) == b"from a stranger"
            assert echo_of(client, b"second") == b"second"
            assert is_quiet(client) and is_quiet(stranger)
        finally:
            end_queue(own, row)()
            worker.join(10)
        assert not worker.is_alive()
    assert row[Count.ALIEN] == 1
    assert row[Count.CHUNKS] == 3
    assert row[Count.BYTES_IN] == row[Count.BYTES_OUT] == len(b"first" + b"from a stranger" + b"second")
    row.release()
    shared_counters.close()


def test_strangers_go_to_the_first_socket_and_a_client_to_its_own(listener: socket.socket) -> None:
    first_gets_strangers(listener)
    listener.setblocking(False)
    peers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    try:
        with another(listener) as own:
            own.setblocking(False)
            for number, peer in enumerate(peers):
                peer.connect(listener.getsockname())
                peer.send(bytes([number]))
            assert [listener.recv(10)[0] for _ in peers] == list(range(20))  # although `own` is not connected yet
            own.connect(peers[7].getsockname())
            for number, peer in enumerate(peers):
                peer.send(bytes([number]))
            assert [listener.recv(10)[0] for _ in peers[1:]] == [number for number in range(20) if number != 7]
            assert own.recv(10) == bytes([7])
    finally:
        for peer in peers:
            peer.close()
