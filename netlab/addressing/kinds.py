"""What kind of address this is: the special-purpose registry first, then multicast, then what is left.

Follows RFC 4291 §2.4 and §2.7, RFC 7346 (multicast scopes), RFC 5771 and RFC 2365 (IPv4 groups), RFC 791 §3.2
(classes, historical: RFC 4632 replaced them). Left out: which registry an address was given to, and by whom
it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import prefix as prefixes
from netlab.addressing import special
from netlab.addressing.prefix import Prefix


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` and its `source`; `reachable` from anywhere: "true", "false" or "N/A", and `meaning` if it needs
    words.

    `block` is the row or range that decided.
    """

    name: str
    source: str
    reachable: str
    block: str
    meaning: str = ""


_SCOPES = {
    1: "interface-local",
    2: "link-local",
    3: "realm-local",
    4: "admin-local",
    5: "site-local",
    8: "organization-local",
    14: "global",
}

_FLAGS = ((1, "transient"), (2, "prefix-based, RFC 3306"), (4, "with a rendezvous point, RFC 3956"))

_GROUPS = (  # the longest first
    ("224.0.0.0/24", "multicast, local network control", "RFC 5771 §4", special.NO),
    ("224.0.1.0/24", "multicast, internetwork control", "RFC 5771 §5", special.NOT_APPLICABLE),
    ("239.0.0.0/8", "multicast, administratively scoped", "RFC 2365", special.NO),
    ("232.0.0.0/8", "multicast, source-specific", "RFC 4607", special.NOT_APPLICABLE),
    ("233.252.0.0/24", "multicast, documentation (MCAST-TEST-NET)", "RFC 6676", special.NO),
    ("233.0.0.0/8", "multicast, GLOP or assigned", "RFC 3180, RFC 5771 §9", special.NOT_APPLICABLE),
    ("224.0.0.0/4", "multicast", "RFC 5771", special.NOT_APPLICABLE),
)
_AS_GLOBAL = "to be treated as global unicast by new code"
_OTHERS6 = (
    ("fec0::/10", "site-local unicast, deprecated", "RFC 3879", special.NO, _AS_GLOBAL),
    ("::/96", "IPv4-compatible, deprecated", "RFC 4291 §2.5.5.1", special.NO, ""),
    ("2000::/3", "global unicast", "RFC 4291 §2.4", special.YES, ""),
    ("::/0", "not assigned, reserved by the IETF", "RFC 4291 §2.4", special.NOT_APPLICABLE, "nobody has it yet"),
)


def kind(address: Prefix) -> Kind:
    """The kind of an address, or of a prefix as far as one answer is right for all of it."""
    row = special.find(address)
    if row is not None:
        return Kind(row.name, row.source, row.reachable, row.block, row.meaning)
    if address.length < address.width:
        parts = special.inside(address)
        if parts:
            more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
            named = ", ".join(f"{row.block} {row.name}" for row in parts[:3])
            return Kind(
                "several kinds", "IANA registries", special.NOT_APPLICABLE, "", f"it has special parts: {named}{more}"
            )
    if address.version == 6:
        return _kind6(address)
    for block, name, source, reachable in sorted(_GROUPS, key=lambda group: -int(group[0].partition("/")[2])):
        if prefixes.parse(block).contains(address):
            return Kind(name, source, reachable, block, "groups are not in the special-purpose registry")
    return Kind("global unicast", "no row of the registry", special.YES, "0.0.0.0/0")


def _kind6(address: Prefix) -> Kind:
    if address.is_group:
        flags, scope = address.value >> 116 & 15, address.value >> 112 & 15
        name = f"multicast, {_SCOPES.get(scope, f'scope {scope:x}')}"
        extras = [word for bit, word in _FLAGS if flags & bit]
        reachable = special.NOT_APPLICABLE if scope > 8 else special.NO
        if address.length < 16:
            name, reachable, extras = "multicast", special.NOT_APPLICABLE, ["the scope is in bits 13 to 16"]
        return Kind(name, "RFC 4291 §2.7, RFC 7346", reachable, "ff00::/8", ", ".join(extras))
    for block, name, source, reachable, meaning in _OTHERS6:
        if prefixes.parse(block).contains(address):
            return Kind(name, source, reachable, block, meaning)
    raise AssertionError("::/0 has every address")


def historical_class(value: int) -> tuple[str, int | None]:
    """The class an IPv4 address had before 1993, and the length of its network: ("A", 8). RFC 791 §3.2, RFC
    1112 §4.
    """
    for letter, bits, length in (("A", 0b0, 8), ("B", 0b10, 16), ("C", 0b110, 24), ("D", 0b1110, None)):
        if value >> 32 - bits.bit_length() - (letter == "A") == bits:
            return letter, length
    return "E", None
