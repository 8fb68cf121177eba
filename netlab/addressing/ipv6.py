"""IPv6 addresses: the text forms of RFC 4291 §2.2 to a number of 128 bits, and back in the form of RFC 5952.

A zone (RFC 4007 §11, `fe80::1%eth0`) is kept apart from the number. Left out: brackets and ports of URLs,
which are recognised in errors only.
"""

from __future__ import annotations

from netlab.addressing import ipv4
from netlab.addressing.mistakes import AddressError, brief, shifted

WIDTH = 128
ALL = (1 << WIDTH) - 1

_HEX = frozenset("0123456789abcdefABCDEF")


def parse(text: str) -> tuple[int, str]:
    """Number and zone ("" without one) of an address; AddressError says where it is wrong."""
    address, percent, zone = text.partition("%")
    if percent:
        _check_zone(text, zone)
    head, gap, tail = address.partition("::")
    if tail.startswith(":") or "::" in tail:
        raise _second_gap(text, address)
    left = _groups(text, head, 0, last=not gap)
    right = _groups(text, tail, len(head) + 2, last=True) if gap else []
    found = len(left) + len(right)
    if found > 8 or (not gap and found < 8):
        raise _count(text, found)
    if gap and found == 8:
        meant = address.replace("::", ":") if head and tail else None
        raise AddressError(text, len(head), "'::' stands for one group or more, and there are eight already", meant)
    value = 0
    for group in left:
        value = value << 16 | group
    value <<= 16 * (8 - len(left))
    low = 0
    for group in right:
        low = low << 16 | group
    return value | low, zone


def to_text(value: int) -> str:
    """The canonical text (RFC 5952 §4): lower case, no leading zeros, the longest run of zero groups as "::".

    IPv4-mapped addresses end in dotted decimal (RFC 5952 §5).
    """
    if value >> 32 == 0xFFFF:
        return f"::ffff:{ipv4.to_text(value & ipv4.ALL)}"
    groups = [value >> shift & 0xFFFF for shift in range(112, -16, -16)]
    start, length = _longest_zeros(groups)
    if length < 2:  # §4.2.2: not for one group alone
        return ":".join([f"{group:x}" for group in groups])
    left = ":".join([f"{group:x}" for group in groups[:start]])
    right = ":".join([f"{group:x}" for group in groups[start + length :]])
    return f"{left}::{right}"


def full_text(value: int) -> str:
    """All 32 digits."""
    digits = f"{value:032x}"
    return ":".join(digits[at : at + 4] for at in range(0, 32, 4))


def _longest_zeros(groups: list[int]) -> tuple[int, int]:
    """Where the longest run of zeros begins, and its length; the first one of equals (RFC 5952 §4.2.3)."""
    best = (0, 0)
    start = length = 0
    for index, group in enumerate(groups):
        if group:
            length = 0
            continue
        if length == 0:
            start = index
        length += 1
        if length > best[1]:
            best = (start, length)
    return best


def _groups(text: str, part: str, at: int, *, last: bool) -> list[int]:
    """The groups of one side of "::". The `last` side may end in dotted decimal, which counts as two groups."""
    if not part:
        if not last or at or "::" in text:
            return []
        raise AddressError(text, 0, "empty where an address should be")
    groups = []
    pieces = part.split(":")
    for index, piece in enumerate(pieces):
        if "." in piece and last and index == len(pieces) - 1 and (at or index):
            try:
                value = ipv4.parse(piece)
            except AddressError as error:
                raise shifted(error, text, at, text[:at], text[at + len(piece) :]) from None
            groups += [value >> 16, value & 0xFFFF]
        else:
            if not piece or len(piece) > 4 or not _HEX.issuperset(piece):
                raise _bad_group(text, piece, at)
            groups.append(int(piece, 16))
        at += len(piece) + 1
    return groups


def _bad_group(text: str, piece: str, at: int) -> AddressError:
    if text.startswith("["):
        return AddressError(text, 0, "brackets are for URLs", text[1:].partition("]")[0])
    if text != text.strip():
        return AddressError(text, 0, "spaces around an address", text.strip())
    if not piece:
        what = "a colon begins it" if at == 0 else "a colon ends it" if at >= len(text) else "a group is missing"
        return AddressError(text, at, what, f":{text}" if at == 0 else f"{text}:" if at >= len(text) else None)
    for index, char in enumerate(piece):
        if char == "." and not set(piece) - set("0123456789."):
            return AddressError(text, at + index, "dotted decimal stands at the end, or not at all")
        if char not in _HEX:
            return AddressError(text, at + index, f"'{char}' is no hexadecimal digit")
    short = piece.lstrip("0") or "0"
    meant = f"{text[:at]}{short}{text[at + len(piece) :]}" if len(short) <= 4 else None
    return AddressError(text, at, f"group {brief(piece)} has more than four digits", meant)


def _second_gap(text: str, address: str) -> AddressError:
    at = address.find(":::")
    if at >= 0:
        return AddressError(text, at, "three colons", text.replace(":::", "::"))
    at = address.find("::", address.find("::") + 2)
    return AddressError(text, at, "'::' twice: how many zeros each stands for cannot be known")


def _count(text: str, found: int) -> AddressError:
    if found > 8:
        return AddressError(text, 0, f"{found} groups; an IPv6 address has eight")
    if found == 6 and all(len(piece) == 2 for piece in text.split(":")):
        return AddressError(text, 0, "six groups of two digits: a MAC address", None, f"netlab mac {text}")
    return AddressError(text, len(text), f"{found} groups; an IPv6 address has eight, or '::' for the missing ones")


def _check_zone(text: str, zone: str) -> None:
    at = len(text) - len(zone)
    if not zone:
        raise AddressError(text, at - 1, "'%' without a zone", text[: at - 1])
    for index, char in enumerate(zone):
        if char in "%/[]" or not char.isprintable() or char.isspace():
            raise AddressError(text, at + index, f"'{char}' cannot be in a zone")
