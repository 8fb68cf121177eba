"""A server that says exactly what a test tells it to, and remembers what it was sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket, int], None]
"""Given a connection and its number (from 0); the connection is closed when it returns."""


class Peer:
    """Serves connections one after the other, in a thread."""

    def __init__(self, script: Script, family: int = socket.AF_INET) -> None:
        self.heard: list[bytes] = []
        self._script = script
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            number, self.connections = self.connections, self.connections + 1
            with connection, contextlib.suppress(OSError):
                self._script(connection, number)

    def request(self, connection: socket.socket) -> bytes:
        """Read one head (and remember it); b"" where the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        self.heard.append(data)
        return data

    def close(self) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)


@contextlib.contextmanager
def serving(*answers: bytes, family: int = socket.AF_INET, keep_open: bool = False) -> Iterator[Peer]:
    """Each request on a connection gets the next answer; the connection ends with the last one."""

    def script(connection: socket.socket, number: int) -> None:
        for answer in answers:
            if not peer.request(connection):
                return
            connection.sendall(answer)
        while keep_open and connection.recv(65536):
            pass

    peer = Peer(script, family)
    try:
        yield peer
    finally:
        peer.close()
