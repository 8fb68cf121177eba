"""`netlab tcp-congestion`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options, values
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts


@examples("netlab tcp-congestion", "netlab tcp-congestion --algorithms reno,cubic --queue 10 --plot queue.svg")
def tcp_congestion(
    algorithms: Annotated[
        values.Names,
        typer.Option("--algorithms", metavar="LIST", help="Congestion controls of this kernel.", parser=values.names),
    ] = values.Names(("reno", "cubic", "bbr")),
    share: Annotated[bool, typer.Option("--share/--no-share", help="Also two at a time.")] = True,
    duration: Annotated[
        float, typer.Option("--duration", metavar="S", min=1.0, max=60.0, help="Of each run, in seconds.")
    ] = 7.0,
    rate: Annotated[
        float,
        typer.Option("--rate", metavar="MBIT", min=1.0, max=100.0, help="Mbit/s, 10^6 bits.",
                     rich_help_panel=two_hosts.WIRE),
    ] = 10.0,
    queue: Annotated[
        int,
        typer.Option("--queue", metavar="N", min=2, max=2000, help="Frames that may wait.",
                     rich_help_panel=two_hosts.WIRE),
    ] = 60,
    delay: two_hosts.Delay = 0.01,
    seed: two_hosts.Seed = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:  # fmt: skip
    """Compare congestion controls over one bottleneck of your own.

    cwnd, ssthresh, queue and round trip over time, each algorithm alone; then
    two at a time: who gets how much, and how long everybody waits.
    """
    from netlab.experiments.tcp.congestion import Parameters

    parameters = Parameters(tuple(algorithms), rate, delay, queue, duration, share, pcap, seed)
    two_hosts.finish(two_hosts.start("tcp-congestion", parameters, save), as_json, plot, pcap)
