"""What one load worker brings back: counts, errors by kind, and raw latencies."""

from __future__ import annotations

import errno
from array import array

MAX_SAMPLES = 4_000_000
"""Latencies that a worker keeps (32 MB); later ones are counted and not kept, and the report says so."""

UNEXPECTED_END = "closed by the server"
CORRUPT = "echo differs from what was sent"
UNANSWERED = "no echo before the end"
LOST_WITH_IT = "message under way when its connection ended"


class LoadOutcome:
    """Filled in by an engine. Latencies are nanoseconds in the order in which the echoes came."""

    __slots__ = (
        "busy_ns",
        "connect_ns",
        "connections",
        "errors",
        "kernel_ns",
        "late_sends",
        "latency_ns",
        "messages",
        "per_connection",
        "unrecorded",
        "warmup_messages",
        "window_messages",
        "window_ns",
    )

    def __init__(self) -> None:
        self.messages = 0  # all echoes received whole and intact, warm-up and drain included
        self.warmup_messages = 0  # of those, before the measured window
        self.window_messages = 0  # of those, in the window
        self.window_ns = 0  # how long the window really was
        self.busy_ns = 0  # CPU time of this worker in the window
        self.latency_ns = array("Q")  # of messages in the window, and of those that were under way when it ended
        self.kernel_ns = array("Q")  # the same by the kernel's receive time stamp, where asked for
        self.connect_ns = array("Q")
        self.connections = 0  # opened
        self.per_connection: list[int] = []  # messages of each connection in the window
        self.errors: dict[str, int] = {}
        self.late_sends = 0  # open loop: messages that could not be sent when they were due
        self.unrecorded = 0  # messages beyond MAX_SAMPLES, counted without their latency

    def error(self, kind: str, count: int = 1) -> None:
        """Count a failure."""
        self.errors[kind] = self.errors.get(kind, 0) + count

    def drop(self, _: int) -> None:
        """Stands in for `latency_ns.append` once that is full."""
        self.unrecorded += 1


def kind_of(error: OSError) -> str:
    """The name under which a failed call is counted: ECONNRESET, ETIMEDOUT …"""
    if isinstance(error, TimeoutError):
        return "ETIMEDOUT"
    return errno.errorcode.get(error.errno or 0, "unknown error")
