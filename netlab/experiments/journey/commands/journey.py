"""`netlab journey`."""

from __future__ import annotations

from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.experiments.tcp.commands import two_hosts


@examples("netlab journey", "netlab journey http://www.kaola.com/big/5000 --packet 9 --pcap journey.pcap")
def journey(
    url: Annotated[
        str, typer.Argument(metavar="[URL]", help="http://NAME[:PORT]/PATH; /order is an order (POST), others a GET.")
    ] = "http://www.kaola.com/order",
    again: Annotated[bool, typer.Option("--again", help="A second time: what is remembered, and so skipped.")] = False,
    packets: Annotated[
        bool, typer.Option("--packets", help="Every packet on every stretch; the kernels' tables.")
    ] = False,
    packet: Annotated[
        str | None, typer.Option("--packet", metavar="N", help="Which as boxes, too: 9, or 1,5-7, or all.")
    ] = None,
    delay: Annotated[
        float,
        typer.Option(
            "--delay",
            metavar="S",
            min=0.0,
            max=0.5,
            help="One way, between the gates: 0.05.",
            rich_help_panel=two_hosts.WIRE,
        ),
    ] = 0.01,
    loss: Annotated[
        float,
        typer.Option(
            "--loss",
            metavar="CHANCE",
            min=0.0,
            max=0.3,
            help="Of each frame, between the gates: 0.2.",
            rich_help_panel=two_hosts.WIRE,
        ),
    ] = 0.0,
    seed: two_hosts.Seed = 1,
    pcap: two_hosts.Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """From the name in the address bar to the shop's answer, packet by packet.

    A client, a DNS server, a switch, two routers and a shop, on networks of your
    own: what each packet carries on each stretch, and what changes at each gate.
    Exit code 4 where the journey ends early.
    """
    from netlab.errors import PeerError
    from netlab.experiments.journey.journey import Parameters

    parameters = Parameters(url, again, delay, loss, packets, packet, pcap, seed)
    report = two_hosts.start("journey", parameters, save)
    two_hosts.finish(report, as_json, plot, pcap)
    if any(fact.name == "failed" and fact.value for fact in report.measurement.facts):
        raise typer.Exit(PeerError.exit_code)
