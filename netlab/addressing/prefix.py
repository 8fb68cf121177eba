"""A prefix: an address and how many of its leading bits are the network's (CIDR, RFC 4632; RFC 4291 §2.3).

The address may have host bits: 10.100.122.2/24 is an interface's address with the prefix of its network.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import ipv4, ipv6
from netlab.addressing.mistakes import AddressError, shifted, sure


@dataclass(frozen=True, slots=True)
class Prefix:
    """`version` 4 or 6, `value` the address as a number, `length` in bits, `zone` of RFC 4007 or ""."""

    version: int
    value: int
    length: int
    zone: str = ""

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 32 if self.version == 4 else 128

    @property
    def hosts_mask(self) -> int:
        """Ones where the host bits are: Cisco's wildcard mask."""
        return (1 << self.width - self.length) - 1

    @property
    def mask(self) -> int:
        """Ones where the network bits are."""
        return (1 << self.width) - 1 ^ self.hosts_mask

    @property
    def network(self) -> int:
        """The first address: address AND mask."""
        return self.value >> self.width - self.length << self.width - self.length

    @property
    def last(self) -> int:
        """The last address: all host bits one."""
        return self.value | self.hosts_mask

    @property
    def count(self) -> int:
        """How many addresses."""
        return 1 << self.width - self.length

    @property
    def broadcast(self) -> int | None:
        """The directed broadcast address (RFC 922). None for IPv6, which has none, for /31 (RFC 3021), /32
        and groups.
        """
        if self.version == 6 or self.length > 30 or self.is_group:
            return None
        return self.last

    @property
    def is_group(self) -> bool:
        """True where every address is multicast: 224.0.0.0/4, ff00::/8."""
        if self.version == 4:
            return self.length >= 4 and self.value >> 28 == 14
        return self.length >= 8 and self.value >> 120 == 255

    @property
    def usable_ranges(self) -> tuple[tuple[int, int], ...]:
        """First and last of the addresses a host may have: none for groups, two ranges where groups are in between.

        All but the network's and the broadcast address in IPv4, both in a /31 (RFC 3021); all in IPv6. Nowhere 0.0.0.0
        and 255.255.255.255 (RFC 1122 §3.2.1.3), :: (RFC 4291 §2.5.2), 224.0.0.0/4 and ff00::/8.
        """
        first, last = self.network, self.last
        if self.broadcast is not None:
            first, last = first + 1, last - 1
        first = max(first, 1)
        if self.version == 4:
            last = min(last, ipv4.ALL - 1)
        group, group_end = (0xE << 28, 0xF << 28) if self.version == 4 else (0xFF << 120, 1 << 128)
        parts = ((first, min(last, group - 1)), (max(first, group_end), last))
        return tuple(part for part in parts if part[0] <= part[1])

    @property
    def usable(self) -> tuple[int, int] | None:
        """First and last address a host may have; None where there is none.

        By the arithmetic of the course: the network's and the broadcast address are left out, and groups that a very
        short prefix holds in between are not. `usable_ranges` is for handing out addresses one by one.
        """
        if not self.usable_ranges:
            return None
        reserved = self.broadcast is not None
        return self.network + reserved, self.last - reserved

    @property
    def usable_count(self) -> int:
        """How many lie from the first to the last."""
        return self.usable[1] - self.usable[0] + 1 if self.usable else 0

    def contains(self, other: Prefix) -> bool:
        """True when every address of `other` is one of this prefix. IPv4 and IPv6 never contain one another."""
        return (
            self.version == other.version
            and self.length <= other.length
            and (self.value ^ other.value) >> self.width - self.length == 0
        )

    def text_of(self, value: int) -> str:
        """Another address of the same version as text."""
        return to_text(self.version, value)

    def __str__(self) -> str:
        return f"{to_text(self.version, self.value)}{'%' if self.zone else ''}{self.zone}/{self.length}"

    @property
    def network_text(self) -> str:
        """The network with its length, without host bits and zone."""
        return f"{to_text(self.version, self.network)}/{self.length}"


def to_text(version: int, value: int) -> str:
    """Canonical text of an address."""
    return ipv4.to_text(value) if version == 4 else ipv6.to_text(value)


def parse(text: str) -> Prefix:
    """ADDRESS, ADDRESS/LENGTH or ADDRESS/MASK. A bare address is a prefix of all its bits."""
    try:
        return _parse(text)
    except AddressError as error:
        raise sure(error, _parse) from None


def _parse(text: str) -> Prefix:
    address, slash, size = text.partition("/")
    try:
        base = _parse_address(address)
    except AddressError as error:
        if not slash:
            raise
        raise shifted(error, text, 0, "", f"/{size}") from None
    if not slash:
        return base
    if not size:
        raise AddressError(text, len(text), "'/' without a length", f"{address}/{base.width}")
    try:
        return Prefix(base.version, base.value, _length(base.version, size), base.zone)
    except AddressError as error:
        raise shifted(error, text, len(address) + 1, f"{address}/") from None


def parse_address(text: str) -> Prefix:
    """An address without a length, as a prefix of all its bits."""
    try:
        return _parse_address(text)
    except AddressError as error:
        raise sure(error, _parse_address) from None


def _parse_address(text: str) -> Prefix:
    if "/" in text:
        raise AddressError(
            text, text.index("/"), "an address, without a length, is wanted here", text.partition("/")[0]
        )
    if ":" in text and not _dotted_with_port(text):
        value, zone = ipv6.parse(text)
        return Prefix(6, value, 128, zone)
    if "%" in text:
        raise AddressError(text, text.index("%"), "IPv4 addresses have no zone", text.partition("%")[0])
    return Prefix(4, ipv4.parse(text), 32)


def parse_with_mask(text: str, mask: str) -> Prefix:
    """An address and, apart from it, its mask (255.255.255.0), wildcard mask (0.0.0.255) or length (24, /24)."""
    base = parse_address(text)
    try:
        return Prefix(base.version, base.value, _length(base.version, mask.removeprefix("/")), base.zone)
    except AddressError as error:
        raise _two_addresses(base, mask) or error from None


def _two_addresses(one: Prefix, text: str) -> AddressError | None:
    """The error for an address where the mask should be; None if it is more like a mask with a mistake in it."""
    try:
        other = _parse_address(text)
    except AddressError:
        return None
    if other.version != one.version or (one.version == 4 and other.value >> 24 == 255) or not one.value:
        return None
    if one.version == 6 and other.value >> 112 == 0xFFFF:
        return None
    first, last = sorted((one.value, other.value))
    a, b, length = one.text_of(one.value), one.text_of(other.value), 24 if one.version == 4 else 64
    hint = f"netlab cidr same-net {a}/{length} {b}, or netlab cidr range {one.text_of(first)} {one.text_of(last)}"
    return AddressError(text, 0, "a second address, and no mask", None, hint)


def _dotted_with_port(text: str) -> bool:
    """10.0.0.1:80, which is better explained as IPv4 than as IPv6."""
    return text.count(":") == 1 and text.partition(":")[0].count(".") == 3


_LENGTHS = {str(number): number for number in range(129)}


def _length(version: int, text: str) -> int:
    """A prefix length, from itself or from a mask of IPv4."""
    width = 32 if version == 4 else 128
    length = _LENGTHS.get(text)
    if length is not None and length <= width:
        return length
    if version == 4 and "." in text:
        return length_of_mask(text)
    if not text:
        raise AddressError(text, 0, "no length")
    if text.isascii() and text.isdigit():
        if text[0] == "0":
            meant = text.lstrip("0") or "0"
            raise AddressError(text, 0, "a length with a leading zero", meant if int(meant[:4]) <= width else None)
        raise AddressError(text, 0, f"longer than the {width} bits of an IPv{version} address")
    if text[:2].lower() == "0x" and version == 4:
        raise _hexadecimal_mask(text)
    if ":" in text:
        raise AddressError(text, 0, "IPv6 has no masks (RFC 4291 §2.3), only lengths", _ipv6_mask_length(text))
    at = next((index for index, char in enumerate(text) if char not in "0123456789"), 0)
    raise AddressError(text, at, "a length is a number", f"{width}" if text.startswith("-") else None)


def length_of_mask(text: str) -> int:
    """The length that a netmask or, if it begins with zeros, a wildcard mask stands for.

    0.0.0.0 and 255.255.255.255 are read as netmasks. A mask with a hole is an error (RFC 4632 §5.1).
    """
    mask = ipv4.parse(text)
    length = _ones(mask)
    if length is None and not mask >> 31:
        length = _ones(mask ^ ipv4.ALL)
    if length is not None:
        return length
    first_zero = 32 - (mask ^ ipv4.ALL if mask >> 31 else mask).bit_length()
    meant = ipv4.to_text(ipv4.ALL ^ (1 << 32 - first_zero) - 1) if mask >> 31 else None
    raise AddressError(
        text, 0, f"a mask with a hole: bit {first_zero + 1} ends one run, and another one follows", meant
    )


def _ones(mask: int) -> int | None:
    """How many ones a netmask begins with; None if ones follow a zero."""
    zeros = mask ^ ipv4.ALL
    return 32 - zeros.bit_length() if zeros & zeros + 1 == 0 else None


def _hexadecimal_mask(text: str) -> AddressError:
    try:
        meant = ipv4.to_text(int(text, 16)) if len(text) <= 10 else None
    except ValueError:
        meant = None
    return AddressError(text, 0, "a mask in hexadecimal", meant)


def _ipv6_mask_length(text: str) -> str | None:
    try:
        value, _ = ipv6.parse(text)
    except AddressError:
        return None
    zeros = value ^ ipv6.ALL
    return str(128 - zeros.bit_length()) if zeros & zeros + 1 == 0 else None
