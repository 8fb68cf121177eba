"""The end of a UDP server: told to stop it echoes what has come, lets in nothing more, accounts and exits 0."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tcp_peer import group_is_gone, noise, processes, until
from udp_peer import by_name, client_of, clients_of, echo_of, frozen, is_quiet, started, stopped_in_order, terminate

import netlab
from netlab.child.shared_counters import SharedCounters
from netlab.servers.counters import Count
from netlab.servers.datagram import Burst
from netlab.servers.datagram_sockets import end_queue
from netlab.servers.limits import Limits
from netlab.servers.modes import UDP_MODES, Mode, find
from netlab.servers.server import Server
from netlab.servers.stopping import Stop
from netlab.servers.udp.batch import MessageArrays


@pytest.fixture(params=UDP_MODES, ids=by_name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Each UDP mode in turn."""
    chosen: Mode = request.param
    return chosen


def test_a_server_that_nobody_uses_stops_and_leaves_nothing(mode: Mode) -> None:
    with started(mode) as server:
        outcome = stopped_in_order(server)
        assert group_is_gone(server.pid)
    assert outcome.user_s is not None and outcome.peak_rss_bytes
    assert {count for count, value in outcome.counts.items() if value} <= {
        Count.WAKEUPS,
        Count.REAPED,
        Count.REAPED_CPU_NS,
    }


def test_a_stop_in_the_first_moment_is_not_lost(mode: Mode) -> None:
    """The workers may be forked while the signal is on its way."""
    for _ in range(3):
        with started(mode, workers=8, drain_s=30.0) as server:
            terminate(server)
            until(lambda server=server: not server.alive(), "it obeys the first signal")  # type: ignore[misc]
            assert stopped_in_order(server).exit_code == 0


def test_what_came_before_the_stop_is_echoed_and_what_comes_after_is_not(mode: Mode) -> None:
    """The server stands still while datagrams and SIGTERM arrive, so that it finds both when it goes on."""
    with started(mode, workers=1) as server, clients_of(server, 4) as clients:
        for client in clients[:2]:  # the others are strangers when the stop comes
            assert echo_of(client, b"hello") == b"hello"
        with frozen(server, workers=1):
            for client in clients:
                for number in range(10):
                    client.send(noise(100, seed=number))
            terminate(server)
        for client in clients:
            assert {client.recv(1000) for _ in range(10)} == {noise(100, seed=number) for number in range(10)}
        counts = stopped_in_order(server).counts
        assert counts[Count.CHUNKS] == 2 + 4 * 10
        assert counts[Count.BYTES_IN] == counts[Count.BYTES_OUT] == 2 * 5 + 4 * 10 * 100


def test_a_server_that_is_flooded_without_end_stops_all_the_same(mode: Mode) -> None:
    """What comes in after the stop is filtered out: a loop that went on until its queue is empty would never end."""
    with started(mode, drain_s=30.0) as server:
        over = threading.Event()

        def flood() -> None:
            with client_of(server) as client:
                while not over.is_set():
                    try:
                        client.send(bytes(32))
                    except ConnectionRefusedError:
                        pass  # it has ended

        floods = [threading.Thread(target=flood) for _ in range(2)]
        for thread in floods:
            thread.start()
        try:
            until(lambda: server.counts()[Count.CHUNKS] > 1000, "it is under way")
            terminate(server)
            until(lambda: not server.alive(), "it stops although datagrams keep coming", deadline_s=15)
            counts = stopped_in_order(server).counts
        finally:
            over.set()
            for thread in floods:
                thread.join(10)
    assert counts[Count.BYTES_IN] == 32 * counts[Count.CHUNKS]
    assert counts[Count.BYTES_OUT] == 32 * (counts[Count.CHUNKS] - counts[Count.UNSENT])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("connected", [False, True], ids=["hears everybody", "connected"])
def test_a_queue_that_was_ended_gives_what_had_come_and_lets_in_nothing_more(
    shared_counters: SharedCounters, family: socket.AddressFamily, connected: bool
) -> None:
    row = shared_counters.row(0)
    with socket.socket(family, socket.SOCK_DGRAM) as sock, socket.socket(family, socket.SOCK_DGRAM) as client:
        for made in (sock, client):
            made.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        client.connect(sock.getsockname())
        if connected:
            sock.connect(client.getsockname())
        for message in (b"one", b"", b"three"):
            client.send(message)
        end_queue(sock, row)()
        for _ in range(5):
            client.send(b"too late")
        sender = client.getsockname()
        assert [sock.recvfrom(100) for _ in range(5)] == [
            (b"one", sender),
            (b"", sender),
            (b"three", sender),
            (b"", None),
            (b"", None),
        ]
        sock.sendto(b"but it can still answer", sender)
        assert client.recv(100) == b"but it can still answer"
    assert row[Count.OVERFLOWED] == 0  # what was filtered out does not count as that


def test_a_client_is_told_by_its_kernel_that_the_server_has_gone(mode: Mode) -> None:
    with started(mode) as server, client_of(server) as client:
        assert echo_of(client, b"hello") == b"hello"
        stopped_in_order(server)
        client.send(b"anybody there?")
        with pytest.raises(ConnectionRefusedError):
            client.recv(100)


PARENT = """
import sys
from netlab.servers.limits import Limits
from netlab.servers.modes import find
from netlab.servers.supervisor import RunningServer
server = RunningServer("udp", find("udp", sys.argv[1]), host="127.0.0.1", port=0,
                       limits=Limits(max_connections=50, workers=3))
print(server.pid, server.port, flush=True)
sys.stdin.read()
"""


def test_a_parent_that_is_killed_leaves_no_process_behind(mode: Mode) -> None:
    root = str(Path(netlab.__file__).parents[1])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, mode.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    with parent:
        assert parent.stdin and parent.stdout
        leader, port = map(int, parent.stdout.readline().split())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect(("127.0.0.1", port))
            assert echo_of(client, b"hello") == b"hello"
            assert psutil.pid_exists(leader)
            parent.kill()
            parent.wait()
            until(lambda: group_is_gone(leader), "the server and its workers have ended")


@pytest.mark.parametrize("name", ["fork", "epoll-multi"])
def test_a_worker_that_is_killed_is_counted_and_the_others_go_on(name: str) -> None:
    mode = find("udp", name)
    with started(mode, workers=2) as server, clients_of(server, 6) as clients:
        for client in clients:
            assert echo_of(client, b"hello") == b"hello"
        victim = processes(server)[1].pid
        os.kill(victim, signal.SIGKILL)
        until(lambda: server.counts()[Count.CRASHED] == 1, "the death is noticed")
        for client in clients:  # a killed worker's client is a new one, or its replacement takes over the socket
            client.send(b"and now?")
            assert client.recv(100) == b"and now?"
        outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.CRASHED] == 1
    assert outcome.counts[Count.ACCEPTED] == (7 if name == "fork" else 0)


class RefusingSocket:
    """A socket with one datagram in its queue, and a kernel that takes no echo."""

    def __init__(self, error: OSError) -> None:
        self.error = error
        self.queue = [b"take this"]

    def getblocking(self) -> bool:
        """Not blocking."""
        return False

    def recvfrom_into(self, buffer: memoryview) -> tuple[int, Any]:
        """The datagram, and then nothing."""
        if not self.queue:
            raise BlockingIOError
        data = self.queue.pop()
        buffer[: len(data)] = data
        return len(data), ("127.0.0.1", 9)

    def sendto(self, *_: object) -> int:
        """No."""
        raise self.error


@pytest.fixture
def shared_counters() -> Iterator[SharedCounters]:
    """Counters of a server that runs in the test itself."""
    made = SharedCounters.create("test", 2, len(Count))
    yield made
    os.close(made.fd)


@pytest.mark.parametrize(
    "error",
    [BlockingIOError(), OSError(105, "ENOBUFS"), PermissionError(1, "EPERM")],
    ids=["EAGAIN", "ENOBUFS", "EPERM"],
)
def test_an_echo_that_the_kernel_does_not_take_is_given_up_and_counted(
    shared_counters: SharedCounters, error: OSError
) -> None:
    row = shared_counters.row(0)
    server = Server(RefusingSocket(error), Limits(), Stop(1.0), shared_counters, row)  # type: ignore[arg-type]
    burst = Burst(server)
    assert burst.echo() == 1
    assert not burst.ended
    assert (row[Count.CHUNKS], row[Count.BYTES_IN], row[Count.BYTES_OUT], row[Count.UNSENT]) == (1, 9, 0, 1)
    server.stop.requested = True
    assert burst.echo() == 0
    assert burst.ended


def test_batch_steps_over_a_datagram_that_cannot_be_sent(shared_counters: SharedCounters) -> None:
    row = shared_counters.row(0)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        listener.bind(("127.0.0.1", 0))
        client.settimeout(10)
        client.connect(listener.getsockname())
        batch = MessageArrays(Server(listener, Limits(), Stop(1.0), shared_counters, row))
        messages = [b"one", b"second", b"3", b"the fourth"]
        for message in messages:
            client.send(message)
        count = batch.libc.recvmmsg(listener.fileno(), batch.incoming, 64, socket.MSG_DONTWAIT, None)
        assert count == 4
        assert batch.lengths[:4].tolist() == list(map(len, messages))
        batch.to_send[:4] = batch.lengths[:4]
        batch.senders[16 + 2 : 16 + 4] = b"\0\0"  # its sin_port: sendmmsg(2) fails with EINVAL there
        assert batch.send_rest(listener.fileno(), 0, 4) == len(b"second")
        assert [client.recv(100) for _ in range(3)] == [b"one", b"3", b"the fourth"]
        assert is_quiet(client)
    assert row[Count.UNSENT] == 1


def test_the_structures_are_laid_out_as_batch_says() -> None:
    from netlab.servers.udp.batch import Iovec, Mmsghdr, Msghdr

    word = ctypes.sizeof(ctypes.c_size_t)
    assert ctypes.sizeof(Mmsghdr) == 8 * word and ctypes.sizeof(Iovec) == 2 * word
    assert (Msghdr.namelen.offset, Mmsghdr.len.offset, Iovec.len.offset) == (word, 7 * word, word)
