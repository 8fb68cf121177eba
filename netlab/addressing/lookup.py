"""Longest match of many addresses in many prefixes, without a tree.

Nested prefixes are flattened once into ranges that do not overlap, each with the longest prefix that has it:
what is then left of a lookup is one binary search in a sorted list of numbers, which bisect does in C.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import repeat

from netlab.addressing.sets import Block


class Table:
    """The prefixes of one version, with `texts` to answer with. Of equal prefixes the last one stands."""

    def __init__(self, blocks: Iterable[Block], texts: Iterable[str], width: int, missing: str = "-") -> None:
        entries = dict(zip(blocks, texts, strict=True))
        starts = [0]
        answers = [missing]
        open_: list[
            tuple[int, str]
        ] = []  # (first address after it, its text) of prefixes around the present one

        def begin(at: int, answer: str) -> None:
            if starts[-1] == at:
                answers[-1] = answer
            else:
                starts.append(at)
                answers.append(answer)

        for block in sorted(entries):
            first, length = block
            while open_ and open_[-1][0] <= first:
                end, _ = open_.pop()
                begin(end, open_[-1][1] if open_ else missing)
            text = entries[block]
            begin(first, text)
            open_.append((first + (1 << width - length), text))
        while open_:
            end, _ = open_.pop()
            begin(end, open_[-1][1] if open_ else missing)
        self._starts, self._answers = starts, answers

    def find(self, addresses: Iterable[int]) -> list[str]:
        """For each address the text of the longest prefix that has it."""
        answers = self._answers
        return [answers[index - 1] for index in map(bisect_right, repeat(self._starts), addresses)]
