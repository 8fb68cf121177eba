"""Bytes of a line, a head or a trailer section whose end has not come. Each is looked at once while one waits."""

from __future__ import annotations


class HeldBytes:
    """`data` is what is held. `looked` counts bytes looked at: it shows that waiting takes linear time."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.looked = 0
        self._scanned = 0

    def begin(self, data: bytes) -> None:
        """Hold these, and look at them from the start."""
        self.data += data
        self._scanned = 0

    def taken(self) -> bytes:
        """All of it; nothing is held any more."""
        data = bytes(self.data)
        self.data.clear()
        return data

    def has_line(self, most: int) -> bool:
        """True where a line ends in it, or should have: after `most` bytes."""
        size = len(self.data)
        found = self.data.find(b"\n", self._scanned) >= 0
        self.looked += size - self._scanned
        self._scanned = size
        return found or size > most

    def has_section(self, most: int, *, bare_will_do: bool, space_will_do: bool) -> bool:
        """True where an empty line ends it, or should have: after `most` bytes.

        What is wrong will do, too, if it is to be refused: a LF without CR before it, white space after the first line.
        """
        data, at = self.data, self._scanned
        size = len(data)
        self.looked += size - at
        self._scanned = size
        while (at := data.find(b"\n", at)) >= 0:
            bare = at == 0 or data[at - 1] != 13
            before = at - 1 if bare else at - 2
            if before < 0 or data[before] == 10:
                return True  # an empty line
            if bare and bare_will_do:
                return True
            if space_will_do and at + 1 < size and data[at + 1] in b" \t" and data.find(b"\n") == at:
                return True
            at += 1
        return size > most
