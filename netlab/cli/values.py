"""What people write in options, as values: sizes, addresses, lists. Each raises typer.BadParameter, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import typer

_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def size_bytes(text: str | int) -> int:
    """64, "64", "16K", "16KiB" and "1M" in bytes; the letters count in steps of 1024."""
    match = re.fullmatch(r"([0-9]{1,12})\s*([kmg]?)(?:i?b)?", str(text).strip().lower())
    if match is None:
        raise typer.BadParameter(f"'{text}' is no size such as 64, 16K or 1M")
    return int(match[1]) * _FACTORS[match[2]]


def whole(text: str | int) -> int:
    """A whole number in the digits 0 to 9 alone: int() also takes "1_0" and the digits of other scripts."""
    if not re.fullmatch(r"[0-9]{1,39}", str(text)):
        raise typer.BadParameter(f"'{text}' is not a whole number")
    return int(text)


def one_or_more(text: str | int) -> int:
    """A whole number from 1."""
    if (number := whole(text)) < 1:
        raise typer.BadParameter(f"{number} is not at least 1")
    return number


def hosts(text: str) -> list[int]:
    """How many hosts each of several subnets is for, such as "100,50,10"."""
    for item in text.split(","):
        if not re.fullmatch(r"\s*0*[1-9][0-9]{0,38}\s*", item, re.ASCII):
            raise typer.BadParameter(
                f"'{item[:40]}' is no number of hosts, 1 or more; several look like this: 100,50,10"
            )
    return [int(item) for item in text.split(",")]


class Counts(tuple[int, ...]):
    """Several numbers. A class, because Typer takes a bare tuple for an option with several arguments."""


class Names(tuple[str, ...]):
    """Several names."""


def counts(text: str | tuple[int, ...]) -> Counts:
    """Numbers such as "0,100,900", in the order written; "1k" is 1000."""
    if isinstance(text, tuple):
        return Counts(text)
    numbers = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})(k?)\s*", item.lower())
        if match is None:
            raise typer.BadParameter(f"'{item}' is no number; several look like this: 0,100,900")
        numbers.append(int(match[1]) * (1000 if match[2] else 1))
    return Counts(numbers)


def names(text: str | tuple[str, ...]) -> Names:
    """Names such as "select,epoll", in the order written."""
    if isinstance(text, tuple):
        return Names(text)
    return Names(item.strip() for item in text.split(",") if item.strip())


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is."""

    host: str
    port: int


def address(text: str | Address) -> Address:
    """HOST:PORT: "127.0.0.1:7007", "[::1]:7007", "localhost:7007"; ":7007" and "7007" are on this machine."""
    if isinstance(text, Address):
        return text
    match = re.fullmatch(r"(?:(?:\[([^\]]*)\]|([^:\[\]]*)):)?([0-9]{1,5})", text.strip())
    if match is None or not 0 < int(match[3]) < 65536:
        raise typer.BadParameter(f"'{text}' is not HOST:PORT, such as 127.0.0.1:7007 or [::1]:7007")
    return Address(match[1] or match[2] or "127.0.0.1", int(match[3]))


def drawable(path: Path | None) -> Path | None:
    """The file of --plot, refused before the run rather than after it."""
    if path is not None:
        from netlab.report import picture

        picture.check(path)
    return path


def complete_mode(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """For the shell: modes that begin so, with what they are. Of UDP, TCP, or both, by the command."""
    from netlab.servers.modes import MODES

    command = context.info_name or ""
    wanted = [name for name in MODES if command.startswith(name)] or list(MODES)
    found = {mode.name: mode.summary for name in reversed(wanted) for mode in MODES[name]}
    return [(name, summary) for name, summary in found.items() if name.startswith(incomplete)]


def complete_modes(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """For the shell: the same for the last of a list, "select,ep"; none of them twice."""
    before, comma, last = incomplete.rpartition(",")
    said = before.split(",")
    return [(before + comma + name, help_) for name, help_ in complete_mode(context, last) if name not in said]


def complete_run(incomplete: str) -> list[str]:
    """For the shell: what a run may be called, the newest first."""
    from netlab.report import store

    return [name for name in ["last", *(each[-4:] for each in store.ids()[:50])] if name.startswith(incomplete)]
