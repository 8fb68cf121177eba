"""Options that say how packets are shown."""

from __future__ import annotations

from typing import Annotated

from netlab.option import Option

Packets = Annotated[str | None, Option("Which in full: 2, or 1,5-7, or all.", "N", name="--packet")]
Fields = Annotated[bool, Option("As a list with meanings, not as boxes.")]
