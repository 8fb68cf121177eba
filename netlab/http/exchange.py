"""What an exchange leaves behind: the response, the times of its phases, as much of its bytes as is to be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from netlab.errors import PeerError
from netlab.http.events import Data, End, Event, Head, Incomplete, Note, Refused, Trailers, Upgraded
from netlab.http.request import Request

Phase = tuple[int, int] | None
"""Begin and end, CLOCK_MONOTONIC nanoseconds; None: it did not happen."""
Sink = Callable[[bytes | memoryview], object]

_SCRATCH = 256 << 10
_MOST_EVENTS = 20_000


@dataclass(slots=True)
class Phases:
    """When each phase of an exchange was. On a connection that was used before, the first three did not happen."""

    resolve: Phase = None
    connect: Phase = None
    tls: Phase = None
    send: Phase = None
    wait: Phase = None
    receive: Phase = None


@dataclass(slots=True)
class Response:
    """What came in answer to `request`. `problem` None: all of it did. `body` is as sent, without chunk framing.

    `body_bytes` counts the body; `body` may hold less (Limits.kept_body_bytes). `events` and `raw` are kept on request
    only; `raw` begins at byte `raw_at` of the connection.
    """

    request: Request
    head: Head | None = None
    interim: list[Head] = field(default_factory=list)
    body: bytes | bytearray = b""
    body_bytes: int = 0
    trailers: Trailers | None = None
    notes: list[Note] = field(default_factory=list)
    problem: Refused | Incomplete | None = None
    upgraded: bool = False
    events: list[Event] = field(default_factory=list)
    events_left_out: int = 0
    raw: bytearray = field(default_factory=bytearray)
    raw_at: int = 0
    phases: Phases = field(default_factory=Phases)

    def checked(self) -> Head:
        """The head of a response that is complete. PeerError where it is not."""
        if self.problem is not None:
            raise PeerError(str(self.problem))
        assert self.head is not None
        return self.head


class ExchangeInterrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of `response`: what had come of it."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Keeper:
    """Puts the events of a response where they belong, within bounds."""

    def __init__(self, response: Response, most: int, keeps_events: bool, sink: Sink | None) -> None:
        self._response, self._most, self._sink = response, most, sink
        self.keeps_events = keeps_events
        self._kept = 0
        self._parts: list[bytes | memoryview] = []
        self._whole: bytearray | None = None
        self._scratch: memoryview | None = None

    def take(self, event: Event) -> bool:
        """Keep it; True where the response is complete, or will never be."""
        response, kind = self._response, type(event)
        if self.keeps_events:
            if len(response.events) < _MOST_EVENTS or kind in (End, Refused, Incomplete):
                response.events.append(event)
            else:
                response.events_left_out += 1
        if isinstance(event, Data):
            self._body(event)
        elif isinstance(event, Head):
            if event.interim:
                response.interim.append(event)
            else:
                response.head = event
        elif kind is End:
            return True
        elif isinstance(event, Note):
            response.notes.append(event)
        elif isinstance(event, Trailers):
            response.trailers = event
        elif isinstance(event, (Refused, Incomplete)):
            response.problem = event
            return True
        elif isinstance(event, Upgraded):
            response.upgraded = True
            return True
        return False

    def _body(self, event: Data) -> None:
        size = event.end - event.start
        self._response.body_bytes += size
        if self._sink is not None:
            self._sink(event.data)
        elif self._whole is not None:
            self._kept += size  # it was received into its place
        elif self._kept + size <= self._most:
            self._kept += size
            self._parts.append(event.data if self._scratch is None else bytes(event.data))
        elif self._kept < self._most:
            self._parts.append(bytes(event.data[: self._most - self._kept]))
            self._kept = self._most
        if self.keeps_events and (self._sink is not None or self._response.body_bytes > self._most):
            event.data = b""

    def room(self, left: int) -> memoryview | None:
        """Where to receive a body of known length, of which `left` bytes are to come; None: nowhere in particular."""
        if self.keeps_events or not left or (left < 1024 and self._whole is None):
            return None  # but what is begun in its place is finished there, however little is left
        if self._sink is not None or self._kept + left > self._most:
            # What is in it goes to the sink, is copied, or is dropped, so the next bytes may overwrite it.
            if self._scratch is None:
                self._scratch = memoryview(bytearray(_SCRATCH))
            return self._scratch[:left]
        if self._whole is None:
            self._whole = bytearray(self._kept + left)
            at = 0
            for part in self._parts:
                self._whole[at : at + len(part)] = part
                at += len(part)
            self._parts.clear()
        return memoryview(self._whole)[self._kept : self._kept + min(left, 4 << 20)]

    def raw(self, data: bytes | memoryview) -> None:
        """The bytes themselves."""
        room = self._most + (1 << 20) - len(self._response.raw)
        if room > 0:
            self._response.raw += data[:room]

    def finish(self) -> None:
        """Make one body of the pieces."""
        if self._whole is not None:
            self._response.body = self._whole if len(self._whole) == self._kept else self._whole[: self._kept]
        elif self._parts:
            self._response.body = bytes(self._parts[0]) if len(self._parts) == 1 else b"".join(self._parts)
