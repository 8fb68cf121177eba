"""Merging packed prefixes (bulk.py) by the million: the same answer as sets.merge, many times sooner.

Three ideas. Arithmetic on all numbers at once: a long row of fixed-width lanes is one big int of Python, and
AND, shift and subtraction of two such ints work on every lane in C. Sorting: IPv4 is sorted in 256 parts by
first octet, since what is left of an address and its length fit into the 30 bits that list.sort() compares
fastest. And doing nothing: neighbours in order that neither overlap nor touch need no look, and most do not;
the lanes tell which.

A key is first address << bits | length: keys sort by address, and of one address the larger prefix comes
first.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from operator import add

from netlab.addressing import ipv6, sets
from netlab.addressing.bulk import SIZE4, SIZE6
from netlab.addressing.sets import Block

_BITS4, _BITS6 = 6, 8  # of a key, for the length

_MASKS4 = [((1 << 32) - (1 << 32 - length)).to_bytes(4, "big") for length in range(33)]
_MASK_OCTETS = [bytes(mask[at] for mask in _MASKS4) + bytes(223) for at in range(4)]  # for bytes.translate

# How far away the next key must begin for no look to be needed: the size of this one, and a little for the
# lengths.
_AWAY4 = [(1 << max(32 - (number & 63), 0)) + 1 << _BITS4 if 8 <= number & 63 <= 32 else 0 for number in range(256)]
_AWAY4_OCTETS = [bytes(away >> 8 * at & 255 for away in _AWAY4) for at in range(4)]
_GUARDED = bytes(number >> 7 ^ 1 for number in range(256))  # 1 where the guard bit has been borrowed


class Merger4:
    """Collects packed IPv4 prefixes, and has the fewest prefixes with the same addresses."""

    def __init__(self) -> None:
        self._parts = [array("I") for _ in range(256)]  # by first octet: keys of the other three
        self._whole: set[int] = set()  # first octets with all of their addresses

    def add(self, packed: bytes) -> None:
        """Take the prefixes of `packed` in; host bits are cleared."""
        lengths = packed[4::SIZE4]
        if not lengths:
            return
        count = len(lengths)
        first, second, third, fourth = (_and(packed[at::SIZE4], lengths.translate(_MASK_OCTETS[at])) for at in range(4))
        lanes = bytearray(4 * count)
        lanes[2::4], lanes[1::4], lanes[0::4] = second, third, fourth
        keys = int.from_bytes(lanes, "little") << _BITS4
        lanes = bytearray(4 * count)
        lanes[0::4] = lengths
        keys |= int.from_bytes(lanes, "little")
        if min(lengths) < 8:
            for top, length in zip(first, lengths, strict=True):
                if length < 8:
                    self._whole.update(range(top, top + (1 << 8 - length)))
        append = [part.append for part in self._parts]
        for top, key in zip(first, _words(keys.to_bytes(4 * count, "little")), strict=True):
            append[top](key)

    def merged(self) -> Iterator[tuple[int, Sequence[int]]]:
        """(first octet, its keys) in order; a block of /8 or larger is one key under its first octet."""
        found: dict[int, Sequence[int]] = {}
        for top, part in enumerate(self._parts):
            if part and top not in self._whole:
                keys = sorted(part)
                keys = _merged_keys(keys, _look4(keys), 32, _BITS4)
                if keys == [8]:
                    self._whole.add(top)
                else:
                    found[top] = keys
        for first, length in sets.merge([(top << 24, 8) for top in self._whole], 32):
            found[first >> 24] = [length]
        for top in sorted(found):
            yield top, found[top]

    def blocks(self) -> Iterator[Block]:
        """The same as (first address, length)."""
        for top, keys in self.merged():
            for key in keys:
                yield top << 24 | key >> _BITS4, key & 63

    def text(self) -> Iterator[str]:
        """The same as text, many lines at a time."""
        middle = [f"{number >> 8}.{number & 255}" for number in range(65536)]
        end = [f".{number >> 6}/{number & 63}\n" for number in range(1 << 14)]
        for top, keys in self.merged():
            head = f"{top}."
            lines = map(add, [middle[key >> 14] for key in keys], [end[key & 0x3FFF] for key in keys])
            yield head + head.join(lines)


class Merger6:
    """The same for IPv6."""

    def __init__(self) -> None:
        self._keys: list[int] = []

    def add(self, packed: bytes) -> None:
        """Take the prefixes of `packed` in; host bits are cleared."""
        masks = _masks6()
        lanes = _and(packed, b"".join(map(masks.__getitem__, packed[16::SIZE6])))
        number = int.from_bytes
        self._keys += [number(lanes[at : at + SIZE6], "big") for at in range(0, len(lanes), SIZE6)]

    def merged(self) -> list[int]:
        """Keys in order."""
        keys = self._keys
        keys.sort()
        return _merged_keys(keys, _look6(keys), 128, _BITS6) if keys else []

    def blocks(self) -> Iterator[Block]:
        """The same as (first address, length)."""
        return ((key >> _BITS6, key & 255) for key in self.merged())

    def text(self) -> Iterator[str]:
        """The same as text, many lines at a time."""
        keys = self.merged()
        for at in range(0, len(keys), 1 << 12):
            yield text6(b"".join([key.to_bytes(SIZE6, "big") for key in keys[at : at + (1 << 12)]]))


def text6(packed: bytes) -> str:
    """Packed IPv6 prefixes as lines of canonical text, most of them without ipv6.to_text."""
    text = _hexadecimal()
    lines = []
    for a, b, c, d, e, f, g, h, length in struct.iter_unpack(">8HB", packed):
        if not (e or f or g or h):  # four zero groups at the end: no other run of zeros can be longer
            if d:
                lines.append(f"{text[a]}:{text[b]}:{text[c]}:{text[d]}::/{length}\n")
            elif c:
                lines.append(f"{text[a]}:{text[b]}:{text[c]}::/{length}\n")
            elif b:
                lines.append(f"{text[a]}:{text[b]}::/{length}\n")
            else:
                lines.append(f"{text[a]}::/{length}\n" if a else f"::/{length}\n")
            continue
        whole = f"{text[a]}:{text[b]}:{text[c]}:{text[d]}:{text[e]}:{text[f]}:{text[g]}:{text[h]}"
        if ":0:0" in whole or not (a or b):
            value = a << 112 | b << 96 | c << 80 | d << 64 | e << 48 | f << 32 | g << 16 | h
            whole = ipv6.to_text(value)
        lines.append(f"{whole}/{length}\n")
    return "".join(lines)


def _and(data: bytes, mask: bytes) -> bytes:
    """All bytes at once: a long int's AND is a loop in C."""
    return (int.from_bytes(data, "big") & int.from_bytes(mask, "big")).to_bytes(len(data), "big")


def _words(little: bytes) -> array[int]:
    """Unsigned 32-bit numbers from their little-endian bytes."""
    words = array("I", little)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _look4(part: Sequence[int]) -> bytes:
    """For each of the sorted keys of a part but the last, 1 if it and the next one overlap or touch, else 0."""
    words = array("I", part)
    if sys.byteorder == "big":
        words.byteswap()
    count = len(words) - 1
    keys = words.tobytes()
    lengths = keys[: 4 * count : 4]
    away = bytearray(4 * count)
    for at in range(4):
        away[at::4] = lengths.translate(_AWAY4_OCTETS[at])
    number = int.from_bytes
    # In each lane: guard bit + next - this - away. Whether the guard bit was needed is the answer.
    lanes = number(keys[4:], "little") - number(keys[:-4], "little")
    lanes = (lanes | number(b"\0\0\0\x80" * count, "little")) - number(away, "little")
    return lanes.to_bytes(4 * count, "little")[3::4].translate(_GUARDED)


def _look6(keys: Sequence[int]) -> bytes:
    """The same for IPv6, in lanes of 18 bytes: one for the guard bit, then the key."""
    count = len(keys) - 1
    data = b"".join([key.to_bytes(18, "big") for key in keys])
    away = [((1 << 128 - length) + 1 << _BITS6).to_bytes(18, "big") for length in range(129)]
    number = int.from_bytes
    lanes = number(data[18:], "big") - number(data[:-18], "big")
    lanes |= number((b"\x80" + bytes(17)) * count, "big")
    lanes -= number(b"".join(map(away.__getitem__, data[17:-18:18])), "big")
    return lanes.to_bytes(18 * count, "big")[::18].translate(_GUARDED)


def _merged_keys(keys: list[int], look: bytes, width: int, bits: int) -> list[int]:
    """Sorted keys merged. `look` says which neighbours to look at; runs of others are taken as they are."""
    found: list[int] = []
    length_mask = (1 << bits) - 1
    at = 0
    while at < len(keys):
        hit = look.find(1, at)
        if hit < 0:
            found += keys[at:]
            break
        found += keys[at:hit]
        end = -1
        for at in range(hit, len(keys)):
            key = keys[at]
            if key < end:
                continue  # inside of one before it
            length = key & length_mask
            size = 1 << width - length + bits
            end = key - length + size
            alone = True
            while found and found[-1] == key - size and key & size:  # the two halves of one prefix
                key = found.pop() - 1  # the same address, one bit less of length
                size += size
                alone = False
            found.append(key)
            if alone and not (at < len(look) and look[at]):
                break
        at += 1
    return found


@cache
def _masks6() -> list[bytes]:
    """For every length the mask and eight ones, which leave the length itself as it is."""
    return [((1 << 136) - (1 << 136 - length) | 255).to_bytes(SIZE6, "big") for length in range(129)]


@cache
def _hexadecimal() -> list[str]:
    """Every group as text."""
    return [f"{number:x}" for number in range(65536)]
