"""What tcp-server and udp-server have in common: from parameters to a trial, and to its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from netlab.errors import UsageError
from netlab.experiments.options import Seed
from netlab.experiments.servers.options import (
    LOAD_PROCESSES,
    Load,
    Mode,
    Serve,
    ServerOptions,
    Timestamps,
    refuse_two_ends,
)
from netlab.experiments.servers.server_report import measurement_of
from netlab.experiments.servers.trial import Setup, run
from netlab.option import leaves
from netlab.progress import Progress
from netlab.report.quantity import Measurement
from netlab.servers.limits import Limits
from netlab.servers.modes import Mode as ServerMode
from netlab.servers.modes import find
from netlab.servers.placement import place

DEFAULT_MAX_CONNECTIONS = 20_000
SERVE_PORT = 7007
LOAD_ONLY = (
    *(leaf.name for leaf in leaves(Load) if leaf.name != "duration_s"),
    "load_workers",
    "timestamps",
    "seed",
)
"""What describes the load, and so says nothing where there is none: --serve."""

LARGEST_POOL = 512
"""Workers that a pool gets by default, if there are as many connections: so that none is left waiting."""


@dataclass(frozen=True, slots=True)
class ServerParameters:
    """A server and its load. `serve`: without load, for any client."""

    mode: Mode = "epoll"
    serve: Serve = False
    load: Load = field(default_factory=Load)
    load_workers: Annotated[int, LOAD_PROCESSES] = 1
    timestamps: Timestamps = False
    server: ServerOptions = field(default_factory=ServerOptions)
    seed: Seed = 0


OneTrial = TypeVar("OneTrial", bound=ServerParameters)


def settle(transport: str, parameters: OneTrial, written: frozenset[str]) -> OneTrial:
    """Raise UsageError for an option that somebody wrote and that would do nothing."""
    mode, server = find(transport, parameters.mode), parameters.server
    if server.workers is not None and not mode.workers:
        raise UsageError(
            f"--workers: {mode.name} has no fixed number of processes or threads", f"netlab modes {mode.name}"
        )
    if transport == "udp" and server.max_connections is not None and not mode.per_connection:
        raise UsageError(f"--max-connections: {mode.name} over UDP keeps nothing for a client", "--mode thread or fork")
    if not parameters.serve:
        refuse_two_ends(parameters.load, written)
        return parameters
    for name in LOAD_ONLY:
        if name in written:
            raise UsageError(
                f"--{name.removesuffix('_s').replace('_', '-')} has no effect with --serve: the load is others'",
                f"from another terminal: netlab {transport}-client 127.0.0.1:{SERVE_PORT}",
            )
    return parameters


def measure(transport: str, parameters: ServerParameters, progress: Progress) -> Measurement:
    return measurement_of(run(setup_of(transport, parameters), progress))


def setup_of(transport: str, parameters: ServerParameters) -> Setup:
    """The trial that the parameters describe; UsageError for what cannot be."""
    mode = find(transport, parameters.mode)
    server = parameters.server
    plan = parameters.load.plan(workers=parameters.load_workers, timestamps=parameters.timestamps, seed=parameters.seed)
    placement = place(mode, server.cpus, parameters.load_workers)
    limits = limits_of(mode, server, connections=plan.connections + plan.idle, cpu_count=len(placement.server))
    return Setup(transport, mode, plan, limits, placement, server.host, server.port)


def limits_of(mode: ServerMode, server: ServerOptions, *, connections: int, cpu_count: int) -> Limits:
    """The limits that suit a mode, where the user has not said otherwise."""
    workers = server.workers
    if workers is None:
        workers = max(cpu_count, 2) if mode.reuse_port else min(connections, LARGEST_POOL)
    max_connections = server.max_connections
    if max_connections is None:
        max_connections = mode.per_connection or DEFAULT_MAX_CONNECTIONS
    return Limits(max_connections, server.idle_timeout_s, server.drain_s, workers)
