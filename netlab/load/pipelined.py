"""The closed loop with several messages in flight on each connection, or with messages too large for one write."""

from __future__ import annotations

from netlab.clock import monotonic_ns as clock
from netlab.load.stream import Stream
from netlab.load.streams import Streams


class Pipelined(Streams):
    """Keeps `depth` messages under way on each connection, `limit` a connection in all."""

    depth = 1
    limit = 1 << 62

    def run(self) -> None:
        """Drive until the window ends, then until the last echo is back or the drain time is over."""
        for stream in list(self.streams.values()):
            self.top_up(stream)
        while self.streams:
            self.turn_around(0.05)
            if clock() >= self.meter.next_ns and not self.meter.look(self.done):
                break
        self.finish()

    def received(self, stream: Stream) -> int:
        """Each echo that is back makes room for the next message."""
        finished = super().received(stream)
        if finished:
            self.top_up(stream)
        return finished

    def top_up(self, stream: Stream) -> None:
        """Send until `depth` are under way; a connection with nothing left to do or to wait for is retired."""
        fd = stream.fd
        while not self.meter.over and len(stream.in_flight) < self.depth and stream.sent < self.limit:
            self.send(stream, clock())
            if fd not in self.streams:
                return  # the send failed, and the connection with it
        if not stream.in_flight:
            self.retire(fd)
