"""`netlab udp-behaviour`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options, tcp_lab
from netlab.cli.help import examples


def _chance(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        name, metavar="CHANCE", min=0.0, max=0.9, help=what, rich_help_panel=tcp_lab.WIRE
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
    delay: tcp_lab.Delay = 0.005,
    seed: tcp_lab.Seed = 1,
    pcap: tcp_lab.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """See what UDP promises between two hosts of your own, and what it does not.

    Boundaries that stay, fragments, a port where nobody listens, a buffer that
    overflows, one datagram for many, and a wire that loses, doubles and reorders.
    """
    from netlab.experiments.udp_behaviour import Parameters

    parameters = Parameters(numbered, loss, duplicate, reorder, delay, pcap, seed)
    tcp_lab.finish(tcp_lab.start("udp-behaviour", parameters, save), as_json, plot, pcap)
