"""Sets of addresses as ranges and as prefixes. A prefix is (first address, length) here, a range (first,
last).

Nothing knows IPv4 from IPv6 but by `width`, 32 or 128: the two are never in one set. Merging is RFC 4632's
aggregation: only two halves of one prefix make a prefix; neighbours that are not aligned stay two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Block = tuple[int, int]  # first address, prefix length
Range = tuple[int, int]  # first and last address


def of_range(first: int, last: int, width: int) -> Iterator[Block]:
    """The fewest prefixes that make up first..last, in order. At most 2 × width - 2 of them."""
    while first <= last:
        bits = (first & -first).bit_length() - 1 if first else width
        bits = min(bits, (last - first + 1).bit_length() - 1)
        yield first, width - bits
        first += 1 << bits


def ranges(blocks: Iterable[Block], width: int) -> list[Range]:
    """The union of prefixes as ranges in order, with a gap between any two."""
    found: list[Range] = []
    start = end = -1
    for first, length in sorted(blocks):
        last = first + (1 << width - length) - 1
        if first <= end + 1 and start >= 0:
            end = max(end, last)
        else:
            if start >= 0:
                found.append((start, end))
            start, end = first, last
    if start >= 0:
        found.append((start, end))
    return found


def merge(blocks: Iterable[Block], width: int) -> list[Block]:
    """The fewest prefixes with just the addresses of `blocks`, in order. O(n log n)."""
    found: list[Block] = []
    end = -1
    for first, length in sorted(blocks):
        if first <= end:
            continue  # inside of one before it: prefixes nest or are apart
        end = first + (1 << width - length) - 1
        while found and length and found[-1] == (first ^ 1 << width - length, length) and first >> width - length & 1:
            first, length = found.pop()
            length -= 1
        found.append((first, length))
    return found


def subtract(whole: Sequence[Range], less: Sequence[Range]) -> Iterator[Range]:
    """What is in `whole` and not in `less`; both as `ranges` returns them, and so is the answer."""
    index = 0
    for first, last in whole:
        while index < len(less) and less[index][1] < first:
            index += 1
        at = index
        while at < len(less) and less[at][0] <= last:
            if less[at][0] > first:
                yield first, less[at][0] - 1
            first = less[at][1] + 1
            at += 1
        if first <= last:
            yield first, last


def cover(blocks: Iterable[Block], width: int) -> Block | None:
    """The smallest single prefix that has all of them; None for none."""
    low, high = None, 0
    for first, length in blocks:
        last = first | (1 << width - length) - 1
        low = first if low is None else min(low, first)
        high = max(high, last)
    if low is None:
        return None
    bits = (low ^ high).bit_length()
    return low >> bits << bits, width - bits
