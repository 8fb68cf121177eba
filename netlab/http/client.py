"""A client: connections that are kept and used again, redirections that are followed within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlab.clock import Clock, monotonic_ns
from netlab.errors import PeerError
from netlab.http.connection import Connection, connect
from netlab.http.exchange import ExchangeInterrupted, Response, Sink
from netlab.http.limits import HeadLimits, Timeouts
from netlab.http.redirect import follow
from netlab.http.request import Request
from netlab.http.tls import TlsPolicy
from netlab.http.transport import Resolve, system
from netlab.http.url import Url

SAFE_TO_REPEAT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))
"""Idempotent methods (RFC 9110 §9.2.2): where a kept connection turns out to be closed, they are sent again."""


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """How the client behaves."""

    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: HeadLimits = field(default_factory=HeadLimits)
    tls: TlsPolicy = field(default_factory=TlsPolicy)
    lenient: bool = False
    max_redirects: int = 10
    allow_downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One exchange: over which connection, and the how-manieth that was on it."""

    url: Url
    response: Response
    connection: Connection
    use: int
    sent_at: int
    repeated: bool = False


class Client:
    """Keeps connections by origin, most recently used first. Use as a context manager: leaving closes them all."""

    def __init__(
        self,
        policy: ClientPolicy | None = None,
        *,
        resolve: Resolve = system,
        most_idle: int = 8,
        clock: Clock = monotonic_ns,
    ) -> None:
        self.policy = policy or ClientPolicy()
        self.opened = 0
        self._resolve, self._most_idle, self._clock = resolve, most_idle, clock
        self._idle: dict[tuple[str, str, int], list[Connection]] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every kept connection."""
        for kept in self._idle.values():
            for connection in kept:
                connection.close()
        self._idle.clear()

    def get(
        self, url: Url, request: Request | None = None, *, keep_events: bool = False, sink: Sink | None = None
    ) -> list[Hop]:
        """Ask, and follow where that leads; every exchange on the way, the last of them the answer.

        A `problem` ends the chain. PeerError where no exchange was possible, or a redirection must not be followed:
        the exchanges until then are in its `hops`. So they are in those of Interrupted, with the one in part.
        """
        request = request or Request.to(url)
        hops: list[Hop] = []
        while True:
            try:
                hop = self.once(url, request, keep_events=keep_events, sink=sink)
                hops.append(hop)
                head = hop.response.head
                if hop.response.problem is not None or head is None or self.policy.max_redirects == 0:
                    return hops
                following = follow(request, url, head, allow_downgrade=self.policy.allow_downgrade)
                if following is None:
                    return hops
                if len(hops) > self.policy.max_redirects:
                    most = self.policy.max_redirects
                    raise PeerError(f"{hops[0].url}: more than {most} redirections, the last to {following[1]}")
            except PeerError as error:
                raise Lost(error, hops) from None
            except Interrupted as error:
                raise Interrupted([*hops, *error.hops]) from None
            request, url = following

    def once(self, url: Url, request: Request, *, keep_events: bool = False, sink: Sink | None = None) -> Hop:
        """One exchange, over a kept connection if there is one. PeerError."""
        kept = self._take(url)
        if kept is not None:
            hop = self._exchange(url, request, kept, keep_events, sink, False)
            if hop is not None:
                return hop
        connection = connect(
            url,
            timeouts=self.policy.timeouts,
            resolve=self._resolve,
            tls=self.policy.tls,
            limits=self.policy.limits,
            lenient=self.policy.lenient,
            clock=self._clock,
        )
        self.opened += 1
        hop = self._exchange(url, request, connection, keep_events, sink, kept is not None)
        assert hop is not None
        return hop

    def _exchange(
        self, url: Url, request: Request, connection: Connection, keep_events: bool, sink: Sink | None, repeated: bool
    ) -> Hop | None:
        """None: a kept connection had been closed by the server, and the request can be sent again on a new one."""
        before, received, use = connection.sent_bytes, connection.received_bytes, connection.uses + 1
        again = use > 1 and request.method in SAFE_TO_REPEAT
        try:
            response = connection.exchange(request, keep_events=keep_events, sink=sink)
        except PeerError:
            connection.close()
            if again:
                return None
            raise
        except ExchangeInterrupted as error:
            connection.close()
            raise Interrupted([Hop(url, error.response, connection, use, before, repeated)]) from None
        except BaseException:
            connection.close()
            raise
        if response.problem is not None and again and connection.received_bytes == received:
            connection.close()
            return None
        if connection.reusable and connection.unasked() is None:
            self._give(url, connection)
        else:
            connection.close()
        return Hop(url, response, connection, use, before, repeated)

    def _take(self, url: Url) -> Connection | None:
        kept = self._idle.get(url.origin, [])
        while kept:
            connection = kept.pop()
            if not connection.stale():
                return connection
            connection.close()
        return None

    def _give(self, url: Url, connection: Connection) -> None:
        kept = self._idle.setdefault(url.origin, [])
        kept.append(connection)
        if len(kept) > self._most_idle:
            kept.pop(0).close()


class Lost(PeerError):
    """No answer in the end; `hops` are the exchanges there were."""

    def __init__(self, error: PeerError, hops: list[Hop]) -> None:
        super().__init__(error.message, error.hint)
        self.hops = hops


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a response; `hops` are the exchanges there were, the last of them in part."""

    def __init__(self, hops: list[Hop]) -> None:
        super().__init__()
        self.hops = hops
