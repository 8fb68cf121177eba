"""What a header's numbers say about each other: checksums that fit or do not, values that cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from netlab.packets import option
from netlab.packets.checksum import checksum, same, without
from netlab.packets.header import Header
from netlab.packets.icmp import Icmp
from netlab.packets.icmpv6 import Icmpv6
from netlab.packets.igmp import Igmp
from netlab.packets.ipv4 import OPTIONS as IPV4_OPTIONS
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Fragment, Ipv6, Routing
from netlab.packets.tcp import OPTIONS as TCP_OPTIONS
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

LEFT_TO_THE_CARD = "the checksum is left to the network card: captured before it was finished"
_PLACE = {
    Tcp: (16, 6),
    Udp: (6, 17),
    Icmp: (2, 1),
    Igmp: (2, 2),
    Icmpv6: (2, 58),
}  # where the checksum is; the protocol's number


def notes(header: Header, below: Sequence[Header | None], packet: bytes, cut: bool) -> list[str]:
    """What is to be said about `header`, whose bytes and body are `packet`; `cut`: the end of the body is missing."""
    found = []
    if isinstance(header, Ipv4):
        size = (header.ihl or 5) * 4
        found += _compare("header checksum", header.checksum or 0, checksum(without(packet[:size], 10)))
        found += option.complaints(header.options, IPV4_OPTIONS)
        if header.reserved:
            found.append("the reserved bit is set")
        if header.more_fragments and header.dont_fragment:
            found.append("a fragment of a packet that must not be fragmented")
    if isinstance(header, Tcp):
        found += option.complaints(header.options, TCP_OPTIONS)
        if header.syn and (header.fin or header.rst):
            found.append("SYN together with FIN or RST means nothing")
    verdict = transport_checksum(header, below, packet, cut)
    return found + ([verdict] if verdict else [])


def transport_checksum(header: Header, below: Sequence[Header | None], packet: bytes, cut: bool) -> str:
    """Whether the checksum of a TCP, UDP, ICMP or IGMP message is right; "" where that cannot be known."""
    place = next((place for kind, place in _PLACE.items() if isinstance(header, kind)), None)
    if place is None or cut or any(isinstance(each, (Fragment, Routing)) for each in below):
        return ""  # a routing header may hide the final destination, which the checksum covers
    at, protocol = place
    carrier = next((each for each in reversed(below) if isinstance(each, (Ipv4, Ipv6))), None)
    if isinstance(carrier, Ipv4) and (carrier.more_fragments or carrier.fragment_offset):
        return ""
    told = int.from_bytes(packet[at : at + 2], "big")
    if isinstance(header, Udp) and told == 0:
        return "" if isinstance(carrier, Ipv4) else "no checksum, which UDP over IPv6 must have (RFC 8200 §8.1)"
    if carrier is None and not isinstance(header, (Icmp, Igmp)):
        return ""
    front = b"" if isinstance(header, (Icmp, Igmp)) or carrier is None else carrier.pseudo_header(protocol, len(packet))
    if isinstance(header, (Tcp, Udp)) and front and told == 0xFFFF - checksum(front):
        return LEFT_TO_THE_CARD  # Linux leaves the sum of the pseudo-header there for the card to go on with
    return next(iter(_compare("checksum", told, checksum(front + without(packet, at)))), "")


def _compare(name: str, told: int, right: int) -> list[str]:
    return [] if same(told, right) else [f"{name} is 0x{told:04x} and should be 0x{right:04x}"]
