"""The Internet checksum: the ones' complement of the ones' complement sum of all 16-bit words (RFC 1071).

A receiver sums everything, checksum included: 0xffff means intact. TCP, UDP and ICMPv6 cover a pseudo-header too, which
is never sent: addresses, protocol and length, so that a segment that was delivered to a wrong host is noticed
(RFC 9293 §3.1, RFC 768, RFC 8200 §8.1).
"""

from __future__ import annotations


def checksum(data: bytes) -> int:
    """The checksum of `data`, in which the checksum field itself must be 0."""
    # 2**16 is 1 modulo 65535, so the sum of the words is the whole number modulo 65535: one division, no loop. What
    # remains is telling 0 from 65535, which are the same zero in ones' complement: only all-zero data sums to 0.
    padded = data + b"\0" if len(data) % 2 else data
    total = int.from_bytes(padded, "big")
    folded = total % 0xFFFF or (0xFFFF if total else 0)
    return 0xFFFF - folded


def without(data: bytes, at: int) -> bytes:
    """`data` with the checksum field at byte `at` set to 0."""
    return data[:at] + b"\0\0" + data[at + 2 :]


def same(left: int, right: int) -> bool:
    """Whether two checksums are equal; 0 and 0xffff are the same zero (RFC 1624 §3)."""
    return left % 0xFFFF == right % 0xFFFF
