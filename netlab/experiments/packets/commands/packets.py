"""`netlab dissect` and `netlab capture`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlab.cli import options
from netlab.cli.help import examples


@examples(
    "netlab dissect trace.pcap",
    "netlab dissect trace.pcapng --packet 1,4-6 --fields",
    "netlab dissect 4500001c00000000400166df0a0000010a0000020800f7fd00010001",
    "tcpdump -c1 -xx | netlab dissect -",
)
def dissect(
    source: Annotated[str, typer.Argument(metavar="FILE|HEX|-", help="pcap, pcapng, or hex digits; - is stdin.")],
    packet: Annotated[
        str | None, typer.Option("--packet", metavar="N", help="Which in full: 2, or 1,5-7, or all.")
    ] = None,
    fields: Annotated[bool, typer.Option("--fields", help="As a list with meanings, not as boxes.")] = False,
    link: Annotated[str, typer.Option("--link", metavar="KIND", help="What HEX begins with: ethernet, ip.")] = "auto",
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """Take packets apart: every header as the boxes of its RFC, every field, every checksum.

    Bytes that are missing and lengths that lie end it where they stand.
    """
    from netlab.cli.output import present, progress_bar
    from netlab.errors import UsageError
    from netlab.experiments.packets.dissect import LINKS, Parameters
    from netlab.runner import run

    if link not in LINKS:
        raise UsageError(f"--link {link}: one of {', '.join(LINKS)}")
    with progress_bar() as progress:
        report = run("dissect", Parameters(source, link, packet, fields), save=save, progress=progress)
    present(report, as_json=as_json)


@examples(
    "netlab capture --during 'netlab dns trace'",
    "netlab capture 'tcp and port 8000' --during './my-test.sh' --pcap test.pcap",
    "sudo netlab capture 'not port 22' --interface eth0 --count 20",
)
def capture(
    filter_text: Annotated[
        str, typer.Argument(metavar="[FILTER]", help="tcp, udp, arp, icmp, dns, host IP, port N, and, or, not.")
    ] = "",
    during: Annotated[
        str | None, typer.Option("--during", metavar="COMMAND", help="Run it on a private network, and capture that.")
    ] = None,
    interface: Annotated[
        str | None, typer.Option("--interface", metavar="NAME", help="Of this machine; needs CAP_NET_RAW.")
    ] = None,
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="End after N frames.")] = 10_000,
    duration: Annotated[
        float | None, typer.Option("--duration", metavar="S", min=0.01, help="End after so many seconds.")
    ] = None,
    packet: Annotated[
        str | None, typer.Option("--packet", metavar="N", help="Which in full: 2, or 1,5-7, or all.")
    ] = None,
    fields: Annotated[bool, typer.Option("--fields", help="As a list with meanings, not as boxes.")] = False,
    pcap: Annotated[
        Path | None,
        typer.Option("--pcap", metavar="FILE", help="Keep the frames, for Wireshark.", rich_help_panel=options.REPORT),
    ] = None,
    as_json: options.Json = False,
    save: options.Save = False,
) -> None:
    """Capture what a command sends and receives, without root: its network has loopback only.

    Or, with CAP_NET_RAW, what passes an interface of this machine.
    """
    from netlab.cli.output import present, progress_bar
    from netlab.errors import UsageError
    from netlab.experiments.packets.capture import Parameters
    from netlab.runner import run

    if (during is None) == (interface is None):
        raise UsageError("say what to capture: --during 'COMMAND', or --interface NAME", "netlab capture --help")
    parameters = Parameters(filter_text, during, interface or "lo", count, duration, packet, fields, pcap)
    with progress_bar() as progress:
        report = run("capture", parameters, save=save, progress=progress)
    present(report, as_json=as_json)
