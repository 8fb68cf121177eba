"""The open loop over UDP: datagrams go out on schedule, whether echoes come back or not.

What open_loop.py says of stalls holds here too: latency counts from when a datagram was *due*. And with UDP
there is more to see. Nothing slows the sender down, no window and no backpressure; so past what the server
can do, the rest is simply lost, and how much that is at which rate is what this loop measures.
"""

from __future__ import annotations

from netlab.clock import monotonic_ns as clock
from netlab.load.udp_client import LOST_AFTER_S
from netlab.load.udp_numbered import Numbered

LATE_NS = 1_000_000
BURST = 32
"""Datagrams sent between two looks at what has come, when behind schedule."""


class UdpOpenLoop(Numbered):
    """Sends one datagram every `interval_ns`, from the clients in turn."""

    interval_ns = 1_000_000.0
    offset_ns = 0.0  # so that several workers take turns

    def run(self) -> None:
        """Send all that is due in the window, if late, then wait for the last echoes."""
        order = list(self.clients.values())
        begin, planned = self.window.begin_ns + self.offset_ns, 0
        due = int(begin)
        while True:
            now = clock()
            for _ in range(BURST):
                if due > now or due >= self.window.end_ns:
                    break
                self.out.late_sends += now - due > LATE_NS
                self.send(order[planned % len(order)], now, due)
                planned += 1
                due = int(begin + planned * self.interval_ns)
            if due >= self.window.end_ns:
                patience_s = LOST_AFTER_S / 4
            else:
                # epoll_wait sleeps in whole milliseconds: sleep while the next one is far off, spin when it is near.
                ahead_s = (due - clock()) / 1e9
                patience_s = min(LOST_AFTER_S / 4, ahead_s - 0.001) if ahead_s > 0.002 else 0
            if not self.turn_around(patience_s):
                break
            if due >= self.window.end_ns and self.meter.over and not any(client.in_flight for client in order):
                break
        self.finish()
