"""Options of the experiments on private networks: what the wire does, and where its frames go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from netlab.option import REPORT, Option

WIRE = "Wire"

Delay = Annotated[float, Option("One way, in seconds.", "S", 0.0, 2.0, panel=WIRE)]
Loss = Annotated[float, Option("Of each frame: 0.2.", "CHANCE", 0.0, 0.5, panel=WIRE)]
Seed = Annotated[int, Option("What the wire loses, to repeat it.", "N", 0, panel=WIRE)]
Pcap = Annotated[Path | None, Option("Keep the frames, for Wireshark.", "FILE", panel=REPORT, done="frames in")]
Timeline = Annotated[bool, Option("Show it, segment by segment.")]
