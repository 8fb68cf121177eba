"""`netlab tcp-limits`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options, values
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts

HOLD = "Holding"


@examples("netlab tcp-limits", "netlab tcp-limits --hold 100000 --plot held.svg")
def tcp_limits(
    ports: Annotated[
        int, typer.Option("--ports", metavar="N", min=10, max=1000, help="Ports of the client that runs out of them.")
    ] = 100,
    hold: Annotated[
        int,
        typer.Option(
            "--hold",
            metavar="N",
            min=0,
            max=1_000_000,
            rich_help_panel=HOLD,
            help="Connections to hold at once; 0: none.",
        ),
    ] = 10_000,
    keep_free: Annotated[
        int | None,
        typer.Option(
            "--keep-free",
            metavar="BYTES",
            parser=values.size_bytes,
            rich_help_panel=HOLD,
            help="Memory that is not to be touched: 2G. By default a tenth.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", min=0, rich_help_panel=HOLD, help="Which of them are asked for an echo."),
    ] = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """See how many connections there can be, and hold ten thousand, or a million.

    Ports used up, and used again towards another destination; descriptors used
    up; and N connections held: set-up time, memory, and the echo among them.
    """  # fmt: skip
    from netlab.experiments.limits.limits import Parameters

    two_hosts.finish(
        two_hosts.start("tcp-limits", Parameters(hold, ports, keep_free, pcap, seed), save), as_json, plot, pcap
    )
