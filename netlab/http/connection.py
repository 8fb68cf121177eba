"""One connection: requests out, responses in, each phase timed. Sans-IO below (response.py), sockets beside
(transport.py, tls.py)."""

from __future__ import annotations

from collections import deque

from netlab.clock import Clock, monotonic_ns
from netlab.errors import PeerError
from netlab.http.events import End, Event, Incomplete, Refused
from netlab.http.exchange import ExchangeInterrupted, Keeper, Phases, Response, Sink
from netlab.http.limits import HeadLimits, Timeouts
from netlab.http.request import Request
from netlab.http.response import ResponseParser
from netlab.http.tls import TlsPolicy, TlsSession, TlsWire, context
from netlab.http.transport import HttpTransport, Resolve, Timeout, dial, literal, system
from netlab.http.url import Url


class Connection:
    """A connection to one origin. Use as a context manager, or close it."""

    def __init__(
        self,
        wire: HttpTransport | TlsWire,
        *,
        limits: HeadLimits | None = None,
        timeouts: Timeouts | None = None,
        lenient: bool = False,
        clock: Clock = monotonic_ns,
    ) -> None:
        self.wire = wire
        self.limits, self.timeouts = limits or HeadLimits(), timeouts or Timeouts()
        self.parser = ResponseParser(self.limits, lenient=lenient)
        self.uses = 0
        self.sent_bytes = 0
        self.opening = Phases()
        self.tried: list[str] = []
        self._clock = clock
        self._events: deque[Event] = deque()
        self._requests: deque[tuple[Request, int, int]] = deque()
        self._cut = False
        self._over = False
        self._unseen = bytearray()

    @property
    def received_bytes(self) -> int:
        """Bytes of HTTP that came."""
        return self.parser.received

    @property
    def local(self) -> tuple[str, int]:
        """Our address and port."""
        return self.wire.local

    @property
    def peer(self) -> tuple[str, int]:
        """The server's address and port."""
        return self.wire.peer

    @property
    def tls(self) -> TlsSession | None:
        """What TLS agreed on, if there is TLS."""
        return self.wire.tls

    @property
    def reusable(self) -> bool:
        """True where another request may be sent."""
        return not self._over and not self._cut and self.parser.reusable

    def exchange(self, request: Request, *, keep_events: bool = False, sink: Sink | None = None) -> Response:
        """Send a request and receive its response. PeerError where it cannot be sent."""
        self.send(request)
        return self.receive(keep_events=keep_events, sink=sink)

    def send(self, request: Request) -> None:
        """Send a request; several may be under way (pipelining, RFC 9112 §9.3.2). PeerError."""
        begun = self._clock()
        self.parser.expect(request.method)
        data = request.to_bytes()
        try:
            sent = self.wire.send(data, self.timeouts.idle_s)
        except Timeout:
            self.close()
            raise PeerError(f"the server did not read the request within {self.timeouts.idle_s:g} s") from None
        self._cut = self._cut or sent < len(data)
        self.sent_bytes += sent
        self.uses += 1
        self._requests.append((request, begun, self._clock()))

    def receive(self, *, keep_events: bool = False, sink: Sink | None = None) -> Response:
        """The response to the oldest request that has none. What is wrong with it is in its `problem`.

        `sink` is given the body's bytes instead of `body`. With `keep_events` everything the parser said, and the raw
        bytes, are kept. Raises ExchangeInterrupted on Ctrl-C, once something has come.
        """
        request, begun, sent = self._requests.popleft()
        response = Response(request)
        phases = response.phases
        if self.uses == 1:
            phases.resolve, phases.connect, phases.tls = self.opening.resolve, self.opening.connect, self.opening.tls
        phases.send = begun, sent
        first = last = sent if self._events else 0
        limit = sent + int(self.timeouts.total_s * 1e9)
        keeper = Keeper(response, self.limits.kept_body_bytes, keep_events, sink)
        if keep_events:
            response.raw_at = self.received_bytes - len(self._unseen)
            response.raw += self._unseen
        events = self._events
        interrupted = False
        try:
            while not self._take(events, keeper):
                came = self._more(keeper, limit)
                last = self._clock()
                if not first and came:
                    first = last
        except KeyboardInterrupt:
            if not first:
                raise
            interrupted, at = True, self.received_bytes
            events.append(Incomplete(at, at, self.parser.where, "netlab was interrupted here", "Ctrl-C, or a signal"))
            self._take(events, keeper)
        if first:
            phases.wait = sent, first
            phases.receive = first, last
        keeper.finish()
        if keep_events:
            self._keep_what_is_not_ours(response)
        if response.problem is not None or response.upgraded or not self.reusable:
            self._over = True
        if interrupted:
            raise ExchangeInterrupted(response)
        return response

    def _take(self, events: deque[Event], keeper: Keeper) -> bool:
        """Hand the events over up to the end of the response. False: it is not complete."""
        while events:
            if keeper.take(events.popleft()):
                return True
        return False

    def _more(self, keeper: Keeper, limit: int) -> int:
        """Receive once; the number of bytes."""
        wait_s = self.timeouts.idle_s
        left_s = (limit - self._clock()) / 1e9
        if left_s < wait_s:
            wait_s = max(left_s, 0.001)
        try:
            if left_s <= 0:
                raise Timeout
            view = keeper.room(self.parser.body_left)
            if view is not None:
                size = self.wire.receive_into(view, wait_s)
                data: bytes | memoryview = view[:size]
            else:
                data = self.wire.receive(wait_s)
                size = len(data)
        except Timeout:
            if wait_s < self.timeouts.idle_s:
                self._give_up(f"it was not complete after {self.timeouts.total_s:g} s", "--max-time")
            else:
                self._give_up(f"nothing came for {wait_s:g} s", "--timeout")
            return 0
        except PeerError as error:
            self._give_up(error.message, "RFC 9112 §9.5")
            return 0
        if not size:
            self._events.extend(self.parser.feed_eof(clean=self.wire.clean_eof))
            self._over = True
            if not self._events:  # nothing was under way for the parser: it had refused before
                self._give_up("the connection has ended", "RFC 9112 §8")
            return 0
        if keeper.keeps_events:
            keeper.raw(data)
        self._events.extend(self.parser.feed(data))
        return size

    def _give_up(self, what: str, source: str) -> None:
        """The peer does not go on. Perhaps because what it sent is wrong already: then that is what is said."""
        refused = self.parser.diagnose()
        self._over = True
        at = self.received_bytes
        self._events.append(refused or Incomplete(at, at, self.parser.where, what, source))

    def _keep_what_is_not_ours(self, response: Response) -> None:
        """Bytes after this response belong to the next one's `raw`."""
        ends = [event.end for event in response.events if isinstance(event, End)]
        over = self.received_bytes - ends[-1] if ends else 0
        self._unseen = response.raw[len(response.raw) - over :] if 0 < over <= len(response.raw) else bytearray()
        if self._unseen:
            del response.raw[-over:]

    @property
    def surplus(self) -> bytes:
        """What has come after the last response, so far."""
        return bytes(self._unseen)

    def unasked(self) -> Refused | None:
        """What was found after the last response, if anything was."""
        return next((event for event in self._events if isinstance(event, Refused)), None)

    def stale(self) -> bool:
        """True where the peer has closed it, or sent what nobody asked for: it must not be used again."""
        return not self.reusable or bool(self._events) or self.wire.stale()

    def close(self) -> None:
        """Close it."""
        self._over = True
        self.wire.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    url: Url,
    *,
    timeouts: Timeouts | None = None,
    resolve: Resolve = system,
    tls: TlsPolicy | None = None,
    limits: HeadLimits | None = None,
    lenient: bool = False,
    clock: Clock = monotonic_ns,
) -> Connection:
    """A new connection to the server of `url`. PeerError where there is none to be had."""
    timeouts = timeouts or Timeouts()
    opening = Phases()
    settings = context(tls or TlsPolicy()) if url.scheme == "https" else None  # to make one is no part of any phase
    begun = clock()
    address = literal(url.host)
    if address is None:
        addresses = list(resolve(url.host, url.port))
        opening.resolve = begun, clock()
    else:
        addresses = [address]
    begun = clock()
    sock, tried = dial(url, addresses, timeouts.connect_s)
    opening.connect = begun, clock()
    plain = HttpTransport(sock, clock)
    wire: HttpTransport | TlsWire = plain
    if settings is not None:
        begun = clock()
        try:
            wire = TlsWire(plain, url, settings, timeouts.tls_s)
        except BaseException:
            sock.close()
            raise
        opening.tls = begun, clock()
    connection = Connection(wire, limits=limits, timeouts=timeouts, lenient=lenient, clock=clock)
    connection.opening, connection.tried = opening, tried
    return connection
