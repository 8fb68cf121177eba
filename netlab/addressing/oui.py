"""Who a MAC address was given to: longest match in the IEEE's MA-L (24 bits), MA-M (28) and MA-S (36)
listings.

From oui.bin beside this file, which tools/build_oui.py makes and describes; mapped into memory, so that a
lookup touches a handful of pages. MA-S includes the older IAB. The CID listing is left out: its numbers are
no MAC addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from netlab.addressing.mac import Mac

_HEADER = 8 + 10 + 4 + 3 * 4
_NAMES = {24: "MA-L", 28: "MA-M", 36: "MA-S"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """`bits` of `value` were given to `owner` in `registry`."""

    registry: str
    value: int
    bits: int
    owner: str

    @property
    def text(self) -> str:
        """00:1b:21/24, 70:b3:d5:00:00/36: octets as far as they go, and the length."""
        octets = -(-self.bits // 8)
        whole = (self.value << octets * 8 - self.bits).to_bytes(octets, "big")
        return f"{whole.hex(':')}/{self.bits}"


@dataclass(frozen=True, slots=True)
class _Table:
    """Sorted records of `size` bytes of key and 3 of name number, from `start` in the file."""

    bits: int
    size: int
    start: int
    count: int


class Registry:
    """The listings, open for looking up."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._data = mmap(file.fileno(), 0, access=ACCESS_READ)  # the mapping outlives the descriptor
        self.date = self._data[8:18].decode("ascii")
        self._names = self._number(18, 4)
        at = _HEADER
        tables = []
        for index, bits in enumerate((24, 28, 36)):
            table = _Table(bits, -(-bits // 8), at, self._number(22 + 4 * index, 4))
            at += table.count * (table.size + 3)
            tables.append(table)
        self._tables = tuple(reversed(tables))
        self._offsets = at
        self._texts = at + 4 * (self._names + 1)

    def find(self, mac: Mac) -> Assignment | None:
        """The longest assignment that the address (its group bit cleared) begins with."""
        value = mac.value & ~(1 << mac.bits - 8)
        for table in self._tables:
            key = value >> mac.bits - table.bits
            low, high = 0, table.count
            while low < high:
                middle = (low + high) // 2
                if self._number(table.start + middle * (table.size + 3), table.size) < key:
                    low = middle + 1
                else:
                    high = middle
            at = table.start + low * (table.size + 3)
            if low < table.count and self._number(at, table.size) == key:
                owner = self._name(self._number(at + table.size, 3))
                return Assignment(_NAMES[table.bits], key, table.bits, owner)
        return None

    def owned_by(self, words: str) -> Iterator[Assignment]:
        """All assignments of owners whose name has `words` in it, whatever the case; by owner, then number."""
        wanted = words.casefold()
        matches = {number for number in range(self._names) if wanted in self._name(number).casefold()}
        found = []
        for table in self._tables:
            for index in range(table.count):
                at = table.start + index * (table.size + 3)
                number = self._number(at + table.size, 3)
                if number in matches:
                    found.append((number, table.bits, self._number(at, table.size)))
        for number, bits, key in sorted(found, key=lambda each: (each[0], each[2] << 36 - each[1])):
            yield Assignment(_NAMES[bits], key, bits, self._name(number))

    def __len__(self) -> int:
        return sum(table.count for table in self._tables)

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], "big")

    def _name(self, number: int) -> str:
        start = self._number(self._offsets + 4 * number, 4)
        end = self._number(self._offsets + 4 * number + 4, 4)
        return self._data[self._texts + start : self._texts + end].decode()


@cache
def registry() -> Registry:
    """The listings that came with netlab."""
    return Registry(Path(__file__).with_name("oui.bin"))
