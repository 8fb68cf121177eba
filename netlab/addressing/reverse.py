"""Names for reverse DNS: in-addr.arpa (RFC 1035 §3.5) and ip6.arpa (RFC 3596 §2.5).

A zone ends at an octet (IPv4) or a nibble (IPv6). A prefix that ends elsewhere is not one zone but several;
one longer than /24 in IPv4 lies inside a zone, which RFC 2317 can delegate further. Zones of IPv6 never have
a zone id of RFC 4007.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlab.addressing.prefix import Prefix


def pointer(version: int, value: int) -> str:
    """The name of an address's PTR record."""
    return _name(version, value, 32 if version == 4 else 128)


def zones(prefix: Prefix) -> Iterator[str]:
    """The zones that make up the prefix, in order of address: one on a boundary, else up to 128 (IPv4) or 8
    (IPv6).
    """
    step = 8 if prefix.version == 4 else 4
    length = min(-(-prefix.length // step) * step, prefix.width)
    size = 1 << prefix.width - length
    for value in range(prefix.network, prefix.last + 1, size):
        yield _name(prefix.version, value, length)


def zone_count(prefix: Prefix) -> int:
    """How many zones that is."""
    step = 8 if prefix.version == 4 else 4
    return 1 << -prefix.length % step


def delegation(prefix: Prefix) -> tuple[str, str] | None:
    """For an IPv4 prefix longer than /24: the zone that has its names, and the zone RFC 2317 would delegate
    from it.
    """
    if prefix.version == 6 or not 24 < prefix.length < 32:
        return None
    parent = _name(4, prefix.network, 24)
    return parent, f"{prefix.network & 255}/{prefix.length}.{parent}"


def _name(version: int, value: int, length: int) -> str:
    """The first `length` bits as labels, the last one first."""
    if version == 4:
        labels = [str(value >> shift & 255) for shift in range(32 - length, 32, 8)]
        return ".".join([*labels, "in-addr.arpa"])
    labels = [f"{value >> shift & 15:x}" for shift in range(128 - length, 128, 4)]
    return ".".join([*labels, "ip6.arpa"])
