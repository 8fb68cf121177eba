"""The closed loop: each connection has one message in flight, and sends the next when the echo of the last is back.

This is how most clients behave and most benchmarks measure; it is kind to a slow server, since it sends less when the
server is slow ("coordinated omission"). open_loop.py is the other way.

The loop below is the load generator's hot path. It works on descriptors, not socket objects, and on lists indexed by
them; a message that comes back whole in one read, which is nearly every one, is one comparison. Anything else goes to
the slow path, which puts the pieces together.
"""

from __future__ import annotations

import os
from os import read, write
from select import EPOLLIN, EPOLLOUT, epoll

from netlab.clock import monotonic_ns as clock
from netlab.load.meter import Meter
from netlab.load.outcome import CORRUPT, MAX_SAMPLES, UNANSWERED, UNEXPECTED_END, LoadOutcome, kind_of
from netlab.load.payload import VARIETY
from netlab.load.window import Tally, Timetable

LARGEST = 65536
"""Largest message for this loop: it goes out in one write and mostly comes back in one read. Larger: pipelined.py."""


class ClosedLoop:
    """One message in flight on each of `fds`, which are connected and non-blocking."""

    def __init__(
        self,
        fds: list[int],
        rings: list[tuple[bytes, ...]],
        size: int,
        limit: int | None,
        window: Timetable,
        out: LoadOutcome,
    ) -> None:
        """`limit`: messages a connection sends at most; None is no limit. `rings`: what each of `fds` sends in turn."""
        top = max(fds, default=0) + 1
        self.ring: list[tuple[bytes, ...]] = [()] * top
        self.turn = [0] * top  # messages that the connection has had echoed
        self.expected = [b""] * top
        self.sent_at = [0] * top
        self.pieces: dict[int, bytes] = {}  # what has come of an echo that comes in several reads
        self.unsent: dict[int, memoryview] = {}
        for fd, ring in zip(fds, rings, strict=True):
            self.ring[fd] = ring
        self.fds = fds
        self.open = set(fds)
        self.size = size
        self.limit = limit if limit is not None else 1 << 62
        self.window = window
        self.out = out
        self.poller = epoll()

    def run(self) -> None:
        """Drive until the window ends, then until the last echo is back or the drain time is over."""
        window, out = self.window, self.out
        poll, row = self.poller.poll, window.row
        ring, turn, expected, sent_at = self.ring, self.turn, self.expected, self.sent_at
        record, want, limit, mask = out.latency_ns.append, self.size + 1, self.limit, VARIETY - 1
        size = self.size
        done = 0
        meter = Meter(window, out, self.turn, self.fds)

        self._start_all()
        while self.open:
            for fd, events in poll(0.05):
                data = None
                try:
                    if events != EPOLLIN and self._write_rest(fd, events):
                        continue
                    data = read(fd, want)
                    now = clock()
                    if data != expected[fd]:
                        data = self._piece(fd, data)
                        if data is None:
                            continue
                    record(now - sent_at[fd])
                    done += 1
                    turn[fd] = count = turn[fd] + 1
                    if count >= limit:
                        self._retire(fd)
                        continue
                    expected[fd] = message = ring[fd][count & mask]
                    sent_at[fd] = now
                    sent = write(fd, message)
                    if sent != size:
                        self._keep_rest(fd, memoryview(message)[sent:])
                except BlockingIOError:
                    if data is not None:  # it was the write
                        self._keep_rest(fd, memoryview(expected[fd]))
                except OSError as error:
                    self._fail(fd, kind_of(error))
            row[1] = done  # Tally.MESSAGES
            if clock() >= meter.next_ns and not meter.look(done):
                break
            limit = 0 if meter.over else limit  # 0: whatever comes back now was the connection's last
            record = out.drop if done - out.warmup_messages >= MAX_SAMPLES else record
        meter.finish(done)
        self._give_up_the_rest()

    def _start_all(self) -> None:
        for fd in self.fds:
            self.poller.register(fd, EPOLLIN)
            self._start(fd)

    def _give_up_the_rest(self) -> None:
        for fd in list(self.open):
            self._fail(fd, UNANSWERED)
        self.poller.close()

    def _start(self, fd: int) -> None:
        message = self.ring[fd][0]
        self.expected[fd] = message
        self.sent_at[fd] = clock()
        try:
            sent = write(fd, message)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(fd, kind_of(error))
            return
        if sent != self.size:
            self._keep_rest(fd, memoryview(message)[sent:])

    def _piece(self, fd: int, data: bytes) -> bytes | None:
        """An echo that did not come whole: the whole once it is together, None until then or if it never can be."""
        if not data:
            self._fail(fd, UNEXPECTED_END)
            return None
        together = self.pieces.pop(fd, b"") + data
        wanted = self.expected[fd]
        if together == wanted:
            return together
        if wanted.startswith(together):
            self.pieces[fd] = together
        else:
            self._fail(fd, CORRUPT)
        return None

    def _keep_rest(self, fd: int, rest: memoryview) -> None:
        """The kernel took only part of the message: go on when the socket is writable."""
        self.unsent[fd] = rest
        self.poller.modify(fd, EPOLLIN | EPOLLOUT)

    def _write_rest(self, fd: int, events: int) -> bool:
        """Handle events other than plain "readable"; True if there is nothing to read."""
        rest = self.unsent.get(fd)
        if rest is not None and events & EPOLLOUT:
            sent = write(fd, rest)
            if sent == len(rest):
                del self.unsent[fd]
                self.poller.modify(fd, EPOLLIN)
            else:
                self.unsent[fd] = rest[sent:]
        return not events & ~EPOLLOUT

    def _retire(self, fd: int) -> None:
        """The connection has done its part."""
        self.open.discard(fd)
        os.close(fd)

    def _fail(self, fd: int, kind: str) -> None:
        if fd in self.open:
            self.out.error(kind)
            self.window.row[Tally.ERRORS] += 1
            self._retire(fd)
