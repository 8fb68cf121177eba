"""How values are written on a command line: sizes, lists, addresses. Each raises ValueError, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def size_bytes(text: str) -> int:
    """64, "64", "16K", "16KiB" and "1M" in bytes; the letters count in steps of 1024."""
    match = re.fullmatch(r"([0-9]{1,12})\s*([kmg]?)(?:i?b)?", text.strip().lower())
    if match is None:
        raise ValueError(f"'{text}' is no size such as 64, 16K or 1M")
    return int(match[1]) * _FACTORS[match[2]]


def whole(text: str) -> int:
    """A whole number in the digits 0 to 9 alone: int() also takes "1_0" and the digits of other scripts."""
    if not re.fullmatch(r"[0-9]{1,39}", text):
        raise ValueError(f"'{text}' is not a whole number")
    return int(text)


def one_or_more(text: str) -> int:
    """A whole number from 1."""
    if (number := whole(text)) < 1:
        raise ValueError(f"{number} is not at least 1")
    return number


def hosts(text: str) -> list[int]:
    """How many hosts each of several subnets is for, such as "100,50,10"."""
    for item in text.split(","):
        if not re.fullmatch(r"\s*0*[1-9][0-9]{0,38}\s*", item, re.ASCII):
            raise ValueError(f"'{item[:40]}' is no number of hosts, 1 or more; several look like this: 100,50,10")
    return [int(item) for item in text.split(",")]


def counts(text: str) -> tuple[int, ...]:
    """Numbers such as "0,100,900", in the order written; "1k" is 1000."""
    numbers = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})(k?)\s*", item.lower())
        if match is None:
            raise ValueError(f"'{item}' is no number; several look like this: 0,100,900")
        numbers.append(int(match[1]) * (1000 if match[2] else 1))
    return tuple(numbers)


def names(text: str) -> tuple[str, ...]:
    """Names such as "select,epoll", in the order written."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is."""

    host: str
    port: int


def address(text: str) -> Address:
    """HOST:PORT: "127.0.0.1:7007", "[::1]:7007", "localhost:7007"; ":7007" and "7007" are on this machine."""
    match = re.fullmatch(r"(?:(?:\[([^\]]*)\]|([^:\[\]]*)):)?([0-9]{1,5})", text.strip())
    if match is None or not 0 < int(match[3]) < 65536:
        raise ValueError(f"'{text}' is not HOST:PORT, such as 127.0.0.1:7007 or [::1]:7007")
    return Address(match[1] or match[2] or "127.0.0.1", int(match[3]))
