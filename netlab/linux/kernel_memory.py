"""What the kernel has taken for itself: /proc/meminfo, /proc/slabinfo, /proc/net/sockstat (proc(5), slabinfo(5)).

No process shows what its sockets cost: their memory is the kernel's. It comes from *slabs*, caches of objects of one
size each; what is queued in a socket's buffers is apart from it. All of it is the whole machine's, so a difference is
ours only as far as nobody else did much meanwhile. What cannot be read is None.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Memory:
    """A look at the machine's memory, in bytes. `slabs`: objects in use and their size by cache; only root may read."""

    available: int | None
    slab: int | None
    tcp_buffers: int | None
    slabs: dict[str, tuple[int, int]] = field(default_factory=dict)


def look() -> Memory:
    """Now."""
    found = _meminfo()
    pages = sockstat().get("TCP mem")
    return Memory(found.get("MemAvailable"), found.get("Slab"), None if pages is None else pages * _PAGE, _slabs())


def available_bytes() -> int | None:
    """How much this process may still have: what the machine has to spare, or less where its cgroup has less."""
    least = [_meminfo().get("MemAvailable"), *map(_cgroup_left, _cgroup_folders())]
    return min((left for left in least if left is not None), default=None)


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


def _meminfo() -> dict[str, int]:
    try:
        lines = [line.split() for line in Path("/proc/meminfo").read_text().splitlines()]
        return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}
    except (OSError, ValueError):
        return {}


def _slabs() -> dict[str, tuple[int, int]]:
    try:
        lines = [line.split() for line in Path("/proc/slabinfo").read_text().splitlines()[2:]]
        return {words[0]: (int(words[1]), int(words[3])) for words in lines}
    except (OSError, ValueError, IndexError):
        return {}


def _cgroup_folders() -> Iterator[Path]:
    """The memory cgroup of this process, of either version, and those above it: each may have a limit (cgroups(7))."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            top = root / "memory" if controllers else root
            own = top / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top))


def _cgroup_left(folder: Path) -> int | None:
    """What a cgroup's limit leaves; pages of files that nobody uses can be given up, and so count as left."""
    for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        try:
            left = int((folder / limit).read_text()) - int((folder / used).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return left + int(stat["inactive_file"])
        except (OSError, ValueError, KeyError):
            continue  # the other version; or "max", no limit
    return None
