"""Clients that are not netlab's: raw bytes, h11, http.client, curl."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Sequence
from itertools import pairwise

import h11
from skips import needs_program

from netlab.http_origin import Origin

PATIENCE_S = 20.0


def connected(origin: Origin) -> socket.socket:
    """A connection to the origin's plain port."""
    return socket.create_connection((origin.host, origin.port), timeout=PATIENCE_S)


def until_end(sock: socket.socket) -> bytes:
    """All that comes until the end of the stream."""
    received = bytearray()
    while data := sock.recv(65536):
        received += data
    return bytes(received)


def raw(origin: Origin, data: bytes, pieces: Sequence[int] = ()) -> bytes:
    """Send bytes (cut at `pieces`), say that it is all, and return what comes until the end."""
    with connected(origin) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cuts = [0, *pieces, len(data)]
        for start, end in pairwise(cuts):
            sock.sendall(data[start:end])
        sock.shutdown(socket.SHUT_WR)
        return until_end(sock)


def get(
    origin: Origin, target: str, method: str = "GET", fields: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request by http.client, and the body."""
    connection = http.client.HTTPConnection(origin.host, origin.port, timeout=PATIENCE_S)
    try:
        connection.request(method, target, body, fields or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def by_h11(origin: Origin, target: str, method: str = "GET", fields: Sequence[tuple[str, str]] = ()) -> list[h11.Event]:
    """The events that h11's client side makes of the answer, up to its end."""
    client = h11.Connection(h11.CLIENT)
    with connected(origin) as sock:
        request = h11.Request(method=method, target=target, headers=[("Host", "x"), *fields])
        sock.sendall((client.send(request) or b"") + (client.send(h11.EndOfMessage()) or b""))
        events: list[h11.Event] = []
        while not (events and isinstance(events[-1], h11.EndOfMessage | h11.ConnectionClosed)):
            event = client.next_event()
            if event is h11.NEED_DATA:
                client.receive_data(sock.recv(65536))
            else:
                assert isinstance(event, h11.Event)
                events.append(event)
        return events


def body_of(events: Sequence[h11.Event]) -> bytes:
    """The data of the events."""
    return b"".join(bytes(event.data) for event in events if isinstance(event, h11.Data))


def curl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run curl."""
    needs_program("curl")
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*", *arguments],
        capture_output=True,
        timeout=60,
        check=False,
    )
