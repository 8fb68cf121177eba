"""Inside the modes: what hardly ever happens, brought about by hand.

No process or thread to be had, a signal at the worst moment, a descriptor's number that comes back.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import threading
from _thread import error as thread_error
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from tcp_peer import open_descriptors, receive, rest, until

from netlab.child.shared_counters import SharedCounters
from netlab.errors import MachineLacks
from netlab.servers import event_loop_connections as clients_module
from netlab.servers import stopping
from netlab.servers.counters import Count
from netlab.servers.echo import EchoBuffers
from netlab.servers.event_loop_connections import EventLoopConnections
from netlab.servers.limits import Limits
from netlab.servers.modes import find
from netlab.servers.server import Server
from netlab.servers.stopping import Stop, shut_listener
from netlab.servers.tcp import thread_pool
from netlab.servers.workers import HELD_BACK, Workers

LOOPS = ["select", "poll", "epoll", "epoll-et", "busy-poll"]


@contextmanager
def server_in_here(rows: int = 10, **limits: float) -> Iterator[Server]:
    """A server to be served by this very process; its signal handlers are taken back at the end."""
    signals = (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGUSR1)
    handlers = {number: signal.getsignal(number) for number in signals}
    shared_counters = SharedCounters.create("here", rows, len(Count))
    listener = socket.create_server(("127.0.0.1", 0))
    stop = Stop(limits.pop("drain_s", 20.0))
    stop.arm(shut_listener(listener))

    def too_long(*_: object) -> None:
        raise AssertionError("the server does not end")

    signal.signal(signal.SIGUSR1, too_long)
    # A process, not a thread: whoever forks should have one thread only.
    watchdog = subprocess.Popen(["sh", "-c", f"sleep 45; kill -USR1 {os.getpid()}"], start_new_session=True)
    try:
        with shared_counters.row(SharedCounters.OWN) as row:
            yield Server(listener, Limits(**limits), stop, shared_counters, row)  # type: ignore[arg-type]
    finally:
        os.killpg(watchdog.pid, signal.SIGKILL)
        watchdog.wait()
        signal.setitimer(signal.ITIMER_REAL, 0)  # what the stop has wound up would end pytest later
        listener.close()
        os.close(stop.alarm_fd)
        until(lambda: is_closed(shared_counters), "threads that had a row have ended")
        for number, handler in handlers.items():
            signal.signal(number, handler)


def is_closed(shared_counters: SharedCounters) -> bool:
    try:
        shared_counters.close()
    except BufferError:
        return False
    return True


def interrupt_when(condition: Callable[[], object]) -> threading.Thread:
    """SIGTERM to this process as soon as `condition` holds."""

    def wait() -> None:
        until(condition, "the moment for SIGTERM has come")
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def totals(server: Server) -> dict[Count, int]:
    return dict(zip(Count, server.shared_counters.totals(), strict=True))


def test_when_fork_fails_the_row_is_free_again_and_no_signal_stays_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_process() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", no_process)
    with server_in_here(rows=3) as server:
        workers = Workers(server)
        for _ in range(5):  # more often than there are rows
            assert workers.start(lambda row: None) is None
        assert len(workers) == 0
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & set(HELD_BACK)


def test_when_there_is_no_row_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    with server_in_here(rows=2) as server:
        assert Workers(server).start(lambda row: None) is None


@pytest.mark.parametrize("name", ["fork", "thread"])
def test_without_a_process_or_thread_for_it_a_connection_is_shed_and_counted(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def no_thread(*_: object) -> None:
        raise thread_error("can't start new thread")

    with server_in_here() as server:
        monkeypatch.setattr(os, "fork", no_process)
        monkeypatch.setattr(stopping, "start_new_thread", no_thread)
        clients = [socket.create_connection(server.listener.getsockname()) for _ in range(15)]  # more than rows
        before = open_descriptors()
        thread = interrupt_when(lambda: totals(server)[Count.SHED] == len(clients))
        find("tcp", name).loop()(server)
        thread.join()
        counts = totals(server)
        assert all(rest(client) == b"" for client in clients)
        assert len(before - open_descriptors()) == 1 and not open_descriptors() - before  # the listening socket
        for client in clients:
            client.close()
    assert counts[Count.OUT_OF_WORKERS] == counts[Count.SHED] == 15
    assert counts[Count.ACCEPTED] == counts[Count.CLOSED] == 0


def test_a_thread_pool_without_threads_says_what_this_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(*_: object) -> None:
        raise thread_error("can't start new thread")

    monkeypatch.setattr(stopping, "start_new_thread", no_thread)
    with server_in_here() as server, pytest.raises(MachineLacks, match="threads") as caught:
        thread_pool.serve(server)
    assert caught.value.hint and "--workers" in caught.value.hint


@pytest.mark.parametrize("name", LOOPS)
def test_sigterm_in_the_middle_of_a_turn_is_no_conversation(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop is requested, but what the loop has in hand was ready before: neither alarm nor door are in it."""
    ordinary = EchoBuffers.echo
    interrupted: list[bool] = []

    def echo(self: EchoBuffers, ready: Iterable[tuple[int, object]]) -> list[tuple[int, int]]:
        chunks = self.chunks
        answer = ordinary(self, ready)
        if self.chunks > chunks and not interrupted:
            interrupted.append(True)
            os.kill(os.getpid(), signal.SIGTERM)
        return answer

    monkeypatch.setattr(EchoBuffers, "echo", echo)
    with server_in_here() as server:
        with socket.create_connection(server.listener.getsockname()) as client:
            client.settimeout(10)
            client.sendall(b"hello")
            find("tcp", name).loop()(server)
            assert interrupted
            assert rest(client) == b"hello"
        counts = totals(server)
    assert counts[Count.BYTES_IN] == counts[Count.BYTES_OUT] == 5
    assert counts[Count.ACCEPTED] == counts[Count.CLOSED] == 1
    assert counts[Count.CHUNKS] == 1
    assert counts[Count.FORCE_CLOSED] == counts[Count.RESET] == 0
    assert counts[Count.WAKEUPS] < 20, "it spun"


@pytest.mark.parametrize("name", LOOPS)
def test_a_stop_before_the_first_turn_is_a_stop(name: str) -> None:
    with server_in_here() as server:
        os.kill(os.getpid(), signal.SIGTERM)
        find("tcp", name).loop()(server)
        assert totals(server)[Count.WAKEUPS] <= 2


@pytest.mark.parametrize("name", ["iterative", "fork", "thread"])
def test_a_stop_before_the_first_accept_is_a_stop(name: str) -> None:
    with server_in_here() as server:
        os.kill(os.getpid(), signal.SIGTERM)
        find("tcp", name).loop()(server)
        assert totals(server)[Count.ACCEPTED] == 0


@pytest.mark.serial
def test_a_client_that_a_pool_accepts_as_the_stop_comes_is_seen_out_like_the_others() -> None:
    """The threads of a pool accept by themselves: one may come back with a connection when all were told to end."""
    (stuck, one), (late, other) = socket.socketpair(), socket.socketpair()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    class Listener(socket.socket):
        asked = 0

        def _accept(self) -> tuple[int, object]:
            self.asked += 1
            if self.asked == 1:
                return one.detach(), None
            if self.asked == 2:
                until(lambda: len(seen_out) == 1, "the others have been told")
                return other.detach(), None
            raise OSError(errno.EINVAL, "shut down")

    def shut_all(fds: Iterable[int], how: int) -> None:
        ordinary(fds, how)
        seen_out.append(how)

    seen_out: list[int] = []
    ordinary = stopping.shut
    with server_in_here(workers=2) as server, Listener() as listener, pytest.MonkeyPatch.context() as patch:
        patch.setattr("netlab.servers.tcp.thread_per_connection.shut", shut_all)
        server.listener = listener
        stuck.sendall(bytes(200_000))
        stuck.settimeout(10)
        late.sendall(b"hello")
        late.settimeout(10)

        def see() -> None:
            until(lambda: totals(server)[Count.ACCEPTED] == 1, "the first is accepted")
            os.kill(os.getpid(), signal.SIGTERM)
            answers.append(rest(late))
            answers.append(rest(stuck))

        answers: list[bytes] = []
        thread = threading.Thread(target=see)
        thread.start()
        thread_pool.serve(server)
        thread.join()
        counts = totals(server)
    stuck.close()
    late.close()
    assert answers == [b"hello", bytes(200_000)]
    assert counts[Count.FORCE_CLOSED] == 0
    assert counts[Count.CLOSED] == counts[Count.ACCEPTED] == 2


def test_a_turn_writes_no_more_than_the_peer_takes_and_keeps_the_rest() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for sock in (ours, theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            sock.setblocking(False)
        conversations = EchoBuffers({})
        fd = theirs.fileno()
        pushed = 0
        for _ in range(1000):
            try:
                pushed += ours.send(bytes(3000))
            except BlockingIOError:
                pass
            conversations.echo([(fd, None)])
        assert fd in conversations.held
        assert conversations.bytes_in - conversations.bytes_out == len(conversations.held[fd]) <= 16384
        received = 0
        for _ in range(1000):
            try:
                received += len(ours.recv(100_000))
            except BlockingIOError:
                pass
            conversations.echo([(fd, None)])
        assert received == pushed == conversations.bytes_in == conversations.bytes_out
        assert not conversations.held


def test_a_number_that_comes_back_does_not_inherit_how_long_its_predecessor_was_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1_000_000_000_000]
    monkeypatch.setattr(clients_module, "monotonic_ns", lambda: now[0])
    with server_in_here(idle_timeout_s=8.0) as server:
        clients = EventLoopConnections(server)

        def stuck_connection() -> tuple[socket.socket, int]:
            peer, connection = socket.socketpair()
            fd = connection.detach()
            clients.open.add(fd)
            clients.held[fd] = memoryview(bytes(100))
            return peer, fd

        peer, first = stuck_connection()
        with peer:
            for _ in range(3):  # six seconds of standing still, as the sweeps see it
                clients.running()
                now[0] += 2_000_000_001
            clients.close(first)
        peer, second = stuck_connection()
        with peer:
            assert second == first
            for _ in range(4):
                clients.running()
                now[0] += 1_900_000_000
            assert totals(server)[Count.IDLED_OUT] == 0
            now[0] += 2_000_000_001
            clients.running()
            assert totals(server)[Count.IDLED_OUT] == 1
            clients.close(second)
        clients.door.close()


def test_a_child_that_fails_says_why_and_counts_as_crashed(capfd: pytest.CaptureFixture[str]) -> None:
    def work(row: object) -> None:
        raise ValueError("something is wrong in here")

    with server_in_here() as server:
        workers = Workers(server)
        pid = workers.start(work)
        assert pid is not None
        until(lambda: pid not in workers, "it is reaped")
        assert totals(server)[Count.CRASHED] == totals(server)[Count.REAPED] == 1
    assert "ValueError: something is wrong in here" in capfd.readouterr().err


def test_sigterm_reaches_a_child_that_has_not_yet_armed_its_stop() -> None:
    """It is held back from the fork on, or the master's handler would swallow it."""
    ready, go = os.pipe()
    with server_in_here() as server:
        workers = Workers(server)

        def work(row: object) -> None:
            os.read(ready, 1)  # by now SIGTERM has come
            stop = Stop(1.0)
            stop.arm()
            assert stop.requested

        pid = workers.start(work)
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        os.write(go, b"!")
        until(lambda: pid not in workers, "it is reaped")
        counts = totals(server)
    for fd in (ready, go):
        os.close(fd)
    assert counts[Count.CRASHED] == 0


def test_seeing_out_asks_again_until_it_is_obeyed() -> None:
    ready, go = os.pipe()
    with server_in_here(drain_s=8.0) as server:
        workers = Workers(server)

        def work(row: object) -> None:
            deaf = [3]

            def hear(*_: object) -> None:
                deaf[0] -= 1

            signal.signal(signal.SIGTERM, hear)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            os.write(go, b"!")
            while deaf[0]:
                signal.pause()

        workers.start(work)
        os.read(ready, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        workers.see_out()
        counts = totals(server)
    for fd in (ready, go):
        os.close(fd)
    assert counts[Count.REAPED] == 1
    assert counts[Count.FORCE_CLOSED] == counts[Count.CRASHED] == 0


def test_a_heartbeat_ends_a_call_that_a_signal_came_just_too_early_for() -> None:
    """The handler is not run by the call that blocks, so only another signal makes it look."""
    with server_in_here() as server:
        stop = Stop(1.0, heartbeat_s=0.05)
        stop.arm(shut_listener(server.listener))
        beats: list[int] = []

        def beat(*_: object) -> None:
            beats.append(1)
            if len(beats) == 3:
                os.kill(os.getpid(), signal.SIGTERM)

        signal.signal(signal.SIGALRM, beat)
        with pytest.raises(OSError, match="Invalid argument"):
            server.listener.accept()
        assert len(beats) >= 3
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.close(stop.alarm_fd)


@pytest.mark.parametrize("name", ["iterative", "epoll"])
def test_what_is_echoed_in_here_is_what_a_client_gets(name: str) -> None:
    with server_in_here() as server, socket.create_connection(server.listener.getsockname()) as client:
        client.settimeout(10)
        client.sendall(b"hello")
        thread = interrupt_when(lambda: totals(server)[Count.BYTES_OUT] == 5)
        find("tcp", name).loop()(server)
        thread.join()
        assert receive(client, 5) == b"hello"
        assert rest(client) == b""
