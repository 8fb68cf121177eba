"""`netlab udp-behaviour`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts


def _chance(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        name, metavar="CHANCE", min=0.0, max=0.9, help=what, rich_help_panel=two_hosts.WIRE
    )
    return option


@examples("netlab udp-behaviour", "netlab udp-behaviour --loss 0.5 --reorder 0 --seed 3 --pcap udp.pcap")
def udp_behaviour(
    numbered: Annotated[
        int, typer.Option("--numbered", metavar="N", min=10, max=200, help="Datagrams over the bad wire.")
    ] = 100,
    loss: Annotated[float, _chance("--loss", "Of each frame on it.")] = 0.1,
    duplicate: Annotated[float, _chance("--duplicate", "To come twice.")] = 0.1,
    reorder: Annotated[float, _chance("--reorder", "To be overtaken.")] = 0.2,
    delay: two_hosts.Delay = 0.005,
    seed: two_hosts.Seed = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """See what UDP promises between two hosts of your own, and what it does not.

    Boundaries that stay, fragments, a port where nobody listens, a buffer that
    overflows, one datagram for many, and a wire that loses, doubles and reorders.
    """
    from netlab.experiments.udp.behaviour import Parameters

    parameters = Parameters(numbered, loss, duplicate, reorder, delay, pcap, seed)
    two_hosts.finish(two_hosts.start("udp-behaviour", parameters, save), as_json, plot, pcap)
