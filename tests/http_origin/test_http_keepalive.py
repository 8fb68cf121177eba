"""`netlab http keepalive`: what it counts is what happened, also with servers that close when they like."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netlab.errors import PeerError, UsageError
from netlab.experiments.http.keepalive import Parameters, measure
from netlab.experiments.http.keepalive_report import AHEAD, BASE, ONE, SERVER, KeepaliveRounds, fill
from netlab.experiments.http.keepalive_ways import Round
from netlab.http.url import parse
from netlab.linux.tcp_info_layout import segments
from netlab.linux.tcp_sockets import states, time_waits
from netlab.progress import silent
from netlab.report.quantity import Draft, Measurement, Value

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def server(per_connection: int, obeys: bool = True, answer: bytes = HELLO) -> Iterator[str]:
    """Answers so many requests on a connection, and then closes without a word. `obeys`: Connection: close."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as lines:
                for _ in range(per_connection):
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        line = lines.readline()
                        if not line:
                            break
                        head += line
                    if not head:
                        break
                    try:
                        sock.sendall(answer)
                    except OSError:
                        break
                    if obeys and b"Connection: close" in head:
                        break

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)


def cells(found: Measurement, table: str, column: str) -> dict[Value, Value]:
    """A column of the table whose name begins so, by way."""
    wanted = next(each for each in found.tables if each.name.startswith(table))
    return {row[0]: row[wanted.column(column)] for row in wanted.rows}


def test_the_built_in_origin() -> None:
    found = measure(Parameters(requests=12, rounds=2, depth=5), silent)
    assert found.passed and len(found.checks) == 2
    assert cells(found, "What", "connections") == {ONE: 1, SERVER: 12, BASE: 12, AHEAD: 1}
    assert cells(found, "Sockets", "at the server") == {ONE: 0, SERVER: 12, BASE: 0, AHEAD: 0}
    assert cells(found, "Sockets", "at the client") == {ONE: 1, SERVER: 0, BASE: 12, AHEAD: 1}
    overhead, segments_each = cells(found, "What", "overhead/request"), cells(found, "What", "segments/request")
    assert overhead[ONE] == overhead[BASE] == overhead[AHEAD]
    assert overhead[SERVER] == overhead[ONE] + 2 * len("Connection: close\r\n")  # said by both
    assert segments_each[ONE] < segments_each[BASE]
    assert {len(samples.values) for samples in found.samples} == {24}
    assert cells(found, "Speed", "× new")[BASE] == 1


def test_over_tls_the_handshakes_are_counted() -> None:
    found = measure(Parameters("/chunked", requests=3, rounds=1, tls=True), silent)
    overhead = cells(found, "What", "overhead/request")
    assert found.passed and overhead[BASE] > overhead[ONE] + 500


def test_a_server_that_closes_after_three(own_state_folder: Path) -> None:
    with server(3) as url:
        found = measure(Parameters(url, requests=12, rounds=1, depth=6), silent)
    assert found.passed
    connections = cells(found, "What", "connections")
    # A server that closes with requests unread resets: answers on their way may be lost, and more connections needed.
    assert 4 <= connections.pop(AHEAD) <= 12
    assert connections == {ONE: 4, SERVER: 12, BASE: 12}
    assert "sent again" in " ".join(found.warnings)


def test_a_server_that_closes_after_each_response() -> None:
    answer = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with server(1, answer=answer) as url:
        found = measure(Parameters(url, requests=5, rounds=1), silent)
    assert found.passed and cells(found, "What", "connections")[ONE] == 5
    assert "cannot be kept" in " ".join(found.findings)


def test_a_server_that_sends_more_than_it_was_asked_for() -> None:
    found = measure(Parameters("/wire/extra-bytes", requests=4, rounds=1), silent)
    assert found.passed and cells(found, "What", "connections")[ONE] == 4
    assert "No connection could be used again" in " ".join(found.findings)


def test_a_server_that_does_not_close_when_asked() -> None:
    with server(100, obeys=False) as url:
        found = measure(Parameters(url, requests=5, rounds=1), silent)
    assert found.passed and "5 times of 5" in " ".join(found.findings)
    assert cells(found, "Sockets", "at the client")[SERVER] == 5


def test_a_server_that_says_close_and_does_not() -> None:
    answer = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with server(100, obeys=False, answer=answer) as url:
        found = measure(Parameters(url, requests=4, rounds=1), silent)
    assert found.passed and "4 times of 4" in " ".join(found.findings)


def test_a_server_that_answers_wrongly_is_a_peer_error() -> None:
    with server(100, answer=b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n") as url, pytest.raises(PeerError):
        measure(Parameters(url, requests=5, rounds=1), silent)


def test_a_name_that_nobody_knows_is_answered_without_options_that_are_not_there() -> None:
    with pytest.raises(PeerError) as caught:
        measure(Parameters("http://nobody.invalid/"), silent)
    assert "nobody.invalid" in caught.value.message and "--" not in (caught.value.hint or "")


def test_only_servers_of_this_machine() -> None:
    with pytest.raises(UsageError, match=r"192\.0\.2\.1 is no address of this machine"):
        measure(Parameters("http://192.0.2.1/"), silent)


def test_a_run_that_would_use_up_the_ports_is_refused() -> None:
    with pytest.raises(UsageError, match="ports"):
        measure(Parameters(requests=10_000, rounds=1000), silent)


def netlab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netlab", "http", "keepalive", "--no-save", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    done = netlab("--requests", "5", "--rounds", "1", "--plot", str(tmp_path / "it.svg"))
    assert done.returncode == 0 and "TIME_WAIT" in done.stdout and "one connection" in done.stdout
    assert "Requests a second" in (tmp_path / "it.svg").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ftp://x/",), 2, "ftp"),
        (("http://127.0.0.1:1/",), 4, "refused"),
        (("--requests", "0"), 2, "--requests"),
        (("http://127.0.0.1:1/", "--tls"), 2, "--tls"),
        (("--depth", "1"), 2, "--depth"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(words: tuple[str, ...], code: int, said: str) -> None:
    done = netlab(*words)
    assert done.returncode == code and said in done.stderr and len(done.stderr.splitlines()) <= 3


def test_ctrl_c_gives_what_there_is() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out) == [True, 1]


INTERRUPTED = f"""
import json, os
from netlab.experiments.http.keepalive import Parameters, measure
def progress(done, text):
    if text.startswith("round 2"):
        os.kill(os.getpid(), {int(signal.SIGINT)})
found = measure(Parameters(requests=3, rounds=50), progress)
print(json.dumps([found.interrupted, found.fact("rounds").value]))
"""


def test_states_and_segments_of_a_connection() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    pair = (client.getsockname(), client.getpeername())
    assert states()[pair] == states()[pair[1], pair[0]] == 1  # ESTABLISHED
    before = segments(client)
    client.sendall(b"x")
    assert ours.recv(1) == b"x"
    after = segments(client)
    assert before and after and after > before
    assert time_waits([pair]) == (0, 0)
    client.close()
    ours.close()
    deadline_s = time.monotonic() + 20
    while time_waits([pair]) != (1, 0):
        assert time.monotonic() < deadline_s
    listener.close()


def test_states_of_ipv6_and_of_ipv4_on_an_ipv6_socket() -> None:
    try:
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except OSError:
        pytest.skip("no IPv6 here")
    port = listener.getsockname()[1]
    for host in ("127.0.0.1", "::1"):
        client = socket.create_connection((host, port))
        ours, _ = listener.accept()
        pair = ((host, client.getsockname()[1]), (host, port))
        assert states()[pair] == states()[pair[1], pair[0]] == 1
        ours.close()
        client.close()
        deadline_s = time.monotonic() + 20
        while time_waits([pair]) != (0, 1):
            assert time.monotonic() < deadline_s
    listener.close()


@pytest.mark.parametrize(
    ("one", "says"),
    [
        ((100, 101, 99), "no difference beyond the spread"),
        ((50, 150, 50), "no difference beyond the spread"),  # the rounds contradict each other
        ((97, 97, 97), "no difference beyond the spread"),  # they agree on too little
        ((50, 40, 60), "each: 2.00 × as quick"),
        ((200, 200, 200), "each: slower, 0.50 × as quick"),
        ((50,), "decides nothing"),
    ],
)
def test_a_verdict_needs_rounds_that_agree(one: tuple[int, ...], says: str) -> None:
    found, draft = KeepaliveRounds(), Draft()
    for way, rounds in found.rounds.items():
        for place in range(len(one)):
            elapsed = one[place] if way in (ONE, AHEAD) else 100
            rounds.append(Round(elapsed_ns=elapsed, connections=1))
    fill(draft, Parameters(requests=2, rounds=len(one)), found, parse("http://127.0.0.1/"))
    verdict = next(finding for finding in draft.findings if finding.startswith("Over one connection"))
    assert says in verdict
    (ahead,) = (finding for finding in draft.findings if finding.startswith("Sent 8 ahead"))
    assert "as quick." not in ahead  # it is the same as one at a time
