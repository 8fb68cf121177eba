"""Options of the echo servers and of their load, each declared once, and the plan that a load's options make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiments.options import LOAD, SERVER, Host, Size
from netlab.load.plan import Plan
from netlab.option import Option


@dataclass(frozen=True, slots=True)
class Load:
    """Messages that are sent and checked when they come back. Sizes in bytes, times in seconds."""

    connections: Annotated[int, Option("Connections open at once.", "N", 1, panel=LOAD)] = 100
    idle: Annotated[int, Option("Silent connections beside them.", "N", 0, panel=LOAD)] = 0
    size: Size = 64
    depth: Annotated[int, Option("Messages under way on each.", "N", 1, panel=LOAD)] = 1
    duration_s: Annotated[float, Option("Measure so long; 2 by default.", "S", 0.01, panel=LOAD, shown="")] = 2.0
    messages: Annotated[int | None, Option("Or: N on each connection.", "N", 1, panel=LOAD)] = None
    warmup_s: Annotated[float, Option("Not counted.", "S", 0, panel=LOAD)] = 0.2
    rate: Annotated[float | None, Option("Open loop: N/s in all, on schedule.", "N", 0.001, panel=LOAD)] = None
    per_connection: Annotated[int | None, Option("Reconnect after N messages.", "N", 1, panel=LOAD)] = None

    def plan(self, *, workers: int, timestamps: bool, seed: int) -> Plan:
        """What the load generator is to do. Raises UsageError for what cannot be done."""
        return Plan(
            connections=self.connections,
            idle=self.idle,
            size=self.size,
            depth=self.depth,
            duration_s=None if self.messages is not None else self.duration_s,
            messages=self.messages,
            warmup_s=self.warmup_s,
            rate=self.rate,
            per_connection=self.per_connection,
            workers=workers,
            timestamps=timestamps,
            seed=seed,
        )


TCP_ONLY = ("idle", "per_connection")
"""Of the load: UDP has no connections that could be idle or anew."""

LOAD_PROCESSES = Option("Load processes.", "N", 1, 256, panel=LOAD)
Timestamps = Annotated[bool, Option("Also the kernel's time of arrival.", panel=LOAD)]
Workers = Annotated[int | None, Option("Size of a pool.", "N", 1, 4096, panel=SERVER)]
MaxConnections = Annotated[int | None, Option("One more is closed at once.", "N", 1, 100_000, panel=SERVER)]
Cpus = Annotated[str | None, Option("Pin it there: 0, 0,2 or free.", "LIST", panel=SERVER)]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where a server listens and what bounds it; None: by the mode or the load. Times in seconds."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Option("0: any free one; 7007 with --serve.", "N", 0, 65535, panel=SERVER, shown="")] = 0
    workers: Workers = None
    max_connections: MaxConnections = None
    idle_timeout_s: Annotated[float | None, Option("Close who is silent so long.", "S", 0.1, panel=SERVER)] = None
    drain_s: float = 1.0
    cpus: Cpus = None


def refuse_two_ends(load: Load, written: frozenset[str]) -> None:
    """Raise UsageError where both a time and a number of messages would end the run."""
    if load.messages is not None and "duration_s" in written:
        raise UsageError("--messages and --duration: one of them ends the run, not both")


def complete_mode(command: str, incomplete: str) -> list[tuple[str, str]]:
    """For the shell: modes that begin so, with what they are. Of UDP, TCP, or both, by the command."""
    from netlab.servers.modes import MODES

    wanted = [name for name in MODES if command.startswith(name)] or list(MODES)
    found = {mode.name: mode.summary for name in reversed(wanted) for mode in MODES[name]}
    return [(name, summary) for name, summary in found.items() if name.startswith(incomplete)]


def complete_modes(command: str, incomplete: str) -> list[tuple[str, str]]:
    """For the shell: the same for the last of a list, "select,ep"; none of them twice."""
    before, comma, last = incomplete.rpartition(",")
    said = before.split(",")
    return [(before + comma + name, help_) for name, help_ in complete_mode(command, last) if name not in said]


Mode = Annotated[str, Option("How it waits: netlab modes lists them.", "MODE", panel=SERVER, complete=complete_mode)]
Serve = Annotated[bool, Option("Stay up for any client, until Ctrl-C.", panel=SERVER, recorded=False)]
