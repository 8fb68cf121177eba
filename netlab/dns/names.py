"""A domain name is a tuple of labels, leaf first, in lower case and without the root's empty label.

`my.xxsilence.net.` is `(b"my", b"xxsilence", b"net")`, and the root is `()`. So a parent is `name[1:]`, names compare
label by label whatever their case was (RFC 4343), and `b"ample", b"com"` is no ancestor of `example.com`.
Syntax (escapes, IDNA, the limits of 63 and 255 octets of RFC 1035 §2.3.4) is dnspython's.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

import dns.exception
import dns.name

from netlab.errors import UsageError

Name = tuple[bytes, ...]

ROOT: Name = ()
LONGEST_WIRE = 255  # octets, RFC 1035 §2.3.4


@lru_cache(maxsize=4096)
def from_text(text: str) -> Name:
    """The name written as "my.xxsilence.net" or "my.xxsilence.net."; UsageError says what is wrong with others."""
    if not text:
        raise UsageError("'' is no domain name: it is empty", "the root is written as a dot")
    try:
        parsed = dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError) as error:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise UsageError(f"'{shown}' is no domain name: {said[:1].lower()}{said[1:]}") from None
    return tuple(label.lower() for label in parsed.labels[:-1])


@lru_cache(maxsize=4096)
def to_text(name: Name) -> str:
    """The name as a master file would have it, with its final dot."""
    return str(dns.name.Name((*name, b"")).to_text())


@lru_cache(maxsize=4096)
def to_wire(name: Name) -> bytes:
    """The name as it is sent, uncompressed (RFC 1035 §3.1)."""
    return b"".join(len(label).to_bytes(1, "big") + label for label in name) + b"\0"


def wire_length(name: Name) -> int:
    """Octets of `to_wire(name)`; a synthesised name may be too long to send."""
    return sum(map(len, name)) + len(name) + 1


def within(name: Name, zone: Name) -> bool:
    """True if `name` is `zone` or below it."""
    return not zone or name[-len(zone) :] == zone


def below(name: Name, zone: Name) -> bool:
    """True if `name` is strictly below `zone`."""
    return len(name) > len(zone) and within(name, zone)


def reverse(address: str) -> Name:
    """The name under in-addr.arpa (RFC 1035 §3.5) or ip6.arpa (RFC 3596 §2.5) that stands for an IP address."""
    try:
        pointer = ipaddress.ip_address(address).reverse_pointer
    except ValueError:
        raise UsageError(f"'{address}' is no IP address", "192.0.2.80 or 2001:db8::80") from None
    return tuple(label.encode() for label in pointer.split("."))
