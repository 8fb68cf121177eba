"""From the rounds' ratios to one number a row: the middle, the spread, and whether a target is met.

The middle is the median of the means of every two rounds (Hodges and Lehmann, 1963). Like the plain median it
does not mind a few bad rounds, but it needs half as many rounds for the same certainty: on a shared machine
rates come in two humps, and the plain median jumps from one to the other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.96


@dataclass(frozen=True)
class Spread:
    """Of `count` values: the middle, the smallest and the largest, and the 95 % interval of the middle."""

    middle: float
    smallest: float
    largest: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """The interval is that of Wilcoxon's signed-rank test; of few values it is all of them."""
    n = len(values)
    means = sorted((values[i] + values[j]) / 2 for i in range(n) for j in range(i, n))
    # The number of means below the true middle has mean n(n+1)/4 and variance n(n+1)(2n+1)/24.
    outside = math.floor(n * (n + 1) / 4 - Z_95 * math.sqrt(n * (n + 1) * (2 * n + 1) / 24))
    cut = max(outside - 1, 0)
    return Spread(statistics.median(means), means[0], means[-1], means[cut], means[-1 - cut], n)


@dataclass(frozen=True)
class Target:
    """A number to reach. `of`: the row it is relative to, "" for the section's yardstick."""

    text: str
    value: float
    of: str = ""
    at_most: bool = False


def verdict(found: Spread, target: Target) -> str:
    """The words "met" or "missed"; with a question mark when the target lies inside the middle's interval."""
    met = found.middle <= target.value if target.at_most else found.middle >= target.value
    unclear = found.low < target.value < found.high
    return ("met" if met else "missed") + ("?" if unclear else "")
