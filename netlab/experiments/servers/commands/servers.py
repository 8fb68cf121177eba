"""`netlab tcp-server`, `udp-server`: a mode under the built-in load, or kept up for any client."""

from __future__ import annotations

from typing import Any

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.cli.values import Counts, Names
from netlab.errors import UsageError
from netlab.experiments.servers.commands import server_options

SERVE_PORT = 7007
LOAD_ONLY = ("connections", "idle", "size", "depth", "messages", "warmup", "rate", "per_connection", "load_workers",
             "timestamps", "seed")  # fmt: skip
"""What describes the load, and so says nothing where there is none: --serve."""
ALL = "all"


@examples(
    "netlab tcp-server --mode epoll",
    "netlab tcp-server --mode select --idle 900",
    "netlab tcp-server --mode thread --serve",
)
def tcp_server(
    context: typer.Context,
    mode: server_options.Mode = "epoll",
    serve: server_options.Serve = False,
    connections: options.Connections = 100,
    idle: server_options.Idle = 0,
    size: options.Size = 64,
    depth: server_options.Depth = 1,
    duration: server_options.Duration = None,
    messages: server_options.Messages = None,
    warmup: server_options.Warmup = 0.2,
    rate: server_options.Rate = None,
    per_connection: server_options.PerConnection = None,
    load_workers: server_options.LoadWorkers = 1,
    timestamps: server_options.Timestamps = False,
    host: options.Host = "127.0.0.1",
    port: server_options.Port = None,
    workers: server_options.Workers = None,
    max_connections: server_options.MaxConnections = None,
    idle_timeout: server_options.IdleTimeout = None,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Run a TCP echo server in one of its modes, load it, and report what was measured.

    With --serve it stays up instead, and reports what it served.
    """
    _server("tcp", locals())


@examples(
    "netlab udp-server --mode batch", "netlab udp-server --mode iterative --rate 20000", "netlab udp-server --serve"
)
def udp_server(
    context: typer.Context,
    mode: server_options.Mode = "iterative",
    serve: server_options.Serve = False,
    connections: options.Connections = 100,
    size: options.Size = 64,
    depth: server_options.Depth = 1,
    duration: server_options.Duration = None,
    messages: server_options.Messages = None,
    warmup: server_options.Warmup = 0.2,
    rate: server_options.Rate = None,
    load_workers: server_options.LoadWorkers = 1,
    timestamps: server_options.Timestamps = False,
    host: options.Host = "127.0.0.1",
    port: server_options.Port = None,
    workers: server_options.Workers = None,
    max_connections: server_options.MaxConnections = None,
    idle_timeout: server_options.IdleTimeout = None,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Run a UDP echo server in one of its modes, load it, and report what was measured: loss, too.

    With --serve it stays up instead, and reports what it served.
    """
    _server("udp", locals())


def _server(transport: str, given: dict[str, Any]) -> None:
    _refuse_idle_options(transport, given)
    if given["serve"]:
        _serve(transport, given)
        return
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.servers import tcp_server, udp_server
    from netlab.runner import run

    module = tcp_server if transport == "tcp" else udp_server
    parameters = module.Parameters(
        mode=given["mode"],
        host=given["host"],
        port=given["port"] or 0,
        connections=given["connections"],
        idle=given.get("idle", 0),
        size=given["size"],
        depth=given["depth"],
        duration_s=given["duration"] or 2.0,
        messages=given["messages"],
        warmup_s=given["warmup"],
        rate=given["rate"],
        per_connection=given.get("per_connection"),
        load_workers=given["load_workers"],
        timestamps=given["timestamps"],
        workers=given["workers"],
        max_connections=given["max_connections"],
        idle_timeout_s=given["idle_timeout"],
        cpus=given["cpus"],
        seed=given["seed"] or 0,
    )
    with progress_bar() as progress:
        report = run(f"{transport}-server", parameters, save=given["save"], progress=progress)
    present(report, as_json=given["as_json"], plot=given["plot"])


def _refuse_idle_options(transport: str, given: dict[str, Any]) -> None:
    """Raise UsageError for an option that somebody wrote and that would do nothing."""
    from netlab.servers.modes import find

    mode = find(transport, given["mode"])
    if given["workers"] is not None and not mode.workers:
        raise UsageError(f"--workers: {mode.name} has no fixed number of processes or threads",
                         f"netlab modes {mode.name}")  # fmt: skip
    if transport == "udp" and given["max_connections"] is not None and not mode.per_connection:
        raise UsageError(f"--max-connections: {mode.name} over UDP keeps nothing for a client", "--mode thread or fork")
    if given["serve"]:
        written = [name for name in LOAD_ONLY if name in given and options.was_written(given["context"], name)]
        if written:
            raise UsageError(
                f"--{written[0].replace('_', '-')} has no effect with --serve: the load is others'",
                f"from another terminal: netlab {transport}-client 127.0.0.1:{SERVE_PORT}",
            )
    elif given["messages"] is not None and given["duration"] is not None:
        raise UsageError("--messages and --duration: one of them ends the run, not both")


def _serve(transport: str, given: dict[str, Any]) -> None:
    """Keep it up; Ctrl-C and SIGTERM end it in order, with its report and exit code 0."""
    from netlab.cli.live import live_line
    from netlab.cli.output import present
    from netlab.experiments.servers.serving import Parameters
    from netlab.runner import run

    parameters = Parameters(
        transport=transport,
        mode=given["mode"],
        host=given["host"],
        port=SERVE_PORT if given["port"] is None else given["port"],
        duration_s=given["duration"],
        workers=given["workers"],
        max_connections=given["max_connections"],
        idle_timeout_s=given["idle_timeout"],
        cpus=given["cpus"],
    )
    with live_line() as progress:
        report = run(f"{transport}-serve", parameters, save=given["save"], progress=progress)
    present(report, as_json=given["as_json"], plot=given["plot"])


@examples(
    "netlab tcp-compare",
    "netlab tcp-compare --modes select,poll,epoll --idle 0,100,900",
    "netlab tcp-compare --unp 2000",
)
def tcp_compare(
    modes: server_options.Modes = Names(("iterative", "fork", "thread", "select", "epoll")),
    connections: server_options.ConnectionCounts = Counts((10,)),
    idle: server_options.IdleCounts = Counts((0, 900)),
    size: options.Size = 64,
    duration: server_options.TrialDuration = 0.5,
    rounds: server_options.Rounds = 3,
    unp: server_options.Unp = None,
    workers: server_options.Workers = None,
    max_connections: server_options.MaxConnections = None,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Run TCP server modes side by side, in interleaved rounds, and compare them.

    Each round runs every mode once, so that what disturbs the machine disturbs all of them.
    """
    _compare("tcp", locals())


@examples("netlab udp-compare", "netlab udp-compare --modes iterative,batch --rounds 5")
def udp_compare(
    modes: server_options.Modes = Names((ALL,)),
    connections: server_options.ConnectionCounts = Counts((100,)),
    size: options.Size = 64,
    duration: server_options.TrialDuration = 0.5,
    rounds: server_options.Rounds = 3,
    workers: server_options.Workers = None,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Run UDP server modes side by side, in interleaved rounds, and compare them."""
    _compare("udp", locals())


def _compare(transport: str, given: dict[str, Any]) -> None:
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.servers import tcp_compare, udp_compare
    from netlab.runner import run
    from netlab.servers.modes import MODES, find

    wanted = [mode.name for mode in MODES[transport]] if given["modes"] == Names((ALL,)) else given["modes"]
    modes = [find(transport, name).name for name in wanted]
    if not modes:
        raise UsageError("--modes: none given", "netlab modes lists them")
    module = tcp_compare if transport == "tcp" else udp_compare
    parameters = module.Parameters(
        modes=tuple(dict.fromkeys(modes)),
        connections=given["connections"],
        idle=given.get("idle", (0,)),
        size=given["size"],
        duration_s=given["duration"],
        rounds=given["rounds"],
        unp_connections=given.get("unp"),
        workers=given["workers"],
        max_connections=given.get("max_connections"),
        cpus=given["cpus"],
        seed=given["seed"] or 0,
    )
    with progress_bar() as progress:
        report = run(f"{transport}-compare", parameters, save=given["save"], progress=progress)
    present(report, as_json=given["as_json"], plot=given["plot"])
