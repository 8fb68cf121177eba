"""Longest match of many addresses in many prefixes, without a tree.

Nested prefixes are flattened once into ranges that do not overlap, each with the longest prefix that has it: what
is then left of a lookup is a binary search in a sorted list of numbers, which bisect does in C. For IPv4 an index by
the first 16 bits says where in the list to search, so that a search touches a few neighbours and not 17 places
of memory far from one another.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat

from netlab.addressing.bulk import SIZE4, SIZE6
from netlab.addressing.sets import Block


def flattened(answers: Mapping[Block, str], width: int, missing: str) -> tuple[list[int], list[str]]:
    """Where each range begins, and the answer for it: that of the longest prefix, or `missing`."""
    starts, found = [0], [missing]
    around: list[tuple[int, str]] = []  # (first address after it, its answer) of the prefixes around the present one
    for first, length in [*sorted(answers), (1 << width, width)]:
        while around and around[-1][0] <= first:
            end, _ = around.pop()
            answer = around[-1][1] if around else missing
            if starts[-1] == end:
                found[-1] = answer
            else:
                starts.append(end)
                found.append(answer)
        if first >> width:
            break  # the sentinel, which closes all prefixes that are open
        answer = answers[first, length]
        if starts[-1] == first:
            found[-1] = answer
        else:
            starts.append(first)
            found.append(answer)
        around.append((first + (1 << width - length), answer))
    if starts[-1] >> width:  # the range after the last address
        del starts[-1], found[-1]
    return starts, found


class Table4:
    """Prefixes of IPv4, each with the text to answer with; `missing` for addresses in none."""

    def __init__(self, answers: Mapping[Block, str], missing: str) -> None:
        starts, self._answers = flattened(answers, 32, missing)
        # Arrays: numbers side by side in memory, where a list would have them all over it.
        self._starts = array("I", starts)
        self._low = array("I", [bisect_left(starts, top << 16) for top in range(1 << 16)])
        self._high = array("I", [*self._low[1:], len(starts)])

    def find(self, packed: bytes) -> list[str]:
        """For each address of `packed` (bulk.py; its length does not matter) the answer."""
        high, low = packed[0::SIZE4], packed[1::SIZE4]
        tops = _numbers("H", high, low)
        values = _numbers("I", high, low, packed[2::SIZE4], packed[3::SIZE4])
        places: Iterator[int] = map(
            bisect_right,
            repeat(self._starts),
            values,
            map(self._low.__getitem__, tops),
            map(self._high.__getitem__, tops),
        )
        answers = self._answers
        return [answers[place - 1] for place in places]


class Table6:
    """The same for IPv6, searched as a whole: addresses in use share their first bits."""

    def __init__(self, answers: Mapping[Block, str], missing: str) -> None:
        self._starts, self._answers = flattened(answers, 128, missing)

    def find(self, packed: bytes) -> list[str]:
        """For each address of `packed` the answer."""
        number = int.from_bytes
        values: Iterable[int] = [number(packed[at : at + 16], "big") for at in range(0, len(packed), SIZE6)]
        answers = self._answers
        return [answers[place - 1] for place in map(bisect_right, repeat(self._starts), values)]


def _numbers(code: str, *octets: bytes) -> array[int]:
    """One number from each place of the rows of `octets`, the first row the most significant."""
    size = len(octets)
    data = bytearray(size * len(octets[0]))
    little = memoryview(array(code, [1])).tobytes()[0] == 1
    for index, row in enumerate(octets):
        data[size - 1 - index if little else index :: size] = row
    return array(code, bytes(data))
