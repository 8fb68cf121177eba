"""MAC addresses: EUI-48 and EUI-64 in the notations in use, their bits, and the addresses made from them.

IEEE 802-2014 §8 (I/G and U/L bit), IEEE 802c-2017 (SLAP quadrants of local addresses), RFC 4291 appendix A
(modified EUI-64), RFC 1112 §6.4 and RFC 2464 §7 (groups), RFC 2464 §4 and §5. Left out: bit-reversed (Token
Ring) notation, which cannot be told from the other by looking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netlab.addressing import ipv4, prefix
from netlab.addressing.mistakes import AddressError, brief, sure

_HEX = frozenset("0123456789abcdefABCDEF")
# Separator, digits a group at least and at most, and how many groups make 48 and 64 bits.
_NOTATIONS = ((":", 1, 2, 6, 8), ("-", 1, 2, 6, 8), (".", 4, 4, 3, 4), (":", 4, 4, 3, 4), ("-", 6, 6, 2, 0))
BROADCAST = (1 << 48) - 1

_WELL_KNOWN = (  # value, bits that count (from the left of 48), name, source
    (0xFFFFFFFFFFFF, 48, "broadcast", "IEEE 802"),
    (0x0180C2000000, 48, "spanning tree bridge group", "IEEE 802.1Q table 8-1"),
    (0x0180C2000001, 48, "pause frames", "IEEE 802.3 annex 31B"),
    (0x0180C2000002, 48, "slow protocols (LACP)", "IEEE 802.3 §57A"),
    (0x0180C2000003, 48, "port authentication (802.1X)", "IEEE 802.1X"),
    (0x0180C200000E, 48, "LLDP, nearest bridge", "IEEE 802.1AB"),
    (0x0180C2000000, 44, "link-local, never forwarded by a bridge", "IEEE 802.1Q table 8-1"),
    (0x01005E000000, 25, "IPv4 multicast", "RFC 1112 §6.4"),
    (0x333300000000, 16, "IPv6 multicast", "RFC 2464 §7"),
    (0x00005E000100, 40, "VRRP for IPv4", "RFC 9568 §7.3"),
    (0x00005E000200, 40, "VRRP for IPv6", "RFC 9568 §7.3"),
    (0x00005E005300, 40, "documentation, unicast", "RFC 9542 §2.1.2"),
    (0x01005E901000, 40, "documentation, multicast", "RFC 9542 §2.1.2"),
    (0x000000000000, 48, "null: no address", "RFC 9542 §1"),
)

# Bit Z, then bit Y, as they stand in the octet; a quadrant is named by Y, then Z: 01 is ELI (IEEE 802c-2017, RFC 8948).
_SLAP = {
    0b00: "AAI, administratively assigned",
    0b10: "ELI, extended local (a company id)",
    0b01: "reserved",
    0b11: "SAI, standard assigned",
}


@dataclass(frozen=True, slots=True)
class Mac:
    """`value` as a number, `bits` 48 or 64."""

    value: int
    bits: int = 48

    @property
    def octets(self) -> bytes:
        """In the order of transmission."""
        return self.value.to_bytes(self.bits // 8, "big")

    @property
    def is_group(self) -> bool:
        """I/G, the lowest bit of the first octet: set for groups, clear for one station."""
        return bool(self.octets[0] & 1)

    @property
    def is_local(self) -> bool:
        """U/L, the second lowest bit of the first octet: set when the address was made up locally."""
        return bool(self.octets[0] & 2)

    @property
    def slap(self) -> str | None:
        """The quadrant of a local address (IEEE 802c: bit Y above U/L, bit Z above Y); None for universal ones
        and groups.
        """
        if not self.is_local or self.is_group:
            return None
        return _SLAP[self.octets[0] >> 2 & 3]

    @property
    def known_as(self) -> tuple[str, str] | None:
        """What a standard uses this address for, and which one."""
        if self.bits != 48:
            return None
        for value, length, name, source in _WELL_KNOWN:
            if (self.value ^ value) >> 48 - length == 0:
                return name, source
        return None

    @property
    def interface_id(self) -> int | None:
        """Modified EUI-64: FF-FE in the middle of an EUI-48, U/L inverted. None for groups, which have no
        interface.
        """
        if self.is_group:
            return None
        value = self.value if self.bits == 64 else self.value >> 24 << 40 | 0xFFFE << 24 | self.value & 0xFFFFFF
        return value ^ 1 << 57

    @property
    def link_local(self) -> int | None:
        """fe80::/64 with that interface id, as a number (RFC 2464 §5)."""
        interface_id = self.interface_id
        return None if interface_id is None else 0xFE80 << 112 | interface_id

    def text(self, separator: str = ":", digits: int = 2) -> str:
        """`digits` at a time: text(":"), text("-"), text(".", 4), text("")."""
        whole = f"{self.value:0{self.bits // 4}x}"
        return separator.join(whole[at : at + digits] for at in range(0, len(whole), digits))

    def __str__(self) -> str:
        return self.text()


def parse(text: str) -> Mac:
    """A MAC address in any usual notation; AddressError says where it is wrong."""
    try:
        return _parse(text)
    except AddressError as error:
        raise _ip_address(text) or sure(error, _parse) from None


def _ip_address(text: str) -> AddressError | None:
    """The error for what is an address of IP; None for all else, and for a MAC address without one of its groups."""
    if text.count(":") > 3 and all(len(group) <= 2 for group in text.split(":")):
        return None
    try:
        found = prefix.parse(text)
    except AddressError:
        return None
    length = f"/{found.length}" if "/" in text else ""
    meant = f"netlab cidr {found.text_of(found.value)}{length}"
    return AddressError(text, 0, "an IP address, not a MAC address", None, meant)


def _parse(text: str) -> Mac:
    for at, char in enumerate(text):
        if char not in _HEX and char not in ":-.":
            raise _strange(text, at)
    separators = [char for char in text if char in ":-."]
    if not separators:
        if len(text) in (12, 16):
            return Mac(int(text, 16), len(text) * 4)
        raise AddressError(text, 0, f"{len(text)} hexadecimal digits; a MAC address has 12 or 16" if text else "empty")
    if len(set(separators)) > 1:
        first = separators[0]
        at = next(index for index, char in enumerate(text) if char in ":-." and char != first)
        meant = re.sub("[:.-]", ":", text) if len(separators) in (5, 7) else None
        raise AddressError(text, at, f"'{text[at]}' after '{first}': mixed separators", meant)
    return _grouped(text, separators[0])


def _grouped(text: str, separator: str) -> Mac:
    groups = text.split(separator)
    at = 0
    for group in groups:
        if not group:
            raise AddressError(text, at, "a group is missing")
        at += len(group) + 1
    for sign, least, most, for48, for64 in _NOTATIONS:
        if sign == separator and len(groups) in (for48, for64) and all(least <= len(group) <= most for group in groups):
            value = 0
            for group in groups:
                value = value << 4 * most | int(group, 16)
            return Mac(value, 48 if len(groups) == for48 else 64)
    at = 0
    for group in groups:
        if len(group) > 2 and len(groups) >= 5:
            raise AddressError(text, at, f"group {brief(group)} has more than two digits")
        at += len(group) + 1
    raise AddressError(
        text, 0, f"{len(groups)} groups", None, "as in 00:1b:21:aa:bb:cc, 001b.21aa.bbcc or 001b21aabbcc"
    )


def _strange(text: str, at: int) -> AddressError:
    char = text[at]
    if text != text.strip():
        return AddressError(text, 0, "spaces around an address", text.strip())
    if char == " ":
        return AddressError(text, at, "spaces between groups", text.replace(" ", ":"))
    if char.isdigit():
        return AddressError(text, at, f"{char} is a digit, but not one of 0 to 9")
    if char in "oO":
        return AddressError(text, at, f"the letter {char}", text.replace("o", "0").replace("O", "0"))
    if char == "/":
        return AddressError(text, at, "a MAC address has no prefix length", text[:at])
    return AddressError(text, at, f"'{char}' is no hexadecimal digit")


def of_group4(group: int) -> Mac:
    """The MAC address of an IPv4 group: 01:00:5e and its low 23 bits (RFC 1112 §6.4); AddressError for
    others.
    """
    if group >> 28 != 14:
        raise AddressError(ipv4.to_text(group), 0, "not multicast: groups are in 224.0.0.0/4")
    return Mac(0x01005E << 24 | group & 0x7FFFFF)


def of_group6(group: int) -> Mac:
    """The MAC address of an IPv6 group: 33:33 and its low 32 bits (RFC 2464 §7)."""
    return Mac(0x3333 << 32 | group & 0xFFFFFFFF)


def groups4(mac: Mac) -> list[int] | None:
    """The 32 IPv4 groups that share this MAC address: 5 bits of a group are lost. None if it is not of that
    kind.
    """
    if mac.bits != 48 or mac.value >> 23 != 0x01005E << 1:
        return None
    return [0xE << 28 | high << 23 | mac.value & 0x7FFFFF for high in range(32)]


def group6(mac: Mac) -> int | None:
    """The low 32 bits of the IPv6 groups behind a 33:33 address; 80 bits above them are lost. None for
    others.
    """
    return mac.value & 0xFFFFFFFF if mac.bits == 48 and mac.value >> 32 == 0x3333 else None


def random_mac(random_bits: int) -> Mac:
    """A unicast, locally administered address, of the quadrant for that (AAI), from 48 random bits."""
    return Mac(random_bits & ~(0x0F << 40) | 0x02 << 40)
