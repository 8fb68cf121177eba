"""`netlab http serve`: the loopback origin in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples

SERVER, WHAT = "Server", "What it serves"
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", min=0, max=65535, help="Port; 0: any free one; else from 8080.", rich_help_panel=SERVER
    ),
]
Tls = Annotated[
    bool, typer.Option("--tls", help="HTTPS too: a certificate is made now.", rich_help_panel=SERVER)
]  # fmt: skip
TlsPort = Annotated[
    int | None,
    typer.Option("--tls-port", metavar="N", min=0, max=65535, help="Its port; else from 8443.", rich_help_panel=SERVER),
]
MaxConnections = Annotated[
    int,
    typer.Option(
        "--max-connections", metavar="N", min=1, max=5000, help="One more gets a 503.", rich_help_panel=SERVER
    ),
]
IdleTimeout = Annotated[
    float,
    typer.Option("--idle-timeout", metavar="S", min=0.1, help="Close who is silent so long.", rich_help_panel=SERVER),
]
ServeFor = Annotated[
    float | None, typer.Option("--duration", metavar="S", min=0.01, help="End after S seconds.", rich_help_panel=SERVER)
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No request log.", rich_help_panel=SERVER)]
Directory = Annotated[
    Path | None, typer.Option("--directory", metavar="DIR", help="Files, at / and below.", rich_help_panel=WHAT)
]
WireDir = Annotated[
    Path | None,
    typer.Option("--wire-dir", metavar="DIR", help="Files replayed raw, /wire/file/NAME.", rich_help_panel=WHAT),
]


@examples("netlab http serve", "netlab http serve --tls --directory .", "curl -i http://127.0.0.1:8080/wire/obs-fold")
def serve(
    host: options.Host = "127.0.0.1",
    port: Port = None,
    tls: Tls = False,
    tls_port: TlsPort = None,
    max_connections: MaxConnections = 256,
    idle_timeout: IdleTimeout = 15.0,
    quiet: Quiet = False,
    duration: ServeFor = None,
    directory: Directory = None,
    wire_dir: WireDir = None,
    as_json: options.Json = False,
    save: options.Save = True,
) -> None:
    """Run an origin whose pages provoke, one each, what a client must take.

    Chunks, trailers, redirects, ranges, broken responses: / lists them all.
    """
    from netlab.cli.live import log_lines
    from netlab.cli.output import present
    from netlab.errors import UsageError
    from netlab.experiments.http.serve import Parameters
    from netlab.registry import find
    from netlab.runner import run

    if tls_port is not None and not tls:
        raise UsageError("--tls-port is for --tls")
    parameters = Parameters(
        host, port, tls, tls_port, directory, wire_dir, max_connections, idle_timeout, not quiet, duration
    )
    with log_lines() as progress:
        report = run(line := find("http-serve"), line.load(), parameters, save=save, progress=progress)
    present(report, as_json=as_json)
