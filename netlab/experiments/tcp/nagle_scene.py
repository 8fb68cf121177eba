"""Small writes and the two rules that deal with them: Nagle's at the sender, the delayed ACK at the receiver.

Each case is a connection of its own: its peculiarity is one option or one system call, all else is the same. Times
are taken around the calls, on one clock for both hosts.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from netlab.linux.tcp_info import tcp_info
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import Call, TwoHosts, TwoHostsPlan, port_of

HEAD, BODY, REPLY = b"h" * 100, b"b" * 200, b"r" * 50
REQUEST = len(HEAD) + len(BODY)
Received = tuple[tuple[int, int], ...]  # when each recv(2) returned, with how many bytes


@dataclass(frozen=True, slots=True)
class NaglePlan:
    """So many requests of each case; so many writes of one byte, one every `interval_s`."""

    hosts: TwoHostsPlan
    exchanges: int
    keys: int
    interval_s: float


@dataclass(frozen=True, slots=True)
class Requests:
    """The client's port; of each request when its first write was called, when each write had returned, and when the
    answer was here; what the server received of it. `ato_s`: the server's delayed-ACK timer."""

    port: int
    calls: tuple[tuple[int, ...], ...]
    received: tuple[Received, ...]
    ato_s: float


@dataclass(frozen=True, slots=True)
class Keystrokes:
    """The client's port; when each byte was written, and when the reader had it."""

    port: int
    written: tuple[int, ...]
    read: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NagleResult:
    """By case."""

    observation: Observation
    requests: dict[str, Requests]
    keystrokes: dict[str, Keystrokes]


def play(plan: NaglePlan, report_progress: ReportProgress) -> NagleResult:
    """Every case, one after the other."""
    with TwoHosts(plan.hosts, watched=False) as hosts, hosts.listen_quietly() as listener:
        requests, keystrokes = {}, {}
        for number, name in enumerate(REQUESTS):
            report_progress(0.1 + 0.15 * number, name)
            requests[name] = _requests(hosts, listener, name, plan.exchanges)
        for name, nodelay in KEYSTROKES.items():
            report_progress(0.9, f"keystrokes, {name}")
            keystrokes[name] = _keystrokes(hosts, listener, nodelay, plan)
        return NagleResult(hosts.observation(), requests, keystrokes)


def _connected(hosts: TwoHosts, listener: socket.socket, *, nodelay: bool) -> tuple[socket.socket, socket.socket]:
    client = hosts.pair.client.socket()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
    return client, hosts.connect_quietly(client, listener)


def _requests(hosts: TwoHosts, listener: socket.socket, name: str, count: int) -> Requests:
    """Requests in two parts, each answered before the next."""
    send, nodelay, quick = REQUESTS[name]
    client, server = _connected(hosts, listener, nodelay=nodelay)
    serving = Call(lambda: tuple(_serve(server, quick) for _ in range(count)))
    calls: list[tuple[int, ...]] = []
    for _ in range(count):
        times = [time.monotonic_ns()]
        send(client, times)
        _take(client, len(REPLY))
        calls.append((*times, time.monotonic_ns()))
    received, ato_s, port = serving.result(hosts.timeout_s), tcp_info(server).ato_s, port_of(client)
    _close(client, server)
    return Requests(port, tuple(calls), received, ato_s)


def _serve(server: socket.socket, quick: bool) -> Received:
    """Read a whole request, answer it."""
    received: list[tuple[int, int]] = []
    left = REQUEST
    while left:
        if quick:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # it does not last (tcp(7))
        size = len(server.recv(left))
        left -= size
        received.append((time.monotonic_ns(), size))
    server.sendall(REPLY)
    return tuple(received)


def _take(sock: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(sock.recv(size))


def _close(client: socket.socket, server: socket.socket) -> None:
    """Close both, in order."""
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    server.close()
    client.recv(1)
    client.close()


def _keystrokes(hosts: TwoHosts, listener: socket.socket, nodelay: bool, plan: NaglePlan) -> Keystrokes:
    """One byte every `interval_s`."""
    client, server = _connected(hosts, listener, nodelay=nodelay)
    reading = Call(lambda: _read(server, plan.keys))
    written: list[int] = []
    begun_s = time.monotonic()
    for number in range(plan.keys):
        time.sleep(max(begun_s + number * plan.interval_s - time.monotonic(), 0))
        written.append(time.monotonic_ns())
        client.send(b"k")
    read, port = reading.result(hosts.timeout_s), port_of(client)
    _close(client, server)
    return Keystrokes(port, tuple(written), tuple(read))


def _read(server: socket.socket, count: int) -> list[int]:
    times: list[int] = []
    while len(times) < count:
        size = len(server.recv(4096))
        times += [time.monotonic_ns()] * size
    return times


def _twice(client: socket.socket, times: list[int]) -> None:
    for part in (HEAD, BODY):
        client.send(part)
        times.append(time.monotonic_ns())


def _at_once(client: socket.socket, times: list[int]) -> None:
    client.sendmsg([HEAD, BODY])
    times.append(time.monotonic_ns())


def _corked(client: socket.socket, times: list[int]) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    _twice(client, times)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


PLAIN, NODELAY, GATHERED = "write, write, read", "TCP_NODELAY", "one sendmsg()"
CORKED, QUICK = "TCP_CORK", "TCP_QUICKACK"
Send = Callable[[socket.socket, list[int]], None]
REQUESTS: dict[str, tuple[Send, bool, bool]] = {  # how it is sent; TCP_NODELAY; the server's TCP_QUICKACK
    PLAIN: (_twice, False, False),
    NODELAY: (_twice, True, False),
    GATHERED: (_at_once, False, False),
    CORKED: (_corked, False, False),
    QUICK: (_twice, False, True),
}
KEYSTROKES = {"Nagle": False, "TCP_NODELAY": True}
