"""Every bound that the parser and the client keep, in one place. They count bytes of the message, never of a piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bytes and counts. A head is the status line, the field lines and the empty line together."""

    head_bytes: int = 64 << 10
    fields: int = 256
    interim: int = 16
    """1xx responses before the final one."""
    chunk_line_bytes: int = 4 << 10
    trailer_bytes: int = 16 << 10
    kept_body_bytes: int = 64 << 20
    """What the client keeps of a body in memory; the rest is counted, and said to be missing."""
    decoded_bytes: int = 64 << 20
    """What a content coding may grow to."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each phase may take. `idle_s`: without a byte from the peer. `total_s`: an exchange in all."""

    connect_s: float = 5.0
    tls_s: float = 5.0
    idle_s: float = 10.0
    total_s: float = 60.0
