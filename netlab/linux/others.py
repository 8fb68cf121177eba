"""How busy everybody else was: what a measurement on a shared machine is worth.

The kernel counts for each CPU how long it ran processes (/proc/stat, proc(5)). What remains when our own processes' CPU
time is taken away was somebody else's: a browser, a virus scanner, another experiment. Interrupts are left out, because
the network's work for our own sockets is among them.
"""

from __future__ import annotations

import os
from collections.abc import Collection

_TICKS = os.sysconf("SC_CLK_TCK")


def busy_s(cpus: Collection[int]) -> float | None:
    """Seconds that `cpus` have spent on processes since the machine was started; None where the kernel does not say."""
    total = 0.0
    seen = 0
    try:
        with open("/proc/stat") as file:
            for line in file:
                name, *fields = line.split()
                if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in cpus:
                    user, nice, system = map(int, fields[:3])
                    total += (user + nice + system) / _TICKS
                    seen += 1
    except (OSError, ValueError):
        return None
    return total if seen == len(cpus) else None
