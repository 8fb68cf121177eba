"""Options that the DNS commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from netlab.errors import UsageError
from netlab.notation import Address
from netlab.option import Argument, Option

WHERE = "Where from"
HOW = "How"

NAME = Argument("A domain name.", "[NAME]")
TYPE = Argument("A, AAAA, NS, CNAME, MX, TXT, SOA, PTR, ANY…", "[TYPE]")
Domain = Annotated[str, NAME]
Type = Annotated[str, TYPE]
Zones = Annotated[Path | None, Option("Your own zone files.", "DIR", panel=WHERE)]
Tcp = Annotated[bool, Option("Ask by TCP only.", panel=HOW)]
Timeout = Annotated[float, Option("Wait so long for a server.", "S", 0.01, 60, panel=HOW)]
Rounds = Annotated[int, Option("Medians are of N rounds.", "N", 1, 1000)]


def ip_and_port(text: str, port: int = 53) -> Address:
    """IP, IP:PORT, [IPv6]:PORT. UsageError for anything else."""
    import ipaddress
    import re

    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::(\d{1,5}))?|([0-9a-fA-F:.%]+)", text.strip())
    try:
        assert match is not None
        address = str(ipaddress.ip_address(match[1] or match[2] or match[4]))
        number = int(match[3] or port)
        if not 0 <= number < 65536:
            raise ValueError
    except (AssertionError, ValueError):
        raise UsageError(f"'{text}' is not IP[:PORT]", "127.0.0.1:5353 or [::1]:5353") from None
    return Address(address, number)
