"""What a worksheet needs of the machine, and whether it is there."""

from __future__ import annotations

import functools
import os
import resource
from collections.abc import Mapping

from netlab.linux import machine


def lacking(needs: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(what, needed, there) for everything that is not enough: `cpus`, `descriptors` a process (RLIMIT_NOFILE), and
    `networks`, which is 1 where an ordinary user may build networks of their own."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    there = {"cpus": len(os.sched_getaffinity(0)), "descriptors": (1 << 62) if hard == resource.RLIM_INFINITY else hard}
    if needs.get("networks"):
        there["networks"] = _networks()
    return [(name, count, there[name]) for name, count in needs.items() if there[name] < count]


@functools.cache
def _networks() -> int:
    return int(machine.user_namespaces()[0])
