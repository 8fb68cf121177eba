"""What a wire asks before it lets a frame go, so that no state that ends with a frame's arrival passes unseen."""

from __future__ import annotations

import mmap


class Gate:
    """How often somebody has looked, in memory that two processes share: a frame waits for two whole looks."""

    LOOKS = 2

    def __init__(self) -> None:
        self._cell = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")

    @property
    def looks(self) -> int:
        """Whole looks so far."""
        return self._cell[0]

    def looked(self) -> None:
        """One more."""
        self._cell[0] += 1
