"""Options that experiments of several topics share, in the same words."""

from __future__ import annotations

from typing import Annotated

from netlab.notation import size_bytes
from netlab.option import REPORT, Option

SERVER = "Server"
LOAD = "Load"
COMPARISON = "Comparison"

Host = Annotated[str, Option("Address to bind: also ::1, 0.0.0.0.", "ADDRESS", panel=SERVER)]
Size = Annotated[int, Option("Size of a message: 64, 16K, 1M.", "BYTES", panel=LOAD, parse=size_bytes)]
Rounds = Annotated[int, Option("Medians are of N rounds.", "N", 1, 1000, panel=COMPARISON)]

_SEED = Option("Seed of the random choices, to repeat them.", "N", 0, panel=REPORT, shown="", last=True)
Seed = Annotated[int, _SEED]
AnySeed = Annotated[int | None, _SEED]
"""None: another one in each run."""
