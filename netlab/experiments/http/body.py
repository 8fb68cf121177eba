"""Bytes that are sent, or read from a file in place of a server's: from the options that say so."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

from netlab.errors import UsageError


class Body(bytes):
    """What is sent. In a report's parameters it stands by its size."""

    def __str__(self) -> str:
        return f"{len(self)} bytes"


NOTHING = Body()


def body_of(data: str | None, data_file: Path | None, json_data: str | None) -> tuple[Body | None, str | None]:
    """The body and its Content-Type. UsageError."""
    options = {"--data": data, "--data-file": data_file, "--json-data": json_data}
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")
    if data is not None:
        return Body(data.encode("utf-8", "surrogateescape")), "application/x-www-form-urlencoded"
    if json_data is not None:
        try:
            json.loads(json_data)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--json-data is no JSON: {error}") from None
        return Body(json_data.encode("utf-8", "surrogateescape")), "application/json"
    if data_file is None:
        return None, None
    return read_file(str(data_file)), "application/octet-stream"


def read_file(name: str, most: int = 64 << 20) -> Body:
    """A file's bytes, or stdin's for "-". UsageError."""
    stdin: TextIO = sys.stdin
    try:
        with open(name, "rb") if name != "-" else stdin.buffer as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    if len(data) > most:
        raise UsageError(f"{name} has more than {most >> 20} MiB")
    return Body(data)
