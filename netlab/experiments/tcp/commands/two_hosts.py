"""`netlab tcp-handshake` and the other experiments on a private network of two hosts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netlab.cli import options, values
from netlab.cli.help import examples

if TYPE_CHECKING:
    from netlab.report.record import Report

WIRE = "Wire"
Delay = Annotated[
    float, typer.Option("--delay", metavar="S", min=0.0, max=2.0, help="One way, in seconds.", rich_help_panel=WIRE)
]
Loss = Annotated[
    float, typer.Option("--loss", metavar="CHANCE", min=0.0, max=0.5, help="Of each frame: 0.2.", rich_help_panel=WIRE)
]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="What the wire loses, to repeat it.", rich_help_panel=WIRE)
]
Pcap = Annotated[
    Path | None,
    typer.Option("--pcap", metavar="FILE", help="Keep the frames, for Wireshark.", rich_help_panel=options.REPORT),
]


@examples("netlab tcp-handshake", "netlab tcp-handshake --loss 0.3 --seed 4 --pcap handshake.pcap")
def tcp_handshake(
    delay: Delay = 0.05,
    loss: Loss = 0.0,
    seed: Seed = 1,
    pcap: Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Open a TCP connection between two hosts of your own, and watch it four ways.

    System calls, the kernel's states, the segments on the wire and the course's
    words on one timeline. A slow wire makes the passing states visible.
    """
    from netlab.experiments.tcp.handshake import Parameters

    finish(start("tcp-handshake", Parameters(delay, loss, pcap, seed), save), as_json, plot, pcap)


@examples(
    "netlab tcp-teardown",
    "netlab tcp-teardown --variant simultaneous",
    "netlab tcp-teardown --variant orphan --pcap orphan.pcap",
)
def tcp_teardown(
    variant: Annotated[
        str,
        typer.Option("--variant", metavar="NAME", help="orderly, simultaneous, reset-linger, reset-unread, orphan."),
    ] = "orderly",
    delay: Delay = 0.05,
    seed: Seed = 1,
    pcap: Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """End a TCP connection, in order and otherwise, and watch it four ways.

    In order, with data flowing to the side that has closed; by both sides at
    once; by a reset, on purpose or not; or by one side only.
    """
    from netlab.experiments.tcp.teardown import Parameters

    finish(start("tcp-teardown", Parameters(variant, delay, pcap, seed), save), as_json, plot, pcap)


@examples("netlab tcp-states", "netlab tcp-states --json")
def tcp_states(
    delay: Delay = 0.03,
    seed: Seed = 1,
    pcap: Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Reach all eleven states of a TCP connection, and see each in the kernel."""
    from netlab.experiments.tcp.states import Parameters

    finish(start("tcp-states", Parameters(delay, pcap, seed), save), as_json, plot, pcap)


@examples("netlab tcp-backlog", "netlab tcp-backlog --backlog 1 --clients 4 --timeline --pcap queue.pcap")
def tcp_backlog(
    backlog: Annotated[int, typer.Option("--backlog", metavar="N", min=1, max=50, help="What listen() is given.")] = 3,
    clients: Annotated[int, typer.Option("--clients", metavar="N", min=4, max=60, help="How many want in.")] = 7,
    timeline: Annotated[bool, typer.Option("--timeline", help="Show it, segment by segment.")] = False,
    delay: Delay = 0.005,
    seed: Seed = 1,
    pcap: Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Fill the two queues of a listening socket, and see who is turned away.

    Connections that nobody accepts; half-open ones, with and without SYN
    cookies; and what listen() really allows.
    """
    from netlab.experiments.tcp.backlog import Parameters

    finish(start("tcp-backlog", Parameters(backlog, clients, delay, timeline, pcap, seed), save), as_json, plot, pcap)


@examples("netlab tcp-retransmit", "netlab tcp-retransmit --losses 0,0.1,0.3 --seed 7 --pcap loss.pcap")
def tcp_retransmit(
    losses: Annotated[
        str, typer.Option("--losses", metavar="LIST", help="Chances, a transfer each.", rich_help_panel=WIRE)
    ] = "0,0.01,0.05,0.2",
    delay: Delay = 0.01,
    seed: Seed = 1,
    size: Annotated[
        int, typer.Option("--size", metavar="BYTES", help="Of a transfer: 100K, 1M.", parser=values.size_bytes)
    ] = 200_000,
    silent: Annotated[bool, typer.Option("--silent/--no-silent", help="Call a silent peer, too: takes 7 s.")] = True,
    pcap: Pcap = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
) -> None:
    """Lose segments, and see how TCP notices and what it does.

    The same transfer at more and more loss; a wire that is cut while the timeout
    doubles; and how long connect() tries to reach a peer that is silent.
    """
    from netlab.errors import UsageError
    from netlab.experiments.tcp.retransmit import Parameters

    try:
        chances = tuple(float(text) for text in losses.split(","))
    except ValueError:
        raise UsageError(f"--losses {losses}: chances look like this: 0,0.01,0.05") from None
    parameters = Parameters(chances, size, delay, silent, pcap, seed)
    finish(start("tcp-retransmit", parameters, save), as_json, plot, pcap)


def start(name: str, parameters: Any, save: bool) -> Report:
    """Run the experiment with a bar that says how far it is."""
    from netlab.cli.output import progress_bar
    from netlab.runner import run

    with progress_bar() as progress:
        return run(name, parameters, save=save, progress=progress)


def finish(report: Report, as_json: bool, plot: Path | None, pcap: Path | None) -> None:
    """Show its report, and where its frames are."""
    import sys

    from netlab.cli.output import present

    if pcap is not None:
        sys.stderr.write(f"frames in {pcap}\n")
    present(report, as_json=as_json, plot=plot)
