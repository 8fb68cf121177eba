"""The IANA special-purpose address registries (RFC 6890, RFC 8190), a line here for a row there.

As published on 2026-07-18; https://www.iana.org/assignments/iana-ipv4-special-registry and
…/iana-ipv6-special-registry. The most specific row decides: 2001::/23 is not globally reachable, 2001:20::/28
in it is. Left out: the columns source, destination, forwardable and reserved-by-protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from netlab.addressing import prefix as prefixes
from netlab.addressing.prefix import Prefix

PUBLISHED = "2026-07-18"

YES, NO, NOT_APPLICABLE = "true", "false", "N/A"

_EMBEDDED = "as far as the IPv4 address in it is"
_EXPIRED = "assignment ended, the registry says neither"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its block as text, name, document, the month it was allocated, and whether it is globally
    reachable.

    `reachable` is "true", "false" or "N/A"; `meaning` says what N/A means there, or what limits the answer.
    """

    block: str
    name: str
    source: str
    allocated: str
    reachable: str
    meaning: str = ""


IPV4: tuple[Row, ...] = (
    Row("0.0.0.0/8", "This network", "RFC 791 §3.2", "1981-09", NO),
    Row("0.0.0.0/32", "This host on this network", "RFC 1122 §3.2.1.3", "1981-09", NO),
    Row("10.0.0.0/8", "Private-Use", "RFC 1918", "1996-02", NO),
    Row("100.64.0.0/10", "Shared Address Space", "RFC 6598", "2012-04", NO),
    Row("127.0.0.0/8", "Loopback", "RFC 1122 §3.2.1.3", "1981-09", NO, "but for exceptions: RFC 8029, RFC 5884"),
    Row("169.254.0.0/16", "Link Local", "RFC 3927", "2005-05", NO),
    Row("172.16.0.0/12", "Private-Use", "RFC 1918", "1996-02", NO),
    Row("192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890 §2.1", "2010-01", NO),
    Row("192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335", "2011-06", NO),
    Row("192.0.0.8/32", "IPv4 dummy address", "RFC 7600", "2015-03", NO),
    Row("192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", "2015-10", YES),
    Row("192.0.0.10/32", "Traversal Using Relays around NAT Anycast", "RFC 8155", "2017-02", YES),
    Row("192.0.0.170/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050 §2.2", "2013-02", NO),  # one row there,
    Row("192.0.0.171/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050 §2.2", "2013-02", NO),  # with two blocks
    Row("192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737", "2010-01", NO),
    Row("192.31.196.0/24", "AS112-v4", "RFC 7535", "2014-12", YES),
    Row("192.52.193.0/24", "AMT", "RFC 7450", "2014-12", YES),
    Row(
        "192.88.99.0/24",
        "Deprecated (6to4 Relay Anycast)",
        "RFC 7526",
        "2001-06",
        NOT_APPLICABLE,
        f"{_EXPIRED} (2015-03)",
    ),
    Row("192.88.99.2/32", "6a44-relay anycast address", "RFC 6751", "2012-10", NO),
    Row("192.168.0.0/16", "Private-Use", "RFC 1918", "1996-02", NO),
    Row("192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", "1996-01", YES),
    Row("198.18.0.0/15", "Benchmarking", "RFC 2544", "1999-03", NO),
    Row("198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737", "2010-01", NO),
    Row("203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737", "2010-01", NO),
    Row("240.0.0.0/4", "Reserved", "RFC 1112 §4", "1989-08", NO),
    Row("255.255.255.255/32", "Limited Broadcast", "RFC 8190, RFC 919 §7", "1984-10", NO),
)

IPV6: tuple[Row, ...] = (
    Row("::1/128", "Loopback Address", "RFC 4291", "2006-02", NO),
    Row("::/128", "Unspecified Address", "RFC 4291", "2006-02", NO),
    Row("::ffff:0:0/96", "IPv4-mapped Address", "RFC 4291", "2006-02", NO),
    Row("64:ff9b::/96", "IPv4-IPv6 Translat.", "RFC 6052", "2010-10", YES),
    Row("64:ff9b:1::/48", "IPv4-IPv6 Translat.", "RFC 8215", "2017-06", NO),
    Row("100::/64", "Discard-Only Address Block", "RFC 6666", "2012-06", NO),
    Row("100:0:0:1::/64", "Dummy IPv6 Prefix", "RFC 9780", "2025-04", NO),
    Row("2001::/23", "IETF Protocol Assignments", "RFC 2928", "2000-09", NO),
    Row("2001::/32", "TEREDO", "RFC 4380, RFC 8190", "2006-01", NOT_APPLICABLE, f"{_EMBEDDED}: RFC 4380 §5"),
    Row("2001:1::1/128", "Port Control Protocol Anycast", "RFC 7723", "2015-10", YES),
    Row("2001:1::2/128", "Traversal Using Relays around NAT Anycast", "RFC 8155", "2017-02", YES),
    Row("2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", "RFC 9665", "2024-04", YES),
    Row("2001:2::/48", "Benchmarking", "RFC 5180, erratum 1752", "2008-04", NO),
    Row("2001:3::/32", "AMT", "RFC 7450", "2014-12", YES),
    Row("2001:4:112::/48", "AS112-v6", "RFC 7535", "2014-12", YES),
    Row(
        "2001:10::/28", "Deprecated (previously ORCHID)", "RFC 4843", "2007-03", NOT_APPLICABLE, f"{_EXPIRED} (2014-03)"
    ),
    Row("2001:20::/28", "ORCHIDv2", "RFC 7343", "2014-07", YES),
    Row("2001:30::/28", "Drone Remote ID Protocol Entity Tags (DETs) Prefix", "RFC 9374", "2022-12", YES),
    Row("2001:db8::/32", "Documentation", "RFC 3849", "2004-07", NO),
    Row("2002::/16", "6to4", "RFC 3056", "2001-02", NOT_APPLICABLE, f"{_EMBEDDED}: RFC 3056 §2"),
    Row("2620:4f:8000::/48", "Direct Delegation AS112 Service", "RFC 7534", "2011-05", YES),
    Row("3fff::/20", "Documentation", "RFC 9637", "2024-07", NO),
    Row("5f00::/16", "Segment Routing (SRv6) SIDs", "RFC 9602", "2024-04", NO),
    Row("fc00::/7", "Unique-Local", "RFC 4193, RFC 8190", "2005-10", NO),
    Row("fe80::/10", "Link-Local Unicast", "RFC 4291", "2006-02", NO),
)


@cache
def rows(version: int) -> tuple[tuple[Prefix, Row], ...]:
    """The registry of a version with its blocks as prefixes, the longest first."""
    table = [(prefixes.parse(row.block), row) for row in (IPV4 if version == 4 else IPV6)]
    return tuple(sorted(table, key=lambda entry: -entry[0].length))


def find(wanted: Prefix) -> Row | None:
    """The most specific row that has every address of `wanted`; None where none has."""
    return next((row for block, row in rows(wanted.version) if block.contains(wanted)), None)


def inside(wanted: Prefix) -> list[Row]:
    """Rows for parts of `wanted` only, the largest first: with them no single answer is right for all of it."""
    found = [(block, row) for block, row in rows(wanted.version) if block.length > wanted.length]
    return [row for block, row in reversed(found) if wanted.contains(block)]
