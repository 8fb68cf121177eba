"""`netlab dissect` and `netlab capture`."""

from __future__ import annotations

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
    from netlab.experiments.dissect import LINKS, Parameters
    from netlab.runner import run

    if link not in LINKS:
        raise UsageError(f"--link {link}: one of {', '.join(LINKS)}")
    with progress_bar() as progress:
        report = run("dissect", Parameters(source, link, packet, fields), save=save, progress=progress)
    present(report, as_json=as_json)
