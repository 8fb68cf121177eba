"""Files of random prefixes and addresses for addresses.py: the same in every run, made once into the build folder."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from pathlib import Path

from .servers import BUILD

FOLDER = BUILD / "addresses"


def version4(count: int) -> Path:
    """Lengths as on the Internet's lists: hosts, /24, and some that are larger. Most of them stay apart."""
    return _file(f"ipv4-{count}", _some(random.Random(count), 4, count, range(16, 33), 32))


def version6(count: int) -> Path:
    """From /20 to /64, in 2000::/3."""
    return _file(f"ipv6-{count}", _some(random.Random(count), 6, count, range(20, 65), 128))


def routes(count: int) -> Path:
    """Different IPv4 prefixes from /8 to /28, nested as routes are."""
    return _file(f"routes-{count}", (f"{network}" for network in _networks(count)))


def destinations(count: int, among: int) -> Path:
    """IPv4 addresses: half of them in one of the `among` routes, half anywhere."""

    def lines() -> Iterator[str]:
        chosen = random.Random(count)
        networks = list(_networks(among))
        for turn in range(count):
            value = chosen.getrandbits(32)
            if turn % 2:
                network = chosen.choice(networks)
                value = int(network.network_address) | value & int(network.hostmask)
            yield str(ipaddress.IPv4Address(value))

    return _file(f"addresses-{count}", lines())


def _networks(count: int) -> list[ipaddress.IPv4Network]:
    chosen = random.Random(count)
    found: dict[ipaddress.IPv4Network, None] = {}
    while len(found) < count:
        length = chosen.choices((8, 12, 16, 18, 20, 22, 24, 28), (1, 2, 40, 20, 40, 60, 250, 10))[0]
        found[ipaddress.IPv4Network((chosen.getrandbits(length) << 32 - length, length))] = None
    return list(found)


def _some(chosen: random.Random, version: int, count: int, lengths: range, width: int) -> Iterator[str]:
    first = 1 << width - 3 if version == 6 else 0
    for _ in range(count):
        length = chosen.choice(lengths)
        value = first | chosen.getrandbits(width - 3 if version == 6 else width)
        value = value >> width - length << width - length
        yield f"{ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value)}/{length}"


def _file(name: str, lines: Iterator[str]) -> Path:
    path = FOLDER / f"{name}.txt"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("w") as file:
            file.writelines(f"{line}\n" for line in lines)
        partial.rename(path)
    return path
