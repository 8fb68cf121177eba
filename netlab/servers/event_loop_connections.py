"""The connections of one event loop: who is open, who has gone quiet, and when the loop is done.

Everything that ends a connection from our side (idle for too long, drain time over) is a shutdown(2), not a close(2):
the descriptor becomes ready, the loop comes to it as to any other, and finds the end of the stream.
So a mode has one place where a conversation ends.
"""

from __future__ import annotations

import os
import socket

from netlab.clock import monotonic_ns
from netlab.linux.tcp_info_layout import since_data_received_ms
from netlab.servers.acceptor import Acceptor
from netlab.servers.counters import Count
from netlab.servers.echo import ALARM, ARRIVAL, EchoBuffers
from netlab.servers.server import Server
from netlab.servers.stopping import shut


class EventLoopConnections(EchoBuffers):
    """All open connections of one loop, non-blocking."""

    __slots__ = (
        "_alarmed",
        "_closed",
        "_closed_in_time",
        "_draining",
        "_idle_ns",
        "_next_sweep_ns",
        "_row",
        "_stop",
        "_stuck",
        "_swept",
        "door",
        "open",
        "patience_s",
    )

    def __init__(self, server: Server) -> None:
        server.listener.setblocking(False)
        self.door = Acceptor(server.listener, server.limits, server.row, blocking_connections=False)
        super().__init__({self.door.fd: ARRIVAL, server.stop.alarm_fd: ALARM})
        self.open: set[int] = set()
        idle_s = server.limits.idle_timeout_s
        self._idle_ns = int(idle_s * 1e9) if idle_s else 0
        # How long a wait may last: for ever, unless somebody must look at the time. Seconds; None is for ever.
        self.patience_s = min(idle_s / 4, 1.0) if idle_s else None
        self._next_sweep_ns = 0
        self._stuck: dict[int, tuple[int, int]] = {}  # unsent bytes of a slow reader, and since when they are as many
        self._row = server.row
        self._stop = server.stop
        self._closed = 0
        self._alarmed = False
        self._draining = False
        self._closed_in_time: int | None = None  # those closed before the drain time was over, once it is
        self._swept: set[int] = set()

    def admit(self) -> int | None:
        """Accept one connection, if there is one: its descriptor, to be waited for."""
        fd = self.door.admit(self.open)
        if fd is not None:
            self.open.add(fd)
        return fd

    def refuse(self, fd: int, why: Count) -> None:
        """Shed a connection that has just been admitted and cannot be waited for."""
        self.open.discard(fd)
        self.door.refuse_admitted(fd, why)

    def must_look_up(self) -> bool:
        """Whether a loop that spins should stop to see: a stop was asked for, or an idle sweep is due."""
        return self._stop.requested or (self._idle_ns > 0 and monotonic_ns() >= self._next_sweep_ns)

    def close(self, fd: int) -> None:
        """The conversation is over."""
        self.open.discard(fd)
        self.held.pop(fd, None)
        if self._stuck:
            self._stuck.pop(fd, None)  # the number may be another connection's next
        if self._swept:
            self._swept.discard(fd)
        self._closed += 1
        os.close(fd)

    def last_call(self) -> list[int]:
        """The alarm has gone: what a loop must not wait for any more, because running() will close the door.

        Only now, and not as soon as a stop is requested: the signal may come in the middle of a turn, and a loop that
        still waits for the alarm or the closed door would take their numbers for conversations.
        """
        self._alarmed = True
        return list(self.special)

    def running(self) -> bool:
        """To be asked once a turn: publishes the counts, looks at the time; False when told to stop and all is done."""
        self.publish(self._row)
        self._row[1] = self._closed  # Count.CLOSED
        if self._idle_ns:
            self._sweep()
        return not self._alarmed or self._drain()

    def _drain(self) -> bool:
        if not self._draining:
            self._draining = True
            self.patience_s = 0.05
            self.special.clear()
            self.door.close()
            shut(self.open, socket.SHUT_RD)
        elif self.open and not self._stop.remaining_s() and not self._swept:
            self._closed_in_time = self._closed  # what is closed from now on is closed by force
            self._swept = set(self.open)
            shut(self.open, socket.SHUT_RDWR)
        if self._closed_in_time is not None:
            self._row[Count.FORCE_CLOSED] = self._closed - self._closed_in_time
        return bool(self.open)

    def _sweep(self) -> None:
        """Shut down whoever has sent nothing, or taken nothing of what it is owed, for the idle limit.

        The kernel knows when data last came (TCP_INFO), so the loop need not note the time at each message.
        """
        now = monotonic_ns()
        if now < self._next_sweep_ns:
            return
        self._next_sweep_ns = now + self._idle_ns // 4
        quiet = [fd for fd in self.open if fd not in self._swept and self._quiet_ns(fd, now) >= self._idle_ns]
        self._row[Count.IDLED_OUT] += len(quiet)
        self._swept.update(quiet)
        shut(quiet, socket.SHUT_RDWR)

    def _quiet_ns(self, fd: int, now: int) -> int:
        if fd in self.held:
            unsent = len(self.held[fd])
            before, since = self._stuck.get(fd, (-1, now))
            self._stuck[fd] = (unsent, since if unsent == before else now)
            return now - self._stuck[fd][1]
        self._stuck.pop(fd, None)
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
        try:
            return since_data_received_ms(borrowed) * 1_000_000
        finally:
            borrowed.detach()
