"""`netlab http keepalive`: one connection for all requests, against a new one each."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.experiments.http.commands import http_options
from netlab.experiments.servers.commands import server_options

HOW = "How"
Where = Annotated[
    str | None, typer.Argument(metavar="[URL]", help="Of this machine; none, or a /path: the built-in origin.")
]
Requests = Annotated[
    int, typer.Option("--requests", metavar="N", min=1, max=10_000, help="Of each way, a round.", rich_help_panel=HOW)
]
Depth = Annotated[
    int, typer.Option("--depth", metavar="N", min=2, max=64, help="Sent ahead, pipelined.", rich_help_panel=HOW)
]


@examples("netlab http keepalive", "netlab http keepalive http://127.0.0.1:8080/ --requests 1000 --plot keep.svg")
def keepalive(
    url: Where = None,
    requests: Requests = 100,
    rounds: server_options.Rounds = 5,
    depth: Depth = 8,
    tls: http_options.Tls = False,
    cacert: http_options.Cacert = None,
    insecure: http_options.Insecure = False,
    timeout: http_options.Timeout = 10.0,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Compare one connection for all requests with a new one each, and pipelining.

    Speed, latency, bytes, and the sockets left in TIME_WAIT, in interleaved rounds.
    """
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.http.keepalive import Parameters
    from netlab.runner import run

    parameters = Parameters(url, requests, rounds, depth, tls, cacert, insecure, timeout)
    with progress_bar() as progress:
        report = run("http-keepalive", parameters, save=save, progress=progress)
    present(report, as_json=as_json, plot=plot)
