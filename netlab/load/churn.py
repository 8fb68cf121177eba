"""Connection churn: connect, a few messages one after the other, close, and again; so many at once.

What a connection costs a server shows here: a fork, a thread, or an entry in a table. The client closes first, so the
TIME-WAIT state is the client's; its ports are spread over many source addresses (dialling.py).
"""

from __future__ import annotations

import os
from os import read, write
from select import EPOLLIN, EPOLLOUT, epoll

from netlab.clock import monotonic_ns as clock
from netlab.load.dialling import Dialler
from netlab.load.meter import Meter
from netlab.load.outcome import CORRUPT, UNANSWERED, UNEXPECTED_END, LoadOutcome, kind_of
from netlab.load.payload import VARIETY
from netlab.load.window import Tally, Timetable

FAILURES_IN_A_ROW = 1000
"""A slot that fails so often without a single echo in between gives up: nobody is there."""


class Slot:
    """One of the clients that come and go: its present connection and how far it is."""

    __slots__ = ("answered", "connecting", "failures", "fd", "got", "number", "ring", "sent_at", "started_at", "unsent")

    def __init__(self, number: int, ring: tuple[bytes, ...]) -> None:
        self.number = number
        self.ring = ring
        self.fd = -1
        self.connecting = False
        self.started_at = self.sent_at = 0
        self.answered = 0  # messages of this connection that have come back
        self.got = b""
        self.unsent = memoryview(b"")
        self.failures = 0


class Churn:
    """`slots` clients, each opening a new connection every `per_connection` messages."""

    def __init__(
        self,
        dialler: Dialler,
        rings: list[tuple[bytes, ...]],
        size: int,
        per_connection: int,
        limit: int | None,
        window: Timetable,
        out: LoadOutcome,
    ) -> None:
        """`limit`: messages a slot sends in all; None is no limit."""
        self.dialler = dialler
        self.slots = [Slot(number, ring) for number, ring in enumerate(rings)]
        self.size = size
        self.per_connection = per_connection
        self.limit = limit if limit is not None else 1 << 62
        self.window = window
        self.out = out
        self.turns = [0] * len(self.slots)
        self.poller = epoll()
        self.busy: dict[int, Slot] = {}
        self.meter = Meter(window, out, self.turns, range(len(self.slots)))
        self.done = 0

    def run(self) -> None:
        """Drive until the window ends, then until the last echo is back or the drain time is over."""
        for slot in self.slots:
            self._open(slot)
        row, busy = self.window.row, self.busy
        while busy:
            for fd, events in self.poller.poll(0.05):
                if fd not in busy:
                    continue  # closed earlier in this very turn
                slot = busy[fd]
                try:
                    if slot.connecting or (slot.unsent and events & EPOLLOUT):
                        self._go_on(slot)
                    if events & ~EPOLLOUT:
                        self._receive(slot)
                except BlockingIOError:
                    pass
                except OSError as error:
                    self._fail(slot, kind_of(error))
            row[Tally.MESSAGES] = self.done
            row[Tally.CONNECTIONS] = self.out.connections
            if clock() >= self.meter.next_ns and not self.meter.look(self.done):
                break
        self.meter.finish(self.done)
        for slot in list(busy.values()):
            self.out.error(UNANSWERED)
            self._close(slot)
        self.poller.close()

    def _open(self, slot: Slot) -> None:
        """Connect, and write at once: on loopback the handshake is over by then, and no event need be waited for."""
        slot.answered, slot.got, slot.connecting = 0, b"", True
        slot.started_at = slot.sent_at = clock()
        try:
            slot.fd = self.dialler.begin_connect()
        except OSError as error:
            self._count_failure(slot, kind_of(error))
            return
        self.busy[slot.fd] = slot
        slot.unsent = memoryview(slot.ring[self.turns[slot.number] & (VARIETY - 1)])
        interest = EPOLLIN
        try:
            self._go_on(slot)
        except BlockingIOError:
            interest = EPOLLIN | EPOLLOUT
        except OSError as error:
            self._fail(slot, kind_of(error))
            return
        if slot.unsent:
            interest = EPOLLIN | EPOLLOUT
        self.poller.register(slot.fd, interest)

    def _go_on(self, slot: Slot) -> None:
        """Write what is left of the message. The first write that succeeds says that the connection is there."""
        sent = write(slot.fd, slot.unsent)
        if slot.connecting:
            slot.connecting = False
            self.out.connections += 1
            self.out.connect_ns.append(clock() - slot.started_at)
        slot.unsent = slot.unsent[sent:]

    def _receive(self, slot: Slot) -> None:
        data = read(slot.fd, self.size + 1)
        now = clock()
        if not data:
            self._fail(slot, UNEXPECTED_END)
            return
        if slot.got:
            data = slot.got + data
        number = slot.number
        wanted = slot.ring[self.turns[number] & (VARIETY - 1)]
        if data != wanted:
            if wanted.startswith(data):
                slot.got = data
            else:
                self._fail(slot, CORRUPT)
            return
        self.out.latency_ns.append(now - slot.sent_at)
        self.done += 1
        self.turns[number] += 1
        slot.answered += 1
        slot.failures = 0
        slot.got = b""
        if self.meter.over or self.turns[number] >= self.limit:
            self._close(slot)
        elif slot.answered == self.per_connection:
            self._close(slot)
            self._open(slot)
        else:
            slot.sent_at = now
            slot.unsent = memoryview(slot.ring[self.turns[number] & (VARIETY - 1)])
            try:
                self._go_on(slot)
            finally:
                if slot.unsent:
                    self.poller.modify(slot.fd, EPOLLIN | EPOLLOUT)

    def _close(self, slot: Slot) -> None:
        del self.busy[slot.fd]
        os.close(slot.fd)

    def _fail(self, slot: Slot, kind: str) -> None:
        self._close(slot)
        self._count_failure(slot, kind)

    def _count_failure(self, slot: Slot, kind: str) -> None:
        """Count it and try again with a new connection, as a client would; but not for ever."""
        self.out.error(kind)
        self.window.row[Tally.ERRORS] += 1
        slot.failures += 1
        if slot.failures < FAILURES_IN_A_ROW and not self.meter.over:
            self._open(slot)
