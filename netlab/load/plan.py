"""What a load generator is to do. Checked here once, so that the engines need not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netlab.errors import UsageError

LARGEST_TCP_MESSAGE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """A load over `connections` connections, shared out among `workers` processes.

    `duration_s` or `messages` (a connection) ends it. `rate` (messages a second over all connections) makes it an
    open loop. `per_connection` makes it churn: a new connection every so many messages. Sizes in bytes, times in
    seconds.
    """

    connections: int = 100
    idle: int = 0
    size: int = 64
    depth: int = 1
    duration_s: float | None = 2.0
    messages: int | None = None
    warmup_s: float = 0.2
    drain_s: float = 2.0
    rate: float | None = None
    per_connection: int | None = None
    workers: int = 1
    timestamps: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise UsageError for what cannot be done."""
        _at_least("--connections", self.connections, 1)
        _at_least("--idle", self.idle, 0)
        _at_least("--size", self.size, 1)
        _at_least("--depth", self.depth, 1)
        _at_least("--workers", self.workers, 1)
        for option, number in (("--messages", self.messages), ("--per-connection", self.per_connection)):
            if number is not None:
                _at_least(option, number, 1)
        for option, seconds in (("--duration", self.duration_s), ("--rate", self.rate)):
            if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
                raise UsageError(f"{option} {seconds:g}: must be more than 0")
        if not (self.warmup_s >= 0 and math.isfinite(self.warmup_s)):
            raise UsageError(f"--warmup {self.warmup_s:g}: must be 0 or more")
        if self.size > LARGEST_TCP_MESSAGE:
            raise UsageError(f"--size {self.size}: at most {LARGEST_TCP_MESSAGE} (16 MiB)")
        if self.size * self.depth * self.connections > 1 << 32:
            raise UsageError("more than 4 GiB would be under way at once", "lower --size, --depth or --connections")
        if self.workers > self.connections:
            raise UsageError(f"{self.workers} load processes: more than --connections {self.connections}")
        if self.rate is not None and (self.depth > 1 or self.per_connection):
            raise UsageError(
                "--rate goes with neither --depth nor --per-connection: it sends on schedule, whatever is under way"
            )
        if self.per_connection is not None and (self.depth > 1 or self.timestamps):
            raise UsageError("--per-connection goes with neither --depth nor --timestamps")
        if self.duration_s is None and self.messages is None:
            raise UsageError("either --duration or --messages must end the run")

    def share(self, number: int, worker: int) -> int:
        """How many of `number` things fall to `worker`."""
        return share(number, self.workers, worker)


def share(number: int, workers: int, worker: int) -> int:
    """How many of `number` things fall to one of `workers`, when all get as many or one more."""
    return number // workers + (worker < number % workers)


def _at_least(option: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError(f"{option} {value}: must be {least} or more")
