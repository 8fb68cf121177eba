"""Servers that do something other than echo: what a load generator must notice."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def liar(behaviour: Behaviour) -> Iterator[int]:
    """A server that does `behaviour` with each connection, in a thread each: its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            behaviour(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        acceptor.join(5)
        listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


def honest(connection: socket.socket) -> None:
    """An echo."""
    while data := connection.recv(65536):
        connection.sendall(data)


def one_byte_at_a_time(connection: socket.socket) -> None:
    """An echo, in as many pieces as there can be."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        for byte in data:
            connection.sendall(bytes([byte]))


def flips_a_bit(connection: socket.socket) -> None:
    """Every tenth chunk comes back with one bit wrong."""
    count = 0
    while data := connection.recv(65536):
        count += 1
        if count % 10 == 0:
            data = bytes([data[0] ^ 1]) + data[1:]
        connection.sendall(data)


def repeats_the_last(connection: socket.socket) -> None:
    """Answers each message with the one before it: right length, right bytes, wrong message."""
    before = None
    while data := connection.recv(65536):
        connection.sendall(before or data)
        before = data


def says_more(connection: socket.socket) -> None:
    """One byte more than was sent."""
    while data := connection.recv(65536):
        connection.sendall(data + b"!")


def hangs_up(connection: socket.socket) -> None:
    """Echoes five chunks and closes."""
    for _ in range(5):
        connection.sendall(connection.recv(65536))


def never_answers(connection: socket.socket) -> None:
    """Reads and says nothing."""
    while connection.recv(65536):
        pass


def resets(connection: socket.socket) -> None:
    """Reads one chunk and resets the connection (SO_LINGER 0)."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
