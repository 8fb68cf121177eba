"""Marks where the measured window begins and ends in a worker's own counts.

An engine asks `look` when `next_ns` has come, once a turn of its loop: a hot loop should not compare times at each
message.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from netlab.clock import monotonic_ns as clock
from netlab.load.outcome import LoadOutcome
from netlab.load.window import Timetable

LOOK_EVERY_NS = 100_000_000


class Meter:
    """`over` turns true when the window has ended: no new messages from then on, only echoes."""

    __slots__ = ("_began_busy_ns", "_began_ns", "_fds", "_out", "_turns", "_turns_before", "_window", "next_ns", "over")

    def __init__(self, window: Timetable, out: LoadOutcome, turns: Sequence[int], fds: Sequence[int]) -> None:
        """`turns[fd]` counts the messages of the connection `fd`."""
        self._window = window
        self._out = out
        self._turns = turns
        self._fds = fds
        self._turns_before: dict[int, int] = {}
        self._began_ns = 0
        self._began_busy_ns = 0
        self.over = False
        self.next_ns = min(window.measure_ns, window.begin_ns + LOOK_EVERY_NS)  # SIGTERM may come while it warms up
        if window.measure_ns <= window.begin_ns:  # no warm-up: the window is open from the first message on
            self.look(0)

    def look(self, done: int) -> bool:
        """The time has come for something. False when there is nothing left to wait for."""
        now, window, out = clock(), self._window, self._out
        # SIGTERM moves end_ns; so never look away for longer than LOOK_EVERY_NS.
        if not self._began_ns and (now >= window.measure_ns or now >= window.end_ns):
            self._began_ns = now
            self._began_busy_ns = time.process_time_ns()
            del out.latency_ns[:], out.kernel_ns[:]
            out.warmup_messages = done
            self._turns_before = {fd: self._turns[fd] for fd in self._fds}
        if self._began_ns and not self.over and now >= window.end_ns:
            self._close(done, now)
        if self.over:
            self.next_ns = min(window.give_up_ns(), now + LOOK_EVERY_NS)
            return now < window.give_up_ns()
        self.next_ns = min(window.end_ns if self._began_ns else window.measure_ns, now + LOOK_EVERY_NS)
        return True

    def finish(self, done: int) -> None:
        """The engine has ended, perhaps before the window did."""
        if not self._began_ns:
            self._window.end_ns = 0
            self.look(done)
        elif not self.over:
            self._close(done, clock())
        self._out.messages = done

    def _close(self, done: int, now: int) -> None:
        out = self._out
        self.over = True
        out.window_messages = done - out.warmup_messages
        out.window_ns = now - self._began_ns
        out.busy_ns = time.process_time_ns() - self._began_busy_ns
        out.per_connection = [self._turns[fd] - self._turns_before.get(fd, 0) for fd in self._fds]
