"""Time as an argument: code that depends on time takes a `Clock`, so tests can pass their own."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns nanoseconds from an arbitrary start that never go back."""

monotonic_ns: Clock = time.monotonic_ns
"""CLOCK_MONOTONIC: one clock for all processes of a machine, which is what lets netlab's server and load
processes agree on when a measurement window opens (clock_gettime(2))."""
