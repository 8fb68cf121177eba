"""Small writes and the two rules that deal with them: Nagle's at the sender, the delayed ACK at the receiver.

Each case is a connection of its own: its peculiarity is one option or one system call, all else is the same. Times
are taken around the calls, on one clock for both hosts.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from netlab.linux.tcp_info import tcp_info
from netlab.network.two_hosts import PORT, Call, TwoHosts

HEAD, BODY, REPLY = b"h" * 100, b"b" * 200, b"r" * 50
_REQUEST = len(HEAD) + len(BODY)

Send = Callable[[socket.socket, Callable[[], None]], None]


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Every case: `config["exchanges"]` requests each, then `config["keys"]` keystrokes each."""
    with TwoHosts(config, watched=False) as stage, stage.pair.server.socket() as listener:
        listener.bind((stage.pair.server.ip, PORT))
        listener.listen()
        told: dict[str, Any] = {"requests": {}, "keystrokes": {}}
        for number, name in enumerate(REQUESTS):
            report_progress(0.1 + 0.15 * number, name)
            told["requests"][name] = _requests(stage, listener, name, config["exchanges"])
        for name, nodelay in KEYSTROKES.items():
            report_progress(0.9, f"keystrokes, {name}")
            told["keystrokes"][name] = _keystrokes(stage, listener, nodelay, config["keys"], config["interval_s"])
        return stage.finish(**told)


def _connected(stage: TwoHosts, listener: socket.socket, *, nodelay: bool) -> tuple[socket.socket, socket.socket]:
    client = stage.pair.client.socket()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
    accepting = Call(listener.accept)
    client.connect((stage.pair.server.ip, PORT))
    return client, accepting.result(stage.timeout_s)[0]


def _requests(stage: TwoHosts, listener: socket.socket, name: str, count: int) -> dict[str, Any]:
    """Requests in two parts, each answered before the next: the times of all calls, exchange by exchange."""
    send, nodelay, quick = REQUESTS[name]
    client, server = _connected(stage, listener, nodelay=nodelay)
    serving = Call(lambda: _serve(server, count, quick))
    exchanges = []
    for _ in range(count):
        times = [time.monotonic_ns()]
        send(client, lambda times=times: times.append(time.monotonic_ns()))  # type: ignore[misc]
        _take(client, len(REPLY))
        exchanges.append([*times, time.monotonic_ns()])
    received = serving.result(stage.timeout_s)
    port = client.getsockname()[1]
    _over(client, server)
    return {"port": port, "exchanges": exchanges, "received": received["times"], "ato_s": received["ato_s"]}


def _serve(server: socket.socket, count: int, quick: bool) -> dict[str, Any]:
    """Read a whole request, answer it; when each recv(2) returned, with how much."""
    times: list[list[tuple[int, int]]] = []
    for _ in range(count):
        here, got = [], 0
        while got < _REQUEST:
            if quick:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # it does not last (tcp(7))
            size = len(server.recv(_REQUEST - got))
            got += size
            here.append((time.monotonic_ns(), size))
        server.sendall(REPLY)
        times.append(here)
    return {"times": times, "ato_s": tcp_info(server).ato_s}


def _take(sock: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(sock.recv(size))


def _over(client: socket.socket, server: socket.socket) -> None:
    """Close both, in order."""
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    server.close()
    client.recv(1)
    client.close()


def _keystrokes(
    stage: TwoHosts, listener: socket.socket, nodelay: bool, count: int, interval_s: float
) -> dict[str, Any]:
    """One byte every `interval_s`; when each was written, and when the reader had it."""
    client, server = _connected(stage, listener, nodelay=nodelay)
    reading = Call(lambda: _read(server, count))
    written = []
    begun_s = time.monotonic()
    for number in range(count):
        time.sleep(max(begun_s + number * interval_s - time.monotonic(), 0))
        written.append(time.monotonic_ns())
        client.send(b"k")
    read = reading.result(stage.timeout_s)
    port = client.getsockname()[1]
    _over(client, server)
    return {"port": port, "written": written, "read": read}


def _read(server: socket.socket, count: int) -> list[int]:
    times: list[int] = []
    while len(times) < count:
        size = len(server.recv(4096))
        times += [time.monotonic_ns()] * size
    return times


def _twice(client: socket.socket, done: Callable[[], None]) -> None:
    client.send(HEAD)
    done()
    client.send(BODY)
    done()


def _at_once(client: socket.socket, done: Callable[[], None]) -> None:
    client.sendmsg([HEAD, BODY])
    done()


def _corked(client: socket.socket, done: Callable[[], None]) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    _twice(client, done)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


PLAIN, NODELAY, GATHERED, CORKED, QUICK = (
    "write, write, read",
    "TCP_NODELAY",
    "one sendmsg()",
    "TCP_CORK",
    "TCP_QUICKACK",
)
REQUESTS: dict[str, tuple[Send, bool, bool]] = {  # how it is sent; TCP_NODELAY; the server's TCP_QUICKACK
    PLAIN: (_twice, False, False),
    NODELAY: (_twice, True, False),
    GATHERED: (_at_once, False, False),
    CORKED: (_corked, False, False),
    QUICK: (_twice, False, True),
}
KEYSTROKES = {"Nagle": False, "TCP_NODELAY": True}
