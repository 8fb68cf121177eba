"""A client by TCP: messages behind a length of two octets, several of them at once if it likes (RFC 7766 §6.2.1).

Bounds: idle time, and bytes of replies that the client has not taken. Who sends queries and does not read the answers
is not listened to until it does: no more than that and one message's answer can wait.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from netlab.dns.loop import BROKEN, READ, WRITE, Loop

Where = tuple[str, int]
SendReply = Callable[[bytes], None]

IDLE_S = 10.0  # RFC 7766 §6.2.3: a few seconds
MOST_WAITING_BYTES = 1 << 18
_READ_BYTES = 65536


class Service(Protocol):
    """What answers queries."""

    def at_once(self, data: bytes, tcp: bool) -> bytes | None:
        """The answer, if it lies ready: most queries repeat others, and need not be taken apart."""

    def handle(self, data: bytes, source: Where, tcp: bool, reply: SendReply) -> bool:
        """Call `reply` with each message of the answer, now or later; or never. True if it is to come later."""


class DnsConnection:
    """One of them. `heard` is told whenever something came, `gone` when it is closed."""

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        source: Where,
        service: Service,
        counts: Counter[str],
        heard: Callable[[DnsConnection], None],
        gone: Callable[[DnsConnection], None],
    ) -> None:
        sock.setblocking(False)
        self._loop, self._sock, self._source, self._service = loop, sock, source, service
        self._counts, self._heard, self._gone = counts, heard, gone
        self._in, self._out = bytearray(), bytearray()
        self._ended = self._closed = self._asking = False
        self._owed = 0  # answers that are still being found; who has said its last word waits for them
        self._watched = READ
        self._moved_s = loop.now_s()  # when a byte last went either way
        self._idle = loop.after(IDLE_S, self._idled)
        loop.watch(sock.fileno(), self._ready)

    def close(self) -> None:
        """Close it; replies that come later go nowhere."""
        if not self._closed:
            self._closed = True
            self._idle.cancel()
            self._loop.forget(self._sock.fileno())
            self._sock.close()
            self._gone(self)

    def _idled(self) -> None:
        left_s = self._moved_s + IDLE_S - self._loop.now_s()
        if left_s > 0:
            self._idle = self._loop.after(left_s, self._idled)
            return
        self._counts["slow readers" if self._out else "connections idle"] += 1
        self.close()

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
            self._answer()  # what came while too much was waiting
        if events & BROKEN and self._ended:
            self.close()
        elif events & (READ | BROKEN) and not self._closed:
            self._read()
        self._watch()

    def _read(self) -> None:
        try:
            data = self._sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._counts["connections reset"] += 1
            self.close()
            return
        self._moved_s = self._loop.now_s()
        self._heard(self)
        self._in += data
        self._ended = not data
        self._answer()

    def _answer(self) -> None:
        """Take the whole messages that are here, as long as their answers have room."""
        while not self._closed and len(self._in) >= 2 and len(self._out) <= MOST_WAITING_BYTES:
            length = int.from_bytes(self._in[:2], "big")
            if len(self._in) < 2 + length:
                break
            query = bytes(self._in[2 : 2 + length])
            del self._in[: 2 + length]
            self._counts["messages by TCP"] += 1
            self._ask(query)
        if self._ended and not (self._closed or self._out or self._owed):
            self._counts["messages cut short"] += bool(self._in)
            self.close()

    def _ask(self, query: bytes) -> None:
        self._asking = True
        ready = self._service.at_once(query, True)
        if ready is not None:
            self._reply(ready)
        else:
            self._owed += self._service.handle(query, self._source, True, self._reply)
        self._asking = False

    def _reply(self, data: bytes) -> None:
        if self._closed:
            return
        self._out += len(data).to_bytes(2, "big") + data
        self._flush()
        if not self._asking:  # it took a while
            self._owed -= 1
            self._answer()
            self._watch()

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._sock.send(self._out)
                self._moved_s = self._loop.now_s()
                del self._out[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._counts["connections reset"] += 1
            self.close()

    def _watch(self) -> None:
        """Listen while there is room for answers; wait to write while there are any."""
        if self._closed:
            return
        listen = not self._ended and len(self._out) <= MOST_WAITING_BYTES
        wanted = (READ if listen else 0) | (WRITE if self._out else 0)
        if wanted != self._watched:
            self._watched = wanted
            self._loop.change(self._sock.fileno(), wanted)
