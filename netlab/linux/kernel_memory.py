"""What the kernel has taken for itself: /proc/meminfo, /proc/slabinfo, /proc/net/sockstat (proc(5), slabinfo(5)).

No process shows what its sockets cost: their memory is the kernel's. It comes from *slabs*, caches of objects of one
size each; what is queued in a socket's buffers is apart from it. All of it is the whole machine's, so a difference is
ours only as far as nobody else did much meanwhile. What cannot be read is None.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from netlab.linux import cgroup
from netlab.linux.meminfo import meminfo

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Memory:
    """A look at the machine's memory, in bytes. `slabs`: objects in use and their size by cache; only root may read."""

    available: int | None
    slab: int | None
    tcp_buffers: int | None
    slabs: dict[str, tuple[int, int]] = field(default_factory=dict)


def look() -> Memory:
    """Read the machine's memory counters."""
    found = meminfo()
    pages = sockstat().get("TCP mem")
    return Memory(found.get("MemAvailable"), found.get("Slab"), None if pages is None else pages * _PAGE, _slabs())


def available_bytes() -> int | None:
    """How much this process may still have: what the machine has to spare, or less where its cgroup has less."""
    both = (meminfo().get("MemAvailable"), cgroup.memory_left_bytes())
    return min((left for left in both if left is not None), default=None)


def sockstat() -> dict[str, int]:
    """/proc/net/sockstat as "TCP inuse", "TCP mem" (pages), …"""
    found: dict[str, int] = {}
    try:
        for line in Path("/proc/net/sockstat").read_text().splitlines():
            kind, _, rest = line.partition(":")
            words = rest.split()
            found |= {f"{kind} {name}": int(value) for name, value in zip(words[::2], words[1::2], strict=True)}
    except (OSError, ValueError):
        pass  # a kernel, or a sandbox, without it
    return found


def _slabs() -> dict[str, tuple[int, int]]:
    try:
        lines = [line.split() for line in Path("/proc/slabinfo").read_text().splitlines()[2:]]
        return {words[0]: (int(words[1]), int(words[3])) for words in lines}
    except (OSError, ValueError, IndexError):
        return {}
