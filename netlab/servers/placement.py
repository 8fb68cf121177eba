"""Which CPUs the server and the load run on. Stated in every report, because it decides much of what is measured.

By default the server has one CPU and the load another: then the server's CPU time is the server's alone, and so is
its rate. Modes with a worker a CPU get them all. On one CPU, both share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlab.errors import UsageError
from netlab.linux.process import cpus as allowed_cpus
from netlab.servers.modes import Mode

FREE = "free"


@dataclass(frozen=True, slots=True)
class Placement:
    """CPUs of the server and of the load; empty: wherever the scheduler puts them."""

    server: tuple[int, ...]
    load: tuple[int, ...]

    def describe(self) -> str:
        """In words, for the report."""
        if not self.server and not self.load:
            return "not pinned: server and load wherever the scheduler puts them"
        return f"server on {_name(self.server)}, load on {_name(self.load)}"

    def single_cpu(self) -> bool:
        """Whether server and load have one CPU each, and not the same."""
        return len(self.server) == 1 and len(self.load) == 1 and self.server != self.load


def place(mode: Mode, cpus: str | None, load_workers: int = 1) -> Placement:
    """Where a server in `mode` and its load go. `cpus`: the user's word for the server, "0", "0,2", "0-3" or "free"."""
    allowed = allowed_cpus()
    if cpus == FREE:
        return Placement((), ())
    if cpus is not None:
        server = parse_cpus(cpus)
    elif mode.reuse_port:
        server = tuple(allowed)
    else:
        server = (allowed[0],)
    others = tuple(cpu for cpu in allowed if cpu not in server) or tuple(allowed)
    # One load worker a CPU, counted from the far end: CPU 0 is where most machines handle their interrupts.
    return Placement(server, tuple(reversed(others))[:load_workers])


def parse_cpus(text: str) -> tuple[int, ...]:
    """ "0,2-3" → (0, 2, 3); UsageError unless all of them are there for us."""
    allowed = allowed_cpus()
    chosen: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isascii() and first.isdigit() and (not dash or (last.isascii() and last.isdigit()))):
            raise UsageError(f"--cpus {text}: not a list of CPUs", "write 0, or 0,2, or 0-3, or free")
        low, high = int(first), int(last or first)
        if high < low or high > 1 << 16:
            raise UsageError(f"--cpus {text}: not a list of CPUs", "write 0, or 0,2, or 0-3, or free")
        chosen.extend(range(low, high + 1))
    missing = [cpu for cpu in chosen if cpu not in allowed]
    if missing:
        raise UsageError(
            f"--cpus {text}: this process may not run on CPU {missing[0]}", f"it may run on {_name(allowed)}"
        )
    return tuple(dict.fromkeys(chosen))


def _name(cpus: Sequence[int]) -> str:
    return ("CPU " if len(cpus) == 1 else "CPUs ") + ", ".join(map(str, cpus)) if cpus else "any CPU"
