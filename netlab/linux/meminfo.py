"""/proc/meminfo (proc(5)): what the machine's memory is used for."""

from __future__ import annotations

from pathlib import Path


def meminfo() -> dict[str, int]:
    """Bytes by the file's own names ("MemTotal", "MemAvailable", "Slab"); empty where it cannot be read."""
    try:
        return parse(Path("/proc/meminfo").read_text())
    except (OSError, ValueError):
        return {}


def parse(text: str) -> dict[str, int]:
    """`Name: number kB`, which is 1024 bytes; lines without that unit are counts, and left out. ValueError."""
    lines = (line.split() for line in text.splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[2:] == ["kB"]}
