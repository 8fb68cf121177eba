"""What is sent: random bytes, cut so that neighbours differ, and that a message differs from those before and after it.

An echo server that mixed up two connections, or gave the same message back twice, must not pass for an honest one.
"""

from __future__ import annotations

import random

VARIETY = 8  # messages that a connection sends in turn; a power of two
MAX_POOL_BYTES = 32 * 1024 * 1024


def message_rings(connections: int, size: int, seed: int) -> list[tuple[bytes, ...]]:
    """For each connection the ring of VARIETY messages of `size` bytes that it sends over and over."""
    pool_size = max(VARIETY, min(64, MAX_POOL_BYTES // max(size, 1)))
    rng = random.Random(seed)
    pool = [rng.randbytes(size) for _ in range(pool_size)]
    return [tuple(pool[(5 * index + turn) % pool_size] for turn in range(VARIETY)) for index in range(connections)]
