"""Many streams in one epoll loop: the ground that the pipelined closed loop and the open loop stand on."""

from __future__ import annotations

import time
from select import EPOLLIN, EPOLLOUT, epoll

from netlab.clock import monotonic_ns as clock
from netlab.load.meter import Meter
from netlab.load.outcome import LOST_WITH_IT, MAX_SAMPLES, UNANSWERED, LoadOutcome, kind_of
from netlab.load.stream import Broken, Stream
from netlab.load.window import Tally, Timetable


class Streams:
    """Streams by descriptor. Subclasses decide when a message is sent."""

    def __init__(
        self,
        fds: list[int],
        rings: list[tuple[bytes, ...]],
        size: int,
        window: Timetable,
        out: LoadOutcome,
        timestamps: bool,
    ) -> None:
        self.streams = {fd: Stream(fd, ring, size, timestamps) for fd, ring in zip(fds, rings, strict=True)}
        self.fds = fds
        self.turns = [0] * (max(fds, default=0) + 1)
        self.window = window
        self.out = out
        self.done = 0
        self.poller = epoll()
        self._blocked: set[int] = set()
        for fd in fds:
            self.poller.register(fd, EPOLLIN)
        self._realtime_offset_ns = time.time_ns() - clock()
        self.meter = Meter(window, out, self.turns, fds)

    def turn_around(self, timeout_s: float) -> None:
        """Wait for events and handle them: the body of the loop."""
        for fd, events in self.poller.poll(timeout_s):
            stream = self.streams.get(fd)
            if stream is None:
                continue
            try:
                if events & EPOLLOUT:
                    self.flushed(stream)
                if events & ~EPOLLOUT:
                    self.received(stream)
            except BlockingIOError:
                pass
            except Broken as broken:
                self.fail(fd, broken.kind)
            except OSError as error:
                self.fail(fd, kind_of(error))
        self.window.row[Tally.MESSAGES] = self.done

    def received(self, stream: Stream) -> int:
        """Take what has come; how many messages it completed."""
        out = self.out
        before = len(out.latency_ns)
        finished = stream.receive(clock(), out.latency_ns, out.kernel_ns, self._realtime_offset_ns)
        if before > MAX_SAMPLES:
            del out.latency_ns[before:]
            out.unrecorded += finished
        self.done += finished
        self.turns[stream.fd] = stream.turn
        return finished

    def send(self, stream: Stream, at_ns: int) -> None:
        """Send one message on `stream`; what the kernel does not take now goes out when there is room."""
        try:
            stream.send(at_ns)
        except OSError as error:
            self.fail(stream.fd, kind_of(error))
            return
        if stream.waiting_to_send and stream.fd not in self._blocked:
            self._blocked.add(stream.fd)
            self.poller.modify(stream.fd, EPOLLIN | EPOLLOUT)

    def flushed(self, stream: Stream) -> None:
        """There is room again."""
        if stream.flush() and stream.fd in self._blocked:
            self._blocked.discard(stream.fd)
            self.poller.modify(stream.fd, EPOLLIN)

    def retire(self, fd: int) -> None:
        """The connection has done its part."""
        self._blocked.discard(fd)
        self.streams.pop(fd).close()

    def fail(self, fd: int, kind: str) -> None:
        """Count an error, and give the connection up with all that is under way on it."""
        if fd in self.streams:
            lost = len(self.streams[fd].in_flight)
            self.out.error(kind)
            if lost:
                self.out.error(LOST_WITH_IT, lost)
            self.window.row[Tally.ERRORS] += 1
            self.retire(fd)

    def finish(self) -> None:
        """Close the books and every connection."""
        self.meter.finish(self.done)
        for fd, stream in list(self.streams.items()):
            if stream.in_flight:
                self.out.error(UNANSWERED, len(stream.in_flight))
            self.retire(fd)
        self.poller.close()
