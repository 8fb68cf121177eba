"""IPv4 addresses and MAC addresses inside of IPv6 addresses.

IPv4-mapped and -compatible (RFC 4291 §2.5.5), 6to4 (RFC 3056 §2), Teredo (RFC 4380 §4), NAT64 (RFC 6052 §2.1
for 64:ff9b::/96; RFC 8215 for 64:ff9b:1::/48, where only the operator knows the length), ISATAP (RFC 5214
§6.1), modified EUI-64 (RFC 4291, appendix A), solicited-node groups (RFC 4291 §2.7.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import ipv4


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is embedded (`name`), as text, and where that is said."""

    name: str
    text: str
    source: str


def embedded(value: int) -> list[Embedded]:
    """Everything that an IPv6 address says of other addresses; empty for most."""
    found = []
    low = value & ipv4.ALL
    interface = value & (1 << 64) - 1
    if value >> 32 == 0xFFFF:
        found.append(Embedded("IPv4-mapped", ipv4.to_text(low), "RFC 4291 §2.5.5.2"))
    elif value >> 32 == 0 and low > 1:
        found.append(Embedded("IPv4-compatible", ipv4.to_text(low), "RFC 4291 §2.5.5.1"))
    elif value >> 32 == 0x64FF9B << 64:
        found.append(Embedded("NAT64", ipv4.to_text(low), "RFC 6052 §2.1"))
    elif value >> 80 == 0x64FF9B0001:
        found.append(Embedded("NAT64, local-use", f"{ipv4.to_text(low)} if a /96", "RFC 8215"))
    elif value >> 112 == 0x2002:
        found.append(Embedded("6to4", ipv4.to_text(value >> 80 & ipv4.ALL), "RFC 3056 §2"))
    elif value >> 96 == 0x20010000:
        found += _teredo(value, low)
    if interface >> 32 & 0xFDFFFFFF == 0x00005EFE:
        found.append(Embedded("ISATAP", ipv4.to_text(low), "RFC 5214 §6.1"))
    elif interface >> 24 & 0xFFFF == 0xFFFE and value >> 120 != 0xFF and value >> 96 != 0x20010000:
        mac = (interface >> 40 << 24 | interface & 0xFFFFFF) ^ 1 << 41
        if not mac >> 40 & 1:  # no interface has a group address
            text = ":".join(f"{mac >> shift & 255:02x}" for shift in range(40, -8, -8))
            found.append(Embedded("MAC address, by modified EUI-64", text, "RFC 4291 appendix A"))
    if value >> 24 == 0xFF0200000000000000000001FF:
        found.append(
            Embedded("solicited-node group of", f"…:{value >> 16 & 255:02x}:{value & 0xFFFF:04x}", "RFC 4291 §2.7.1")
        )
    return found


def _teredo(value: int, low: int) -> list[Embedded]:
    """Server, flags, and the client's outside port and address, which are stored inverted."""
    port = value >> 32 & 0xFFFF ^ 0xFFFF
    return [
        Embedded("Teredo server", ipv4.to_text(value >> 64 & ipv4.ALL), "RFC 4380 §4"),
        Embedded("Teredo client", f"{ipv4.to_text(low ^ ipv4.ALL)}, UDP port {port}", "RFC 4380 §4"),
    ]
