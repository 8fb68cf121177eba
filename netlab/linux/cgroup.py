"""The control groups that this process is in, of either version, and what their limits leave (cgroups(7)).

A process is in one group for each controller (version 1), or in one for all of them (version 2). The limits of the
groups above it bind it as well. What cannot be read is no limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def memory_left_bytes() -> int | None:
    """How much more memory these groups may take; None: as much as the machine has."""
    return min((left for left in map(_memory_left, _own_folders("memory")) if left is not None), default=None)


def most_processes() -> int | None:
    """How many processes and threads these groups may have; None: as many as the machine may."""
    numbers = (_number(folder / "pids.max") for folder in _own_folders("pids"))
    return min((number for number in numbers if number is not None), default=None)


def _own_folders(controller: str) -> list[Path]:
    try:
        return list(folders(Path("/proc/self/cgroup").read_text(), controller, ROOT))
    except OSError:
        return []


def folders(text: str, controller: str, root: Path) -> Iterator[Path]:
    """The folder of the group with this controller, and of all groups above it. `text` is a /proc/PID/cgroup."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = root / controller if controllers else root
            own = top / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top))


def _memory_left(folder: Path) -> int | None:
    """What a group's limit leaves; pages of files that nobody uses can be given up, and so count as left."""
    for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        try:
            left = int((folder / limit).read_text()) - int((folder / used).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return left + int(stat["inactive_file"])
        except (OSError, ValueError, KeyError):
            continue  # the other version; or "max", no limit
    return None


def _number(path: Path) -> int | None:
    """The number in a file; None for "max", and where there is no such file."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
