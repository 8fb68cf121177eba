"""When load begins, is measured, and ends; and the counters that a worker shows its parent while it runs.

Parent and workers share a table of counters. The parent writes the moment to begin into row 0 once every worker is
connected;
all of them read the same clock (CLOCK_MONOTONIC), so they begin, measure and end together, whatever the scheduler
does. Warm-up messages are sent and checked like all others; they are only left out of the figures.
"""

from __future__ import annotations

import signal
import time
from enum import IntEnum

from netlab.child.shared_counters import Row, SharedCounters
from netlab.clock import monotonic_ns


class Tally(IntEnum):
    """A column of the load's table of counters."""

    GO_AT_NS = 0  # row 0 only: when to begin; 0 means not yet
    MESSAGES = 1  # echoes received whole and intact, warm-up included
    CONNECTIONS = 2  # connections opened
    ERRORS = 3


class Timetable:
    """One worker's timetable. Times in nanoseconds of CLOCK_MONOTONIC."""

    def __init__(
        self, shared_counters: SharedCounters, row: Row, warmup_s: float, duration_s: float | None, drain_s: float
    ) -> None:
        self._ledger = shared_counters
        self.row = row
        self._warmup_ns = int(warmup_s * 1e9)
        self._duration_ns = int(duration_s * 1e9) if duration_s is not None else 1 << 62
        self._drain_ns = int(drain_s * 1e9)
        self.begin_ns = self.measure_ns = self.end_ns = 0
        self.interrupted = False
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, *_: object) -> None:
        """Stop early: no new messages from now on. The echoes that are under way are still waited for."""
        self.interrupted = True
        self.end_ns = min(self.end_ns, monotonic_ns()) if self.end_ns else 1

    def wait_for_go(self) -> None:
        """Sleep until the parent has named the moment, and then until it has come."""
        control = self._ledger.row(SharedCounters.OWN)
        while not (go_at := control[Tally.GO_AT_NS]) and not self.interrupted:
            time.sleep(0.0005)
        self.begin_ns = go_at
        self.measure_ns = go_at + self._warmup_ns
        self.end_ns = self.end_ns or self.measure_ns + self._duration_ns
        time.sleep(max(0.0, (go_at - monotonic_ns()) / 1e9))

    def give_up_ns(self) -> int:
        """When to stop waiting for echoes."""
        return self.end_ns + self._drain_ns
