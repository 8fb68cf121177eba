"""The ways to make N requests: over one connection, over a new one each, or sent ahead; and what a round of each cost.

RFC 9112 §9: persistence (§9.3), pipelining (§9.3.2), and who closes (§9.6).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from netlab.clock import monotonic_ns
from netlab.errors import PeerError
from netlab.http.connection import Connection, connect
from netlab.http.events import Head
from netlab.http.exchange import Response
from netlab.http.limits import Timeouts
from netlab.http.request import Request
from netlab.http.tls import TlsPolicy
from netlab.http.transport import Timeout
from netlab.http.url import Url
from netlab.linux.tcp_info_layout import segments
from netlab.linux.tcp_sockets import Pair, time_waits

_CLOSE_WAIT_S, _CLOSE_AGAIN_S = 2.0, 0.05  # for a server that has said "close" to do it


@dataclass(slots=True)
class Round:
    """What one round of one way cost. Bytes are of HTTP; `handshake_bytes` are TLS's on top of them."""

    latencies_ns: array[int] = field(default_factory=lambda: array("Q"))
    elapsed_ns: int = 0
    connections: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    body_bytes: int = 0
    handshake_bytes: int = 0
    segments: int | None = 0
    kept_open: int = 0
    """Connections that the server did not close although it was asked to."""
    closing: int = 0
    """Responses whose head says that the connection will be closed (RFC 9112 §9.3)."""
    repeated: int = 0
    """Requests sent again because the server had closed the connection before it answered."""
    statuses: set[int] = field(default_factory=set)
    pairs: list[Pair] = field(default_factory=list)
    time_wait_here: int = 0
    time_wait_there: int = 0
    under_way: Connection | None = None


@dataclass(slots=True)
class Target:
    url: Url
    tls: TlsPolicy
    timeouts: Timeouts
    depth: int

    def open(self, found: Round) -> Connection:
        """A new connection, counted. Raises PeerError."""
        connection = connect(self.url, timeouts=self.timeouts, tls=self.tls)
        found.under_way = connection
        found.connections += 1
        found.pairs.append((connection.local, connection.peer))
        return connection

    def request(self, close: bool = False) -> Request:
        """The request; with `close` it says that it is the last of its connection."""
        return Request.to(self.url, fields=((b"Connection", b"close"),) if close else ())


def one_connection(target: Target, requests: int, found: Round) -> None:
    """Each request after the response to the one before, over one connection as long as the server keeps it."""
    request = target.request()
    connection: Connection | None = None
    for _ in range(requests):
        begun = monotonic_ns()
        response = None
        if connection is not None and connection.reusable:
            response = _again(connection, request)
            found.repeated += response is None
        if response is None:
            if connection is not None:
                _closed(connection, found)
            connection = target.open(found)
            response = connection.exchange(request)
        _answered(response, begun, found)
    if connection is not None:
        _closed(connection, found)


def server_closes(target: Target, requests: int, found: Round) -> None:
    """A new connection each; the request says `Connection: close`, and the server is given the time to do it."""
    request = target.request(close=True)
    for _ in range(requests):
        begun = monotonic_ns()
        connection = target.open(found)
        head = _answered(connection.exchange(request), begun, found)
        # Once it has not kept its word, it is not given the time again for each of hundreds of requests.
        patience_s = _CLOSE_WAIT_S if not found.kept_open else _CLOSE_AGAIN_S
        found.kept_open += head.keep_alive or not _end_has_come(connection, patience_s)
        _closed(connection, found)


def client_closes(target: Target, requests: int, found: Round) -> None:
    """A new connection each, which the client closes when it has its response."""
    request = target.request()
    for _ in range(requests):
        begun = monotonic_ns()
        connection = target.open(found)
        _answered(connection.exchange(request), begun, found)
        _closed(connection, found)


def pipelined(target: Target, requests: int, found: Round) -> None:
    """Over one connection, several requests sent before the first response is read (RFC 9112 §9.3.2)."""
    request = target.request()
    connection: Connection | None = None
    left = requests
    while left:
        if connection is None or not connection.reusable:
            if connection is not None:
                _closed(connection, found)
            connection = target.open(found)
        ahead, begun = min(target.depth, left), monotonic_ns()
        try:
            for _ in range(ahead):
                connection.send(request)
        except PeerError:
            pass  # the server has closed; what it answered before that counts
        answered = _receive_ahead(connection, ahead, begun, found)
        if not answered and connection.uses <= ahead:
            raise PeerError(f"{target.url}: no response to requests sent ahead (pipelined)")
        found.repeated += ahead - answered
        left -= answered
    if connection is not None:
        _closed(connection, found)


WAYS: dict[str, Callable[[Target, int, Round], None]] = {
    "one connection": one_connection,
    "new, server closes": server_closes,
    "new, client closes": client_closes,
    "pipelined": pipelined,
}


def run_round(way: str, target: Target, requests: int) -> Round:
    """One round of one way, and then a look at what it has left in the kernel. Raises PeerError."""
    found = Round()
    begun = monotonic_ns()
    try:
        WAYS[way](target, requests, found)
    finally:
        if found.under_way is not None:  # an error, or Ctrl-C
            found.under_way.close()
    found.elapsed_ns = monotonic_ns() - begun
    found.time_wait_here, found.time_wait_there = time_waits(found.pairs)
    return found


def _again(connection: Connection, request: Request) -> Response | None:
    """The response over a connection that was used before; None where the server had closed it meanwhile."""
    before = connection.received_bytes
    try:
        response = connection.exchange(request)
    except PeerError:
        return None
    return response if response.problem is None or connection.received_bytes > before else None


def _receive_ahead(connection: Connection, ahead: int, begun: int, found: Round) -> int:
    """Responses to requests that were sent ahead: how many came. Raises PeerError where one is malformed."""
    for number in range(ahead):
        if number and not connection.reusable:
            return number
        before = connection.received_bytes
        try:
            response = connection.receive()
        except (PeerError, IndexError):  # IndexError: the request could not be sent, so nothing is outstanding
            return number
        if response.problem is not None and connection.received_bytes == before:
            return number
        _answered(response, begun, found)
    return ahead


def _answered(response: Response, begun: int, found: Round) -> Head:
    head = response.checked()
    found.latencies_ns.append(monotonic_ns() - begun)
    found.body_bytes += response.body_bytes
    found.statuses.add(head.status)
    found.closing += not head.keep_alive
    return head


def _end_has_come(connection: Connection, patience_s: float) -> bool:
    """True where the server closes within so many seconds."""
    try:
        return connection.wire.receive(patience_s) == b""
    except PeerError:
        return True
    except Timeout:
        return False


def _closed(connection: Connection, found: Round) -> None:
    """Take what the connection knows, and close it."""
    found.sent_bytes += connection.sent_bytes
    found.received_bytes += connection.received_bytes
    if connection.tls is not None:
        found.handshake_bytes += connection.tls.handshake_sent + connection.tls.handshake_received
    count = segments(connection.wire.sock)
    found.segments = None if count is None or found.segments is None else found.segments + count
    connection.close()
    found.under_way = None
