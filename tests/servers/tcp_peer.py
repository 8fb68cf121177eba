"""The other side of a TCP server, as the tests play it: plain sockets, and waiting for a fact to become true."""

from __future__ import annotations

import itertools
import os
import random
import resource
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from netlab.linux.process import tree
from netlab.servers.counters import Count
from netlab.servers.modes import TCP_MODES, Mode
from netlab.servers.supervisor import RunningServer

DEADLINE_S = 30.0
"""How long a fact may take to become true. A test that gets this far has failed; no test waits for it to pass."""

StartTcp = Callable[..., RunningServer]
"""The fixture `start_tcp`: a mode and some limits in, a server of the test's own out."""

ONE_CLIENT_EACH = {"iterative", "prefork", "thread-pool"}
"""Modes in which a process or thread stays with its client, so that the next ones wait for a free one."""

AT_ONCE = tuple(mode for mode in TCP_MODES if mode.name not in ONE_CLIENT_EACH)
"""Modes that serve everybody who is connected."""

MISSION = tuple(mode for mode in TCP_MODES if mode.name in {"fork", "thread", "select", "epoll"})
"""The four of the course."""


def by_name(mode: Mode) -> str:
    """What pytest calls a case."""
    return mode.name


def until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Poll `condition` until it holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {deadline_s:g} s: {what}"
        time.sleep(0.002)


def until_count(server: RunningServer, count: Count, value: int) -> None:
    """Poll the live counters until `count` is `value`."""
    until(lambda: server.counts()[count] == value, f"{count.name} is {value}, but {server.counts()}")


def connect(server: RunningServer, buffer_bytes: int | None = None) -> socket.socket:
    """A client of `server`. `buffer_bytes` makes its own buffers small, so that they fill soon."""
    client = socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(DEADLINE_S)
        client.connect((server.host, server.port))
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def many(server: RunningServer, number: int) -> Iterator[list[socket.socket]]:
    """`number` clients of `server`, closed at the end."""
    clients: list[socket.socket] = []
    try:
        for _ in range(number):
            clients.append(connect(server))  # noqa: PERF401 - those that exist must be closed when the next one fails
        yield clients
    finally:
        for client in clients:
            client.close()


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes in which any loss, repetition or exchange shows."""
    return random.Random(seed).randbytes(size)


def receive(client: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes, or fewer if the stream ends before."""
    data = bytearray()
    while len(data) < size and (more := client.recv(min(size - len(data), 1 << 20))):
        data += more
    return bytes(data)


def rest(client: socket.socket) -> bytes:
    """Everything up to the end of the stream."""
    data = bytearray()
    while more := client.recv(1 << 20):
        data += more
    return bytes(data)


def ping(client: socket.socket, message: bytes = b"ping") -> bool:
    """Whether `message` comes back."""
    client.sendall(message)
    return receive(client, len(message)) == message


def is_echoed(client: socket.socket, data: bytes) -> bool:
    """Send `data` and read at the same time, since its echo may be more than the buffers between us hold."""
    view, echo = memoryview(data), bytearray()
    while len(echo) < len(data):
        readable, writable, _ = select.select([client], [client] if view else [], [], DEADLINE_S)
        assert readable or writable, f"no echo after {len(echo)} of {len(data)} bytes"
        if writable:
            view = view[client.send(view[:65536]) :]
        if readable:
            more = client.recv(1 << 20)
            assert more, f"end of stream after {len(echo)} of {len(data)} bytes"
            echo += more
    return bytes(echo) == data


def reset(client: socket.socket) -> None:
    """Close with RST instead of FIN (SO_LINGER with a time of 0, socket(7))."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
    client.close()


def is_turned_away(client: socket.socket) -> bool:
    """Whether the server has ended the connection without a byte: by FIN, or by RST if we had sent something."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def push_until_blocked(server: RunningServer, client: socket.socket, most_bytes: int = 1 << 27) -> int:
    """Send and never read, until nothing moves any more; how many bytes we got rid of. Fails at `most_bytes`."""
    block = bytes(1 << 16)
    client.setblocking(False)
    sent = 0
    still_looks = 0
    seen = -1
    deadline = time.monotonic() + DEADLINE_S
    while still_looks < 25:  # blocked, and the server has read nothing more, 25 looks in a row
        assert time.monotonic() < deadline, f"still not blocked after {sent} bytes"
        try:
            sent += client.send(block)
            still_looks = 0
            assert sent < most_bytes, f"the server took {sent} bytes that nobody took back: no backpressure"
        except BlockingIOError:
            read = server.counts()[Count.BYTES_IN]
            still_looks = still_looks + 1 if read == seen else 0
            seen = read
            select.select([], [client], [], 0.002)
    return sent


def processes(server: RunningServer) -> list[psutil.Process]:
    """The server's process and all its descendants."""
    found = []
    for pid in tree(server.pid):
        try:
            found.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            continue
    return found


def group_is_gone(leader: int) -> bool:
    """Whether no process is left in the process group that `leader` led."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


def open_descriptors(pid: int | None = None) -> set[int]:
    """The descriptors that a process, or we, have open."""
    folder = Path(f"/proc/{pid or os.getpid()}/fd")
    # Looked at twice: the first look has a descriptor of its own, which is gone at the second.
    return {int(link.name) for link in list(folder.iterdir()) if link.is_symlink()}


def limit_that_leaves(pid: int, free: int) -> int:
    """The RLIMIT_NOFILE under which a process can open `free` more descriptors: each takes the lowest free number."""
    taken = open_descriptors(pid)
    numbers = (number for number in itertools.count() if number not in taken)
    return next(itertools.islice(numbers, free, None))


@contextmanager
def descriptor_limit(pid: int, soft: int) -> Iterator[Callable[[], None]]:
    """RLIMIT_NOFILE of a running process, lowered; what is yielded lifts it again."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)

    def lift() -> None:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield lift
    finally:
        if psutil.pid_exists(pid):
            lift()
