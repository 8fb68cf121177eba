"""`netlab tcp-flow`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options, values
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts


def _size(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, metavar="BYTES", help=what, parser=values.size_bytes)
    return option


@examples("netlab tcp-flow", "netlab tcp-flow --buffer 16K --probes 4 --timeline --pcap flow.pcap")
def tcp_flow(
    size: Annotated[int, _size("--size", "What is written: 600K.")] = 600_000,
    read: Annotated[int, _size("--read", "What is read of it before the reader stops.")] = 200_000,
    buffer: Annotated[int, _size("--buffer", "SO_RCVBUF there, SO_SNDBUF here: 64K.")] = 65_536,
    probes: Annotated[
        int, typer.Option("--probes", metavar="N", min=3, max=5, help="So many, then the reader goes on.")
    ] = 3,
    timeline: Annotated[bool, typer.Option("--timeline", help="Show it: calls, kernel, telling segments.")] = False,
    delay: two_hosts.Delay = 0.03,
    seed: two_hosts.Seed = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Write to a reader that stops, and see the window close and open again.

    How much may be under way, over time; when send() blocks, and what the two
    kernels hold then; the probes, with pauses that double; the first update.
    """
    from netlab.experiments.tcp.flow import Parameters

    parameters = Parameters(size, read, buffer, probes, delay, timeline, pcap, seed)
    two_hosts.finish(two_hosts.start("tcp-flow", parameters, save), as_json, plot, pcap)
