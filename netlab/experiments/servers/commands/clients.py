"""`netlab tcp-client`, `udp-client`: load on an echo server that somebody else runs."""

from __future__ import annotations

from typing import Any

from netlab.cli import options
from netlab.cli.help import examples
from netlab.errors import UsageError
from netlab.experiments.servers.commands import server_options


@examples("netlab tcp-client 127.0.0.1:7007", "netlab tcp-client 127.0.0.1:7007 --rate 5000 --duration 10")
def tcp_client(
    target: options.Target,
    connections: options.Connections = 100,
    idle: server_options.Idle = 0,
    size: options.Size = 64,
    depth: server_options.Depth = 1,
    duration: server_options.Duration = None,
    messages: server_options.Messages = None,
    warmup: server_options.Warmup = 0.2,
    rate: server_options.Rate = None,
    per_connection: server_options.PerConnection = None,
    workers: server_options.ClientWorkers = 1,
    timestamps: server_options.Timestamps = False,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Load a TCP echo server, check every byte that comes back, and report how long it took.

    Ctrl-C gives the report so far.
    """
    _client("tcp", locals())


@examples("netlab udp-client 127.0.0.1:7007", "netlab udp-client 127.0.0.1:7007 --rate 20000 --duration 10")
def udp_client(
    target: options.Target,
    connections: options.Connections = 100,
    size: options.Size = 64,
    depth: server_options.Depth = 1,
    duration: server_options.Duration = None,
    messages: server_options.Messages = None,
    warmup: server_options.Warmup = 0.2,
    rate: server_options.Rate = None,
    workers: server_options.ClientWorkers = 1,
    timestamps: server_options.Timestamps = False,
    cpus: server_options.Cpus = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Load a UDP echo server and count what is lost, late, doubled or out of order.

    Ctrl-C gives the report so far.
    """
    _client("udp", locals())


def _client(transport: str, given: dict[str, Any]) -> None:
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.servers import tcp_client, udp_client
    from netlab.runner import run

    if given["messages"] is not None and given["duration"] is not None:
        raise UsageError("--messages and --duration: one of them ends the run, not both")
    module = tcp_client if transport == "tcp" else udp_client
    parameters = module.Parameters(
        host=given["target"].host,
        port=given["target"].port,
        connections=given["connections"],
        idle=given.get("idle", 0),
        size=given["size"],
        depth=given["depth"],
        duration_s=given["duration"] or 2.0,
        messages=given["messages"],
        warmup_s=given["warmup"],
        rate=given["rate"],
        per_connection=given.get("per_connection"),
        workers=given["workers"],
        timestamps=given["timestamps"],
        cpus=given["cpus"],
        seed=given["seed"] or 0,
    )
    with progress_bar() as progress:
        report = run(f"{transport}-client", parameters, save=given["save"], progress=progress)
    present(report, as_json=given["as_json"], plot=given["plot"])
