"""Counters that several processes share: a table of 64-bit integers in anonymous shared memory.

A forked server counts in many processes, and whoever reports must see those counts while the server runs, after it
ended, and also when it was killed. So every process writes into its own *row* of one memfd (memfd_create(2)) that the
supervisor has mapped too. A row has one writer, so no lock is needed; an aligned 64-bit store is seen whole.
"""

from __future__ import annotations

import mmap
import os

Row = memoryview
"""One writer's counters: a writable memoryview of 64-bit signed integers, indexed by column number."""


class SharedCounters:
    """`rows` × `columns` counters.

    Row 0 belongs to the process that hands out the others; row 1 is the sum of those whose writers have ended, kept
    apart so that a signal handler or thread which adds to it never meets row 0 in the middle of an update.
    """

    OWN, ENDED = 0, 1

    def __init__(self, fd: int, rows: int, columns: int) -> None:
        self.fd = fd
        self.rows = rows
        self.columns = columns
        self._map = mmap.mmap(fd, rows * columns * 8)
        self._cells = memoryview(self._map).cast("q")
        self._free = list(range(rows - 1, 1, -1))

    @classmethod
    def create(cls, name: str, rows: int, columns: int) -> SharedCounters:
        """A new table of zeros. Its pages come into being as rows are used, so spare rows cost nothing."""
        fd = os.memfd_create(f"netlab-{name}", os.MFD_CLOEXEC)
        os.ftruncate(fd, rows * columns * 8)
        return cls(fd, rows, columns)

    def row(self, index: int) -> Row:
        """The row numbered `index`."""
        return self._cells[index * self.columns : (index + 1) * self.columns]

    def take(self) -> int | None:
        """A free row's number, or None when all are in use."""
        return self._free.pop() if self._free else None

    def give_back(self, index: int) -> None:
        """A row that was taken and not used."""
        self._free.append(index)

    def fold(self, index: int) -> None:
        """Add a row whose writer has ended to row 1, clear it, and let it be taken again."""
        row, total = self.row(index), self.row(self.ENDED)
        for column in range(self.columns):
            total[column] += row[column]
            row[column] = 0
        self._free.append(index)

    def totals(self) -> list[int]:
        """The sum of every column over all rows."""
        return [sum(self._cells[column :: self.columns]) for column in range(self.columns)]

    def column(self, column: int) -> list[int]:
        """One column, row by row."""
        return list(self._cells[column :: self.columns])

    def close(self) -> None:
        """Unmap the table and close its descriptor. Once: then do nothing."""
        if self._map.closed:
            return
        self._cells.release()
        self._map.close()
        os.close(self.fd)
