"""How busy everybody else was: what a measurement on a shared machine is worth.

The kernel counts for each CPU how long it ran processes (/proc/stat, proc(5)). What remains when our own processes' CPU
time is taken away was somebody else's: a browser, a virus scanner, another experiment. Interrupts are left out, because
the network's work for our own sockets is among them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

_TICKS = os.sysconf("SC_CLK_TCK")


def busy_s(cpus: Collection[int]) -> float | None:
    """Seconds that `cpus` have spent on processes since the machine was started; None where the kernel does not say."""
    try:
        with open("/proc/stat") as file:
            return parse(file, cpus)
    except (OSError, ValueError):
        return None


def parse(lines: Iterable[str], cpus: Collection[int]) -> float | None:
    """The same from the lines of a /proc/stat, "cpu0 user nice system idle …" in ticks; None where a CPU is missing."""
    total = 0.0
    seen = 0
    for line in lines:
        name, *fields = line.split()
        if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in cpus:
            user, nice, system = map(int, fields[:3])
            total += (user + nice + system) / _TICKS
            seen += 1
    return total if seen == len(cpus) else None
