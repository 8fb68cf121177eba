"""What tcp-server and udp-server have in common: from parameters to a trial, and to its report."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiments.servers.server_report import measurement_of
from netlab.experiments.servers.trial import Setup, run
from netlab.load.plan import Plan
from netlab.progress import Progress
from netlab.report.quantity import Measurement
from netlab.servers.limits import Limits
from netlab.servers.modes import Mode, find
from netlab.servers.placement import place

DEFAULT_MAX_CONNECTIONS = 20_000
LARGEST_POOL = 512
"""Workers that a pool gets by default, if there are as many connections: so that none is left waiting."""


@dataclass(frozen=True, slots=True)
class ServerParameters:
    """A server and its load. Sizes in bytes, times in seconds; None: by the mode or the load."""

    mode: str = "epoll"
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 100
    idle: int = 0
    size: int = 64
    depth: int = 1
    duration_s: float | None = 2.0
    messages: int | None = None
    warmup_s: float = 0.2
    rate: float | None = None
    per_connection: int | None = None
    load_workers: int = 1
    timestamps: bool = False
    workers: int | None = None
    max_connections: int | None = None
    idle_timeout_s: float | None = None
    drain_s: float = 1.0
    cpus: str | None = None
    seed: int = 0


def measure(transport: str, parameters: ServerParameters, progress: Progress) -> Measurement:
    """Run the trial that the parameters describe, and report it."""
    return measurement_of(run(setup_of(transport, parameters), progress))


def setup_of(transport: str, parameters: ServerParameters) -> Setup:
    """The trial that the parameters describe; UsageError for what cannot be."""
    mode = find(transport, parameters.mode)
    plan = Plan(
        connections=parameters.connections,
        idle=parameters.idle,
        size=parameters.size,
        depth=parameters.depth,
        duration_s=None if parameters.messages is not None else parameters.duration_s,
        messages=parameters.messages,
        warmup_s=parameters.warmup_s,
        rate=parameters.rate,
        per_connection=parameters.per_connection,
        workers=parameters.load_workers,
        timestamps=parameters.timestamps,
        seed=parameters.seed,
    )
    placement = place(mode, parameters.cpus, parameters.load_workers)
    limits = limits_of(
        mode,
        workers=parameters.workers,
        max_connections=parameters.max_connections,
        idle_timeout_s=parameters.idle_timeout_s,
        drain_s=parameters.drain_s,
        connections=plan.connections + plan.idle,
        cpu_count=len(placement.server),
    )
    return Setup(transport, mode, plan, limits, placement, parameters.host, parameters.port)


def limits_of(
    mode: Mode,
    *,
    workers: int | None,
    max_connections: int | None,
    idle_timeout_s: float | None,
    drain_s: float,
    connections: int,
    cpu_count: int,
) -> Limits:
    """The limits that suit a mode, where the user has not said otherwise."""
    if workers is None:
        workers = max(cpu_count, 2) if mode.reuse_port else min(connections, LARGEST_POOL)
    if max_connections is None:
        max_connections = mode.per_connection or DEFAULT_MAX_CONNECTIONS
    return Limits(max_connections, idle_timeout_s, drain_s, workers)
