"""Many numbers become one: percentiles, spread, fairness. Every function gives None where there is no answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

WORTH_SAYING = 1.05  # a ratio nearer to 1 is not called a difference


def percentile(ordered: Sequence[float], q: float) -> float | None:
    """The smallest value with at least `q` percent of `ordered` (ascending) at or below it.

    The nearest-rank definition: the answer is always a value that was measured, never one between two.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"percentile {q} is not between 0 and 100")
    if not ordered:
        return None
    # Rounded first: 99.9 / 100 * 1000 is 999.0000000000001 in binary floating point.
    rank = math.ceil(round(q * len(ordered) / 100, 9))
    return ordered[max(rank, 1) - 1]


def median(values: Sequence[float]) -> float | None:
    """The middle value; the mean of the middle two when their number is even."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> float | None:
    """Half the range over the median: 0.05 means that the rounds lie within about 5 % of their median."""
    middle = median(values)
    if not middle or len(values) < 2:
        return None
    return (max(values) - min(values)) / 2 / middle


def jain_index(shares: Sequence[float]) -> float | None:
    """Fairness from 1/n (one takes all) to 1 (all alike): Jain, Chiu, Hawe, DEC-TR-301 (1984)."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else None


def ratio(part: float | None, whole: float | None) -> float | None:
    """`part / whole`, or None where either is unknown or the whole is nothing."""
    if part is None or not whole:
        return None
    return part / whole


def clearly_more(found: list[float]) -> bool:
    """Whether the rounds agree that the ratio is above 1: all of them, at least two, and by more than they differ.

    Fewer rounds, or rounds that contradict each other, decide nothing.
    """
    middle = median(found)
    return len(found) > 1 and middle is not None and min(found) > 1 and middle > WORTH_SAYING
