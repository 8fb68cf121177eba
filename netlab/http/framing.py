"""Where a response's body ends, and why: RFC 9112 §6.3 as one function, in the order of the RFC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "chunked", "length", "close", "upgrade"]


@dataclass(frozen=True, slots=True)
class Framing:
    """How the end of the body is found. `length` in bytes for kind "length" (and 0 for "none")."""

    kind: Kind
    length: int | None
    why: str
    source: str
