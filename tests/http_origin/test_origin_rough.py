"""Rough company: slow, silent, resetting, flooding and malformed clients; too many of them; and the end of it all."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from origin_peer import PATIENCE_S, connected, get, raw, until_end

from netlab.errors import NetlabError, UsageError
from netlab.http_origin import Origin, Settings


def resident_kib(origin: Origin) -> int:
    status = Path(f"/proc/{origin.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def threads(origin: Origin) -> int:
    return len(list(Path(f"/proc/{origin.pid}/task").iterdir()))


def settle(origin: Origin) -> None:
    """Wait until no connection is left."""
    deadline_s = time.monotonic() + PATIENCE_S
    while threads(origin) > 1:
        assert time.monotonic() < deadline_s, "connections are left over"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfive!",
        b"GET /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_a_client_that_falls_silent_is_let_go(bare: Origin, sent: bytes) -> None:
    with connected(bare) as sock:
        sock.sendall(sent)
        assert until_end(sock) == b""


def test_a_head_that_drips_has_a_deadline_for_all_of_it(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.settimeout(0.1)
        ended = False
        for _ in range(int(PATIENCE_S * 10)):
            try:
                sock.sendall(b"X")
                ended = sock.recv(100) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended:
                break
        assert ended


def test_a_client_that_does_not_read_is_let_go(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /big/1000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        settle(bare)
    assert resident_kib(bare) < 120_000


@pytest.mark.parametrize("sent", [b"GET /big/100000000 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHo", b""])
def test_a_reset_at_any_time(bare: Origin, sent: bytes) -> None:
    for _ in range(20):
        sock = connected(bare)
        sock.sendall(sent)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    settle(bare)
    assert get(bare, "/")[0].status == 200


def test_a_head_without_end_is_refused_in_bounded_memory(bare: Origin) -> None:
    with connected(bare) as sock:
        sent = 0
        try:
            sock.sendall(b"GET / HTTP/1.1\r\n")
            while sent < 50 << 20 and not select.select([sock], [], [], 0)[0]:
                sock.sendall(b"X: y\r\n" * 1000)
                sent += 6000
            received = until_end(sock)
        except OSError:
            received = b"HTTP/1.1 431"  # the answer was overtaken by a reset
    assert received.startswith(b"HTTP/1.1 431")
    assert sent < 20 << 20 and resident_kib(bare) < 120_000


def test_a_body_without_end_is_refused(bare: Origin) -> None:
    body = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + bytes(1_100_000)
    assert raw(bare, body).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused_and_the_connection_closed(bare: Origin, sent: bytes) -> None:
    received = raw(bare, sent)
    assert received == b"" or received.startswith(b"HTTP/1.1 4") or received.startswith(b"HTTP/1.1 5")
    assert b"200 OK" not in received


@given(st.lists(st.binary(max_size=200), max_size=8))
@examples(40)
def test_random_bytes(bare: Origin, pieces: list[bytes]) -> None:
    with connected(bare) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
            until_end(sock)
        except OSError:
            pass  # a reset is an answer, too
    assert bare.alive()


def test_one_connection_too_many_is_told_so(bare: Origin) -> None:
    settle(bare)
    crowd = [connected(bare) for _ in range(41)]
    try:
        last = until_end(crowd[-1])
        assert last.startswith(b"HTTP/1.1 503") and last.endswith(b"too many connections\n")
        crowd[0].sendall(b"GET /chunked HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in until_end(crowd[0])
    finally:
        for sock in crowd:
            sock.close()
    settle(bare)
    assert get(bare, "/")[0].status == 200


def test_a_flood_of_connections_leaves_it_answering(bare: Origin) -> None:
    for _ in range(15):
        crowd = [connected(bare) for _ in range(40)]
        for sock in crowd:
            sock.close()
    settle(bare)
    assert get(bare, "/")[0].status == 200 and resident_kib(bare) < 120_000


def test_it_ends_in_order_and_says_what_it_saw() -> None:
    with Origin(settings=Settings(drain_s=10.0)) as origin:
        with connected(origin) as busy, connected(origin) as idle:
            idle.sendall(b"GET /status/204 HTTP/1.1\r\nHost: x\r\n\r\n")  # answered: so it has been accepted
            assert idle.recv(65536).startswith(b"HTTP/1.1 204")
            busy.sendall(b"GET /slow?first=0&gap=0.2 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert busy.recv(65536).startswith(b"HTTP/1.1 200")
            os.kill(origin.pid, signal.SIGTERM)
            assert until_end(busy).endswith(b"0\r\n\r\n")  # what is under way is finished
            assert until_end(idle) == b""
        counts = origin.finish()
    assert counts["connections"] == counts["requests"] == 2 and counts["status 200"] == 1
    assert counts["cut off at the end"] == 0


def test_what_takes_too_long_is_cut_off_at_the_end() -> None:
    with Origin(settings=Settings(drain_s=0.2)) as origin, connected(origin) as sock:
        sock.sendall(b"GET /slow?first=0&gap=50 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(65536)
        assert origin.finish()["cut off at the end"] == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_does_not_outlive_its_parent(how: signal.Signals) -> None:
    code = (
        "import time\nfrom netlab.http_origin import Origin\n"
        "with Origin(tls=True) as origin:\n  print(origin.pid, flush=True)\n  time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.send_signal(how)
    parent.wait(20)
    parent.stdout.close()
    assert select.select([child], [], [], 20)[0], "the origin still runs"  # readable when the process has ended
    os.close(child)


def test_a_port_or_address_that_cannot_be_had(bare: Origin) -> None:
    for host, port, said in (("127.0.0.1", bare.port, "in use"), ("192.0.2.1", 0, "no address")):
        with pytest.raises(NetlabError, match=said) as error:
            Origin(host=host, port=port)
        assert error.value.exit_code == UsageError.exit_code


def test_on_ipv6_loopback() -> None:
    try:
        with Origin(host="::1") as origin:
            assert origin.url.startswith("http://[::1]:") and get(origin, "/")[0].status == 200
    except NetlabError:
        pytest.skip("no IPv6 loopback here")
