"""The open loop: messages go out on schedule, whether the echoes of the earlier ones are back or not.

Users do not wait for each other. A server that stalls for 100 ms delays every message that falls into the stall, but
a closed loop, which sends nothing meanwhile, sees one slow message a connection ("coordinated omission", G. Tene).
Here the latency of a message counts from when it was *due*, also if the connection or this generator was not ready to
send it then.

epoll_wait sleeps in whole milliseconds. So far from the next due time the loop sleeps, and close to it, it spins: that
keeps the schedule to some microseconds, and costs this worker's CPU.
"""

from __future__ import annotations

from netlab.clock import monotonic_ns as clock
from netlab.load.streams import Streams

MOST_UNDER_WAY = 10_000
"""Messages under way on one connection; beyond, a message that is due is not sent, and that is counted."""
TOO_MANY = f"not sent: {MOST_UNDER_WAY} under way on the connection"
LATE_NS = 1_000_000


class OpenLoop(Streams):
    """Sends one message every `interval_ns`, over the connections in turn."""

    interval_ns = 1_000_000.0
    offset_ns = 0.0  # so that several workers take turns

    def run(self) -> None:
        """Send on schedule until the window ends, then wait for the last echoes."""
        order = list(self.streams)
        begin, sent = self.window.begin_ns + self.offset_ns, 0
        due = int(begin)
        while self.streams:
            now = clock()
            while due <= now and not self.meter.over:
                if due < self.window.end_ns:
                    self._send_due(order[sent % len(order)], due, now)
                sent += 1
                due = int(begin + sent * self.interval_ns)
                if sent % 64 == 0:
                    break  # far behind schedule: take the echoes in between, or they would seem to be late
            ahead_s = (due - clock()) / 1e9
            self.turn_around(0.05 if self.meter.over else min(0.05, ahead_s - 0.001) if ahead_s > 0.002 else 0)
            if clock() >= self.meter.next_ns and not self.meter.look(self.done):
                break
            if self.meter.over and not any(stream.in_flight for stream in self.streams.values()):
                break
        self.finish()

    def _send_due(self, fd: int, due: int, now: int) -> None:
        stream = self.streams.get(fd)
        if stream is None:
            self.out.error("not sent: the connection is gone")
        elif len(stream.in_flight) >= MOST_UNDER_WAY:
            self.out.error(TOO_MANY)
        else:
            if now - due > LATE_NS:
                self.out.late_sends += 1
            self.send(stream, due)
