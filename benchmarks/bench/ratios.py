"""From paired slices to one number a row: median, spread, and whether a target is met beyond the noise."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Of `count` values: median, smallest and largest, and the 95 % interval of the median."""

    median: float
    smallest: float
    largest: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """The interval lies between two order statistics: no distribution is assumed. Of few values it is all."""
    ordered = sorted(values)
    n = len(ordered)
    # The median lies below the k-th smallest value with probability P(Binomial(n, 1/2) < k).
    k, below = 0, 0.0
    while k < n // 2 and (below := below + math.comb(n, k) / 2**n) <= 0.025:
        k += 1
    k = max(k - 1, 0)
    return Spread(statistics.median(ordered), ordered[0], ordered[-1], ordered[k], ordered[n - 1 - k], n)


@dataclass(frozen=True)
class Target:
    """A number to reach. `of`: the row it is relative to, "" for the section's yardstick."""

    text: str
    value: float
    of: str = ""
    at_most: bool = False


def verdict(found: Spread, target: Target) -> str:
    """The words "met" or "missed"; with a question mark when the target lies inside the median's interval."""
    met = found.median <= target.value if target.at_most else found.median >= target.value
    unclear = found.low < target.value < found.high
    return ("met" if met else "missed") + ("?" if unclear else "")
