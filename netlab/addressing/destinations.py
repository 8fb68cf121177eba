"""Destinations that no mask decides: what they are is known before anything is ANDed.

An address of the machine itself, loopback, broadcast, groups, "no address", and the link-local ones, which no gateway
ever forwards. RFC 1122 §3.2.1.3 (IPv4), RFC 919 (limited broadcast), RFC 3927 §2.6.2 and §2.7, RFC 4291 §2.5 to §2.7.
"""

from __future__ import annotations

from typing import NamedTuple

from netlab.addressing import mac
from netlab.addressing.prefix import Prefix


class Way(NamedTuple):
    """`answer` in a word or three, `why` as a sentence after "ADDRESS is"."""

    answer: str
    why: str


def is_link_local(address: Prefix) -> bool:
    """fe80::/10 and 169.254.0.0/16: never forwarded, so no gateway is of use (RFC 4291 §2.5.6, RFC 3927 §2.7)."""
    return address.value >> 118 == 0xFE80 >> 6 if address.version == 6 else address.value >> 16 == 0xA9FE


def is_loopback(address: Prefix) -> bool:
    """127.0.0.0/8 and ::1."""
    return address.value == 1 if address.version == 6 else address.value >> 24 == 127


def different_links(one: Prefix, other: Prefix) -> bool:
    """True where both have a zone, and not the same one (RFC 4007 §5)."""
    return bool(one.zone and other.zone) and one.zone != other.zone


def of_any_host(to: Prefix) -> Way | None:
    """What an address is to every host, whatever its masks; None for one that masks decide on."""
    if to.value == 0:
        rule = "RFC 1122 §3.2.1.3" if to.version == 4 else "RFC 4291 §2.5.2"
        return Way("nowhere", f"no address: it says that a host has none yet, and is no destination ({rule})")
    if is_loopback(to):
        rule = "RFC 1122 §3.2.1.3" if to.version == 4 else "RFC 4291 §2.5.3"
        return Way("itself", f"loopback: it never leaves the machine, nobody is asked for a MAC address ({rule})")
    if to.version == 4 and to.value == (1 << 32) - 1:
        return Way("broadcast", f"the limited broadcast: {_TO_ALL}, and no router forwards it (RFC 919)")
    if Prefix(to.version, to.value, to.width).is_group:
        of_group = mac.of_group4 if to.version == 4 else mac.of_group6
        rule = "RFC 1112 §6.4" if to.version == 4 else "RFC 2464 §7"
        return Way(
            "multicast", f"a group: its MAC address, {of_group(to.value)}, is made from it, not asked for ({rule})"
        )
    return None


def from_host(source: Prefix, to: Prefix) -> Way | None:
    """The same for a host with this address and prefix, which knows itself, its broadcast and its link."""
    known = of_any_host(to)
    if known is not None:
        return known
    if different_links(source, to):
        return Way(
            "different links",
            f"in zone {to.zone}, and A in zone {source.zone}: each is a link of its own, and "
            "no gateway forwards from one to the other",
        )
    if to.value == source.value:
        return Way("itself", "A's own address: it never leaves the machine, nobody is asked for a MAC address")
    if is_loopback(source):
        return Way("no way", "another machine's, and what comes from loopback never leaves this one")
    if to.value == source.broadcast:
        return Way("broadcast", f"the directed broadcast of {source.network_text}: {_TO_ALL} (RFC 922)")
    if is_link_local(to):
        if is_link_local(source):
            return Way("local", f"link-local, as A is: on A's link or nowhere, never by a gateway; {_asks(to)}")
        return Way("local", f"link-local: on A's link or nowhere, never by a gateway, whatever the mask; {_asks(to)}")
    if is_link_local(source) and not source.contains(to):
        rule = "RFC 4291 §2.5.6" if to.version == 6 else "RFC 3927 §2.7"
        return Way("no way", f"not on the link, and no gateway forwards what comes from a link-local address ({rule})")
    return None


_TO_ALL = "sent to ff:ff:ff:ff:ff:ff, nobody is asked for a MAC address"


def _asks(to: Prefix) -> str:
    if to.version == 6:
        return "Neighbour Discovery asks for its MAC address (RFC 4291 §2.5.6)"
    return "ARP asks for its MAC address (RFC 3927 §2.6.2)"
