"""`netlab tcp-nagle`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts


@examples("netlab tcp-nagle", "netlab tcp-nagle --exchanges 50 --delay 0.001 --pcap nagle.pcap")
def tcp_nagle(
    exchanges: Annotated[int, typer.Option("--exchanges", metavar="N", min=5, max=200, help="Of each case.")] = 20,
    keys: Annotated[int, typer.Option("--keys", metavar="N", min=10, max=300, help="Writes of one byte.")] = 60,
    interval: Annotated[float, typer.Option("--interval", metavar="S", help="Between two of those.")] = 0.005,
    delay: two_hosts.Delay = 0.005,
    seed: two_hosts.Seed = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Write little at a time, and see who waits for whom.

    A request in two writes, where Nagle's rule waits for the delayed ACK; the same
    with TCP_NODELAY, one sendmsg(), TCP_CORK, TCP_QUICKACK; and keystrokes.
    """
    from netlab.experiments.tcp.nagle import Parameters

    parameters = Parameters(exchanges, keys, interval, delay, pcap, seed)
    two_hosts.finish(two_hosts.start("tcp-nagle", parameters, save), as_json, plot, pcap)
