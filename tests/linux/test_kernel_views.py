"""What the kernel says of its sockets, held against what must be so, and against ss(8)."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
from skips import needs_program

from netlab.linux import network_counters
from netlab.linux.diag import Diag
from netlab.linux.tcp_info import parse, tcp_info


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket, socket.socket]]:
    """A listener, a client, and what was accepted."""
    with socket.create_server(("127.0.0.1", 0), backlog=5) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        with client, accepted:
            yield listener, client, accepted


def test_tcp_info_of_every_age(pair: tuple[socket.socket, socket.socket, socket.socket]) -> None:
    _, client, accepted = pair
    assert [tcp_info(sock).state for sock in pair] == ["LISTEN", "ESTABLISHED", "ESTABLISHED"]
    with socket.socket() as fresh:
        assert tcp_info(fresh).state == "CLOSED"
    client.sendall(b"x" * 1000)
    assert accepted.recv(1000, socket.MSG_WAITALL) == b"x" * 1000
    told = tcp_info(client)
    assert 500 < told.mss <= 65535 and told.cwnd >= 1 and told.rto_s > 0 and told.ssthresh is None
    client.shutdown(socket.SHUT_WR)
    assert tcp_info(accepted).state == "CLOSE-WAIT"
    assert tcp_info(client).state in ("FIN-WAIT-1", "FIN-WAIT-2")  # the FIN may be acknowledged a little later


def test_fields_that_an_older_kernel_does_not_have_are_unknown() -> None:
    short = bytes([1]) + bytes(103)
    assert (
        parse(short).state == "ESTABLISHED" and parse(short).delivery_rate is None and parse(short).send_window is None
    )


def test_tcp_info_of_something_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(OSError):
        tcp_info(udp)


def test_inet_diag_sees_both_ends_and_the_queue(pair: tuple[socket.socket, socket.socket, socket.socket]) -> None:
    listener, client, _ = pair
    where = listener.getsockname()
    waiting = socket.create_connection(where)
    diag = Diag()
    with waiting:
        socks = [sock for sock in diag.tcp(info=True) if where in (sock.local, sock.remote)]
    diag.close()
    listening = next(sock for sock in socks if sock.state == "LISTEN")
    assert (listening.receive_queue, listening.send_queue) == (1, 5)
    client_side = next(sock for sock in socks if sock.local == client.getsockname())
    assert client_side.remote == where and client_side.state == "ESTABLISHED" and client_side.inode > 0
    assert client_side.info is not None and client_side.info.mss == tcp_info(client).mss
    assert sum(sock.local == where and sock.state == "ESTABLISHED" for sock in socks) == 2


@pytest.mark.peers
def test_ss_sees_the_same(pair: tuple[socket.socket, socket.socket, socket.socket]) -> None:
    needs_program("ss")
    port = pair[0].getsockname()[1]
    text = subprocess.run(
        ["ss", "-tanH", f"( sport = :{port} or dport = :{port} )"], capture_output=True, text=True
    ).stdout
    theirs = sorted(line.split()[0].replace("ESTAB", "ESTABLISHED") for line in text.splitlines())
    diag = Diag()
    ours = sorted(sock.state for sock in diag.tcp() if port in (sock.local[1], sock.remote[1]))
    diag.close()
    assert ours == theirs


def test_counters_count(pair: tuple[socket.socket, socket.socket, socket.socket]) -> None:
    before = network_counters.read()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", pair[0].getsockname()[1]))
    changed = network_counters.difference(before, network_counters.read())
    assert changed["UdpOutDatagrams"] >= 1 and all(changed.values())
    assert {"TcpActiveOpens", "TcpExtListenOverflows", "IpInReceives"} <= set(before)


def test_counters_of_a_file_that_is_no_pair_of_lines() -> None:
    assert network_counters.parse("Tcp: A B\nTcp: 1 -2\nUdp: C\nIp: 3\n") == {"TcpA": 1, "TcpB": -2}
