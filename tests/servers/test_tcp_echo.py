"""What every TCP mode does with one client after another: all of it comes back, whatever the pieces and the end."""

from __future__ import annotations

import signal
import socket
import time

import pytest
from tcp_peer import connect, is_echoed, noise, ping, processes, receive, reset, rest, until_count

from netlab.servers.counters import Count
from netlab.servers.echo import CHUNK_BYTES
from netlab.servers.supervisor import RunningServer


def test_a_client_that_says_nothing_gets_the_end_of_the_stream(tcp_server: RunningServer) -> None:
    with connect(tcp_server) as client:
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == b""


@pytest.mark.parametrize("size", [1, 64, CHUNK_BYTES, 65_537, 4_000_000])
def test_a_message_comes_back_intact(tcp_server: RunningServer, size: int) -> None:
    with connect(tcp_server) as client:
        assert is_echoed(client, noise(size))
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == b""


def test_a_message_sent_byte_by_byte_comes_back_intact(tcp_server: RunningServer) -> None:
    message = noise(200)
    with connect(tcp_server) as client:
        for byte in message:
            client.sendall(bytes([byte]))
        assert receive(client, len(message)) == message


def test_each_byte_comes_back_before_the_next_is_sent(tcp_server: RunningServer) -> None:
    with connect(tcp_server) as client:
        assert all(ping(client, bytes([byte])) for byte in noise(50))


def test_messages_sent_in_one_piece_come_back_in_order(tcp_server: RunningServer) -> None:
    messages = [noise(size, seed=size) for size in (1, 700, 20_000, 3)]
    with connect(tcp_server) as client:
        client.sendall(b"".join(messages))
        assert [receive(client, len(message)) for message in messages] == messages


def test_what_is_left_is_echoed_after_a_half_close_and_then_the_stream_ends(tcp_server: RunningServer) -> None:
    message = noise(600_000)
    with connect(tcp_server) as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == message


def test_a_slow_reader_gets_everything_after_its_half_close(tcp_server: RunningServer) -> None:
    message = noise(3_000_000)
    with connect(tcp_server, buffer_bytes=20_000) as client:
        client.setblocking(False)
        unsent = memoryview(message)
        echo = bytearray()
        while unsent:  # more than the buffers between us hold, so now and then a little must be read
            try:
                unsent = unsent[client.send(unsent[:65536]) :]
            except BlockingIOError:
                client.settimeout(20)
                echo += client.recv(5000)
                client.setblocking(False)
        client.settimeout(20)
        client.shutdown(socket.SHUT_WR)
        echo += rest(client)
    assert bytes(echo) == message


@pytest.mark.parametrize("position", [0, 1, 64, CHUNK_BYTES, 100_000])
def test_a_reset_after_any_number_of_bytes_does_not_disturb_the_next_client(
    tcp_server: RunningServer, position: int
) -> None:
    closed = tcp_server.counts()[Count.CLOSED]
    client = connect(tcp_server)
    client.sendall(noise(position))
    reset(client)  # while the echo is on its way, or was never read
    with connect(tcp_server) as following:
        assert ping(following)
    # A connection that was reset before accept(2) came to it is still accepted (on Linux), and still closed.
    until_count(tcp_server, Count.CLOSED, closed + 2)


def test_a_reset_with_an_echo_half_read_is_counted_and_closed(tcp_server: RunningServer) -> None:
    before = tcp_server.counts()
    client = connect(tcp_server)
    client.sendall(noise(100_000))
    assert receive(client, 1_000) == noise(100_000)[:1_000]
    reset(client)
    until_count(tcp_server, Count.CLOSED, before[Count.CLOSED] + 1)
    with connect(tcp_server) as following:
        assert ping(following)
    until_count(tcp_server, Count.CLOSED, before[Count.CLOSED] + 2)


def test_a_reset_in_silence_is_counted_as_one(tcp_server: RunningServer) -> None:
    resets = tcp_server.counts()[Count.RESET]
    client = connect(tcp_server)
    assert ping(client)
    reset(client)
    until_count(tcp_server, Count.RESET, resets + 1)


def test_the_counts_are_what_the_clients_saw(tcp_server: RunningServer) -> None:
    before = tcp_server.counts()
    sizes = (0, 1, 64, 20_000, 300_000)
    for size in sizes:
        with connect(tcp_server) as client:
            assert is_echoed(client, noise(size))
            client.shutdown(socket.SHUT_WR)
            assert rest(client) == b""
    until_count(tcp_server, Count.CLOSED, before[Count.CLOSED] + len(sizes))
    counts = tcp_server.counts()
    grown = {count: counts[count] - before[count] for count in Count}
    assert grown[Count.ACCEPTED] == len(sizes)
    assert grown[Count.BYTES_IN] == grown[Count.BYTES_OUT] == sum(sizes)
    assert sum(sizes) / 262_144 < grown[Count.CHUNKS] <= sum(sizes)
    assert grown[Count.SHED] == grown[Count.RESET] == grown[Count.ABORTED] == grown[Count.CRASHED] == 0


def test_the_counts_can_be_seen_while_the_connection_is_open(tcp_server: RunningServer) -> None:
    before = tcp_server.counts()
    with connect(tcp_server) as client:
        assert ping(client, noise(5_000))
        until_count(tcp_server, Count.ACCEPTED, before[Count.ACCEPTED] + 1)
        until_count(tcp_server, Count.BYTES_IN, before[Count.BYTES_IN] + 5_000)
        until_count(tcp_server, Count.BYTES_OUT, before[Count.BYTES_OUT] + 5_000)
        counts = tcp_server.counts()
        assert counts[Count.CHUNKS] > before[Count.CHUNKS]
        assert counts[Count.WAKEUPS] > before[Count.WAKEUPS]
        assert counts[Count.CLOSED] == before[Count.CLOSED]
    until_count(tcp_server, Count.CLOSED, before[Count.CLOSED] + 1)


def test_a_look_at_the_running_server_sees_its_processes_and_their_time(tcp_server: RunningServer) -> None:
    with connect(tcp_server) as client:
        assert ping(client)
        look, memory = tcp_server.look(), tcp_server.memory()
        assert 0 < look.cpu_s < time.monotonic()
        assert look.counts[Count.BYTES_IN] >= 4
        assert memory.processes == len(processes(tcp_server))
        assert memory.threads >= memory.processes >= 1
        assert memory.rss_bytes > 0
        assert memory.descriptors is not None and memory.descriptors >= 3 * memory.processes


@pytest.mark.parametrize("number", [signal.SIGCHLD, signal.SIGWINCH, signal.SIGCONT, signal.SIGURG])
def test_a_harmless_signal_interrupts_nothing(tcp_server: RunningServer, number: signal.Signals) -> None:
    """EINTR: every call that blocks goes on, in accept(2), in read(2), in the call that waits for many."""
    interrupted = processes(tcp_server) if tcp_server.mode.name != "fork" else processes(tcp_server)[:1]
    for process in interrupted:  # nobody is connected
        process.send_signal(number)
    with connect(tcp_server) as client:
        for _ in range(20):
            assert ping(client)
            for process in interrupted:
                process.send_signal(number)
        assert is_echoed(client, noise(200_000))
    assert tcp_server.alive()


def test_the_signals_of_job_control_stop_and_continue_it(tcp_server: RunningServer) -> None:
    with connect(tcp_server) as client:
        assert ping(client)
        stopped = processes(tcp_server)
        for process in stopped:
            process.suspend()
        client.sendall(b"are you there?")
        for process in stopped:
            process.resume()
        assert receive(client, 14) == b"are you there?"
