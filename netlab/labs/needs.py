"""What a worksheet needs of the machine, and whether it is there."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping


def lacking(needs: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(what, needed, there) for everything that is not enough: `cpus`, and `descriptors` a process (RLIMIT_NOFILE)."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    there = {
        "cpus": len(os.sched_getaffinity(0)),
        "descriptors": (1 << 62) if hard == resource.RLIM_INFINITY else hard,
    }
    return [(name, count, there[name]) for name, count in needs.items() if there[name] < count]
