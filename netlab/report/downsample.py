"""Fewer points that look the same: what a chart of a thousand dots can show of a series of many thousand values.

A mean over an interval would hide the peaks that one looks for, and every tenth point would show some of them by
chance. Of each interval the lowest and the highest value are kept, at the times they were measured.
"""

from __future__ import annotations

from collections.abc import Sequence


def extremes(points: Sequence[tuple[float, float]], intervals: int) -> list[tuple[float, float]]:
    """At most two of the points (x ascending) of each of `intervals` equal parts of their range, in order."""
    if len(points) <= 2 * intervals:
        return list(points)
    low, width = points[0][0], (points[-1][0] - points[0][0]) or 1.0
    parts: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        parts.setdefault(min(int((point[0] - low) / width * intervals), intervals - 1), []).append(point)
    kept: list[tuple[float, float]] = []
    for part in parts.values():
        kept += sorted({min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])})
    return kept
