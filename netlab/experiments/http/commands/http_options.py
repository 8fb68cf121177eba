"""Options of the HTTP commands, beside those that every command shares (options.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

REQUEST, WAY, TRUST, SHOW = "Request", "The way there", "Trust", "Show"

Urls = Annotated[
    list[str] | None, typer.Argument(metavar="[URL]...", help="http://…, https://…; a path: the built-in origin's.")
]
Method = Annotated[
    str | None, typer.Option("--method", "-X", metavar="NAME", help="GET, HEAD, POST, …", rich_help_panel=REQUEST)
]
Header = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="'N: V'", help="A field; repeatable.", rich_help_panel=REQUEST),
]
Data = Annotated[str | None, typer.Option("--data", metavar="TEXT", help="A body.", rich_help_panel=REQUEST)]
DataFile = Annotated[
    Path | None, typer.Option("--data-file", metavar="FILE", help="A body; - is stdin.", rich_help_panel=REQUEST)
]
JsonData = Annotated[
    str | None, typer.Option("--json-data", metavar="JSON", help="A body of JSON.", rich_help_panel=REQUEST)
]
Resolve = Annotated[
    list[str] | None, typer.Option("--resolve", metavar="HOST:PORT:IP", help="Where a host is.", rich_help_panel=WAY)
]
Resolver = Annotated[
    str, typer.Option("--resolver", metavar="NAME", help="system, or lab: netlab's own DNS.", rich_help_panel=WAY)
]
MaxRedirects = Annotated[
    int, typer.Option("--max-redirects", metavar="N", min=0, max=100, help="0: follow none.", rich_help_panel=WAY)
]
Downgrade = Annotated[
    bool, typer.Option("--allow-downgrade", help="Follow from https to http, too.", rich_help_panel=WAY)
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="S", min=0.01, help="So long without a byte.", rich_help_panel=WAY)
]
MaxTime = Annotated[
    float, typer.Option("--max-time", metavar="S", min=0.01, help="For an exchange in all.", rich_help_panel=WAY)
]
Tls = Annotated[bool, typer.Option("--tls", help="The built-in origin by HTTPS.", rich_help_panel=TRUST)]
Insecure = Annotated[bool, typer.Option("--insecure", help="Any certificate will do.", rich_help_panel=TRUST)]
Cacert = Annotated[
    Path | None, typer.Option("--cacert", metavar="FILE", help="Trust these certificates.", rich_help_panel=TRUST)
]
Lenient = Annotated[bool, typer.Option("--lenient", help="Let more pass, and say what.", rich_help_panel=TRUST)]
Raw = Annotated[bool, typer.Option("--raw", help="Hex and text of both directions.", rich_help_panel=SHOW)]
Timing = Annotated[bool, typer.Option("--timing", help="When each phase was.", rich_help_panel=SHOW)]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the body there.", rich_help_panel=SHOW)
]
File = Annotated[str, typer.Argument(metavar="FILE", help="Bytes of a response; - is stdin.")]
Target = Annotated[str, typer.Argument(metavar="URL|FILE", help="A URL, a file of bytes, or - for stdin.")]
AnswerTo = Annotated[
    str, typer.Option("--method", "-X", metavar="NAME", help="The request that it answers.", rich_help_panel=REQUEST)
]
Crlf = Annotated[bool, typer.Option("--crlf", help="Read each LF as CR LF: for pasted text.", rich_help_panel=REQUEST)]
Responses = Annotated[
    int, typer.Option("--responses", metavar="N", min=1, max=1000, help="How many follow one another.",
                      rich_help_panel=REQUEST)
]  # fmt: skip


def body_of(data: str | None, data_file: Path | None, json_data: str | None) -> tuple[bytes | None, str | None]:
    """The body and its Content-Type. UsageError."""
    import json
    import sys

    from netlab.errors import UsageError

    given = [
        word
        for word, value in (("--data", data), ("--data-file", data_file), ("--json-data", json_data))
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")
    if data is not None:
        return data.encode("utf-8", "surrogateescape"), "application/x-www-form-urlencoded"
    if json_data is not None:
        try:
            json.loads(json_data)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--json-data is no JSON: {error}") from None
        return json_data.encode("utf-8", "surrogateescape"), "application/json"
    if data_file is None:
        return None, None
    return read_file(str(data_file), sys.stdin.fileno), "application/octet-stream"


def read_file(name: str, stdin: object = None, most: int = 64 << 20) -> bytes:
    """A file's bytes, or stdin's for "-". UsageError."""
    import sys

    from netlab.errors import UsageError

    try:
        with open(name, "rb") if name != "-" else sys.stdin.buffer as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    if len(data) > most:
        raise UsageError(f"{name} has more than {most >> 20} MiB")
    return data
