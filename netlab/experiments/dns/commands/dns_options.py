"""Options of the DNS commands, beside those that every command shares (options.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from netlab import notation

WHERE = "Where from"
HOW = "How"

Name = Annotated[str, typer.Argument(metavar="[NAME]", help="A domain name.")]
NeededName = Annotated[str, typer.Argument(metavar="NAME", help="A domain name.")]
Type = Annotated[str, typer.Argument(metavar="[TYPE]", help="A, AAAA, NS, CNAME, MX, TXT, SOA, PTR, ANY…")]
Address = Annotated[str, typer.Argument(metavar="IP", help="An IPv4 or IPv6 address.")]

Roots = Annotated[
    list[str] | None,
    typer.Option("--root", metavar="IP", help="A root server of yours; repeatable.", rich_help_panel=WHERE),
]
RootHints = Annotated[
    Path | None, typer.Option("--root-hints", metavar="FILE", help="Roots in a hints file.", rich_help_panel=WHERE)
]
Live = Annotated[
    bool, typer.Option("--live", help="The real root servers. Leaves this machine!", rich_help_panel=WHERE)
]
Zones = Annotated[
    Path | None, typer.Option("--zones", metavar="DIR", help="Your own zone files.", rich_help_panel=WHERE)
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="N", min=1, max=65535, help="The port at every level.", rich_help_panel=WHERE),
]

Tcp = Annotated[bool, typer.Option("--tcp", help="Ask by TCP only.", rich_help_panel=HOW)]
Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="S", min=0.01, max=60, help="Wait so long for a server.", rich_help_panel=HOW),
]
MaxQueries = Annotated[
    int,
    typer.Option("--max-queries", metavar="N", min=1, max=100_000, help="Budget of a question.", rich_help_panel=HOW),
]
Ipv6 = Annotated[bool, typer.Option("--ipv6/--no-ipv6", help="Ask servers by IPv6, too.", rich_help_panel=HOW)]
Qmin = Annotated[bool, typer.Option("--qmin", help="Show servers only what they need (RFC 9156).", rich_help_panel=HOW)]
AllPaths = Annotated[
    bool, typer.Option("--all-paths", help="Ask every server of each zone, and compare.", rich_help_panel=HOW)
]
KeepCache = Annotated[bool, typer.Option("--cache", help="Keep the cache between names.", rich_help_panel=HOW)]
Batch = Annotated[
    Path | None, typer.Option("--batch", metavar="FILE", help="Names from a file: NAME [TYPE] a line; - is stdin.")
]
Reverse = Annotated[str | None, typer.Option("-x", metavar="IP", help="The name of an address, instead.")]
At = Annotated[
    str | None, typer.Option("--server", metavar="IP[:PORT]", help="The resolver; without it, netlab's own.")
]
Rounds = Annotated[int, typer.Option("--rounds", metavar="N", min=1, max=1000, help="Medians are of N rounds.")]


def origin_of(given: dict[str, Any]) -> dict[str, Any]:
    """The options that say where iteration begins and how it asks, as fields of dns_world.Origin."""
    from netlab.errors import UsageError

    ways = [word for word in ("root", "root_hints", "live", "zones") if given.get(word)]
    if len(ways) > 1:
        raise UsageError(" and ".join(f"--{way.replace('_', '-')}" for way in ways) + " exclude each other")
    return {
        "roots": tuple(address for word in given.get("root") or () for address in word.split(",")),
        "root_hints": given.get("root_hints"),
        "live": given.get("live", False),
        "zones": given.get("zones"),
        "port": given.get("port"),
        "tcp": given.get("tcp", False),
        "timeout_s": given.get("timeout", 1.0),
        "max_queries": given.get("max_queries", 100),
        "ipv6": given.get("ipv6", False),
        "qmin": given.get("qmin", False),
        "all_paths": given.get("all_paths", False),
        "seed": given.get("seed"),
    }


def ip_and_port(text: str, port: int = 53) -> notation.Address:
    """IP, IP:PORT, [IPv6]:PORT. UsageError for anything else."""
    import ipaddress
    import re

    from netlab.errors import UsageError

    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::(\d{1,5}))?|([0-9a-fA-F:.%]+)", text.strip())
    try:
        assert match is not None
        address = str(ipaddress.ip_address(match[1] or match[2] or match[4]))
        number = int(match[3] or port)
        if not 0 <= number < 65536:
            raise ValueError
    except (AssertionError, ValueError):
        raise UsageError(f"'{text}' is not IP[:PORT]", "127.0.0.1:5353 or [::1]:5353") from None
    return notation.Address(address, number)
