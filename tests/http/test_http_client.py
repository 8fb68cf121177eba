"""The client on real sockets, against a peer that is told what to say."""

from __future__ import annotations

import contextlib
import gc
import socket
import tracemalloc
import warnings
from collections.abc import Iterator

import pytest
from scripted_peer import Peer, serving

from netlab.errors import PeerError
from netlab.http.client import Client, ClientPolicy, Lost
from netlab.http.connection import connect
from netlab.http.events import End, Incomplete, Refused
from netlab.http.limits import HeadLimits, Timeouts
from netlab.http.request import Request
from netlab.http.transport import Endpoint
from netlab.http.url import parse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
SHORT = Timeouts(connect_s=10, idle_s=0.2, total_s=20)


def ask(url: str, policy: ClientPolicy | None = None, **more: object) -> object:
    """One request of a fresh client; its last response."""
    with Client(policy) as client:
        return client.get(parse(url), **more)[-1].response  # type: ignore[arg-type]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_exchange(family: int) -> None:
    with (
        contextlib.suppress(OSError),
        serving(OK, family=family) as peer,
        connect(parse(peer.url + "/x")) as connection,
    ):
        response = connection.exchange(Request.to(parse(peer.url + "/x")))
        assert response.checked().status == 200 and bytes(response.body) == b"hi"
        assert connection.peer[1] == peer.port and connection.local[1] not in (0, peer.port)
        phases = response.phases
        assert phases.resolve is None and phases.tls is None
        times = [phases.connect, phases.send, phases.wait, phases.receive]
        marks = [mark for phase in times if phase for mark in phase]
        assert len(marks) == 8 and marks == sorted(marks)


def test_a_connection_is_used_again_and_says_so() -> None:
    with serving(OK, OK, OK, keep_open=True) as peer, Client() as client:
        hops = [hop for _ in range(3) for hop in client.get(parse(peer.url))]
        assert [hop.use for hop in hops] == [1, 2, 3] and client.opened == 1
        assert len({hop.connection.local for hop in hops}) == 1
        assert hops[0].response.phases.connect is not None and hops[1].response.phases.connect is None
        assert hops[1].sent_at == len(peer.heard[0])
    assert peer.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nall",
        OK + b"and more",
    ],
)
def test_a_connection_is_not_used_again_when_it_must_not(answer: bytes) -> None:
    with serving(answer) as peer, Client() as client:
        assert [client.get(parse(peer.url))[-1].use for _ in range(2)] == [1, 1]
        assert client.opened == 2


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    with serving(OK) as peer, Client() as client:
        first = client.get(parse(peer.url))[-1]
        with contextlib.suppress(OSError):
            first.connection.wire.sock.settimeout(20)  # type: ignore[union-attr]
            assert first.connection.wire.sock.recv(1, socket.MSG_PEEK) == b""  # type: ignore[union-attr]
        second = client.get(parse(peer.url))[-1]
        assert second.use == 1 and client.opened == 2 and second.response.problem is None


@pytest.mark.parametrize(("method", "again"), [("GET", True), ("POST", False)])
def test_only_what_is_safe_to_repeat_is_sent_again(method: str, again: bool) -> None:
    """The server closes after it has the second request: to look before sending did not help."""

    def script(connection: socket.socket, number: int) -> None:
        peer.request(connection)
        connection.sendall(OK)
        peer.request(connection)
        if number:
            connection.sendall(OK)

    peer = Peer(script)
    try:
        with Client() as client:
            url = parse(peer.url)
            client.get(url)
            hop = client.get(url, Request.to(url, method))[-1]
            assert (hop.response.problem is None) is again and hop.repeated is again
            assert client.opened == 1 + again
    finally:
        peer.close()


def test_pipelined_responses_come_in_order() -> None:
    def script(connection: socket.socket, number: int) -> None:
        data = b""
        while data.count(b"\r\n\r\n") < 3:
            data += connection.recv(65536)
        connection.sendall(b"".join(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % n for n in range(3)))

    peer = Peer(script)
    try:
        url = parse(peer.url)
        with connect(url) as connection:
            for _ in range(3):
                connection.send(Request.to(url))
            responses = [connection.receive(keep_events=keep) for keep in (True, True, True)]
            assert [bytes(response.body) for response in responses] == [b"0", b"1", b"2"]
            assert all(isinstance(response.events[-1], End) for response in responses)
            assert [response.raw_at for response in responses] == [0, 39, 78]
            assert all(len(response.raw) == 39 for response in responses)
    finally:
        peer.close()


# What a peer may do wrong.

PROBLEMS = [
    ("reset in the middle", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Incomplete, "", b"hi"),
    ("nothing", b"", Incomplete, "without a response", b""),
    ("a mistake", b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Refused, "white space before the colon", b""),
    (
        "a mistake in the third chunk",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\nx",
        Refused,
        "where a chunk size",
        b"ab",
    ),
]


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(("name", "answer", "kind", "says", "body"), PROBLEMS, ids=[case[0] for case in PROBLEMS])
def test_a_problem_is_told_with_what_came(
    name: str, answer: bytes, kind: type, says: str, body: bytes, keep: bool
) -> None:
    with serving(answer) as peer, Client() as client:
        hop = client.get(parse(peer.url), keep_events=keep)[-1]
        problem = hop.response.problem
        assert isinstance(problem, kind) and says in problem.what
        assert bytes(hop.response.body) == body and not hop.connection.reusable
        with pytest.raises(PeerError):
            hop.response.checked()


def test_silence_ends_the_wait_and_says_where() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nA: b\r\nHalf", keep_open=True) as peer:
        response = ask(peer.url, ClientPolicy(timeouts=SHORT))
        assert isinstance(response.problem, Incomplete)  # type: ignore[attr-defined]
        assert "nothing came for 0.2 s" in str(response.problem)  # type: ignore[attr-defined]
        assert "field line 2" in str(response.problem)  # type: ignore[attr-defined]


def test_silence_after_a_mistake_names_the_mistake() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nno field at all\r\n", keep_open=True) as peer:
        response = ask(peer.url, ClientPolicy(timeouts=SHORT))
        assert isinstance(response.problem, Refused) and response.problem.start == 19  # type: ignore[attr-defined]


def test_a_drip_of_bytes_ends_by_the_total_time() -> None:
    def script(connection: socket.socket, number: int) -> None:
        peer.request(connection)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"[number:][:44])
                connection.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        return

    peer = Peer(script)
    try:
        response = ask(peer.url, ClientPolicy(timeouts=Timeouts(idle_s=10, total_s=0.5)))
        assert "not complete after 0.5 s" in str(response.problem)  # type: ignore[attr-defined]
    finally:
        peer.close()


@pytest.fixture
def endless() -> Iterator[Peer]:
    """Chunks without end."""

    def script(connection: socket.socket, number: int) -> None:
        peer.request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"8000\r\n" + bytes(0x8000) + b"\r\n")

    peer = Peer(script)
    yield peer
    peer.close()


@pytest.mark.parametrize("keep", [False, True])
def test_a_body_without_end_takes_bounded_memory(endless: Peer, keep: bool) -> None:
    limits = HeadLimits(kept_body_bytes=1 << 20)
    policy = ClientPolicy(timeouts=Timeouts(idle_s=10, total_s=0.7), limits=limits)
    tracemalloc.start()
    try:
        response = ask(endless.url, policy, keep_events=keep)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(response.body) == 1 << 20 < response.body_bytes  # type: ignore[attr-defined]
    assert peak < 24 << 20


def test_a_length_of_ten_gigabytes_allocates_nothing() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nhi") as peer:
        tracemalloc.start()
        try:
            response = ask(peer.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert bytes(response.body) == b"hi" and peak < 8 << 20  # type: ignore[attr-defined]


def test_a_long_body_is_received_into_its_place() -> None:
    payload = bytes(range(256)) * 4096
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(payload), payload)
    with serving(answer) as peer:
        assert bytes(ask(peer.url).body) == payload  # type: ignore[attr-defined]
    with serving(answer) as peer:
        parts: list[bytes] = []
        response = ask(peer.url, sink=lambda data: parts.append(bytes(data)))
        assert b"".join(parts) == payload and response.body_bytes == len(payload)  # type: ignore[attr-defined]
    with serving(answer) as peer:
        kept = ask(peer.url, ClientPolicy(limits=HeadLimits(kept_body_bytes=1000)))
        assert bytes(kept.body) == payload[:1000]  # type: ignore[attr-defined]
        assert kept.body_bytes == len(payload) and kept.problem is None  # type: ignore[attr-defined]


def test_an_answer_before_the_request_is_sent_ends_the_sending() -> None:
    def script(connection: socket.socket, number: int) -> None:
        peer.request(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(20)
        while connection.recv(1 << 20):
            pass

    peer = Peer(script)
    try:
        url = parse(peer.url)
        with Client() as client:
            hop = client.get(url, Request.to(url, "POST", body=bytes(64 << 20)))[-1]
            assert hop.response.checked().status == 413
            assert hop.connection.sent_bytes < 64 << 20 and not hop.connection.reusable
    finally:
        peer.close()


# Redirections on the wire.


def test_redirections_are_followed_within_bounds() -> None:
    again = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    with serving(*[again] * 20, keep_open=True) as peer, Client(ClientPolicy(max_redirects=3)) as client:
        with pytest.raises(Lost, match="more than 3 redirections") as lost:
            client.get(parse(peer.url))
        assert len(lost.value.hops) == 4 and client.opened == 1
    with serving(again, OK, keep_open=True) as peer, Client() as client:
        hops = client.get(parse(peer.url + "/first"))
        assert [hop.url.target for hop in hops] == ["/first", "/again"] and hops[-1].use == 2
    with serving(again) as peer, Client(ClientPolicy(max_redirects=0)) as client:
        assert len(client.get(parse(peer.url))) == 1


def test_no_secret_goes_to_another_origin_on_the_wire() -> None:
    with serving(OK) as other:
        there = b"HTTP/1.1 307 Go\r\nLocation: %b/\r\nContent-Length: 0\r\n\r\n" % other.url.encode()
        with serving(there) as peer, Client() as client:
            url = parse(peer.url)
            client.get(url, Request.to(url, fields=[(b"Authorization", b"secret"), (b"Cookie", b"secret")]))
            assert peer.heard[0].count(b"secret") == 2
            assert b"secret" not in other.heard[0]


# Addresses.


def test_the_next_address_is_tried() -> None:
    with serving(OK) as peer, socket.create_server(("127.0.0.2", 0)) as taken:
        taken.close()
        url = parse(f"http://two.example:{peer.port}/")
        addresses = [Endpoint(socket.AF_INET, "127.0.0.2"), Endpoint(socket.AF_INET, "127.0.0.1")]
        with connect(url, resolve=lambda host, port: addresses) as connection:
            assert connection.peer[0] == "127.0.0.1" and len(connection.tried) == 1
            assert connection.opening.resolve is not None
        assert connection.exchange


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(PeerError, match="refused"):
        connect(parse(f"http://127.0.0.1:{port}/"))


def test_no_socket_is_left_open() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        with serving(b"junk") as peer:
            ask(peer.url)
        with serving(OK) as peer:
            ask(peer.url)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with pytest.raises(PeerError):
            connect(parse(f"http://127.0.0.1:{port}/"))
        gc.collect()
