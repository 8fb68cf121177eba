"""The tables are those of all packets."""

from __future__ import annotations

from netlab.experiments.wire.packet_rows import ROWS as ROWS
