"""How well a learner's confidence agrees with what came true, over all worksheets.

Brier score: the mean squared difference between the confidence and the outcome (1 or 0); G. W. Brier, Verification of
forecasts expressed in terms of probability, Monthly Weather Review 78 (1950). It is 0 for perfect foresight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calibration:
    """`rows`: (confidence, predictions, held) by confidence in steps of a tenth; the rest over all predictions."""

    rows: tuple[tuple[float, int, int], ...]
    said: float
    held: float
    brier: float
    count: int


def calibration(scored: Iterable[tuple[float, bool]]) -> Calibration | None:
    """From (confidence, whether it held); None where there is no prediction."""
    pairs = list(scored)
    if not pairs:
        return None
    groups: dict[float, list[bool]] = {}
    for confidence, held in pairs:
        groups.setdefault(round(confidence, 1), []).append(held)
    rows = tuple((level, len(group), sum(group)) for level, group in sorted(groups.items()))
    count = len(pairs)
    return Calibration(
        rows,
        sum(confidence for confidence, _ in pairs) / count,
        sum(held for _, held in pairs) / count,
        sum((confidence - held) ** 2 for confidence, held in pairs) / count,
        count,
    )
