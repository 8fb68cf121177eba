"""What a header's numbers say about each other: checksums that fit or do not, values that cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from netlab.packets.checksum import checksum, same, without
from netlab.packets.header import Header
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Fragment, Ipv6, Routing
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

LEFT_TO_THE_CARD = "the checksum is left to the network card: captured before it was finished"


def notes(header: Header, below: Sequence[Header | None], packet: bytes, cut: bool) -> list[str]:
    """What is to be said about `header`, whose bytes and body are `packet`; `cut`: the end of the body is missing."""
    found = []
    if isinstance(header, Ipv4):
        size = (header.ihl or 5) * 4
        found += _compare("header checksum", header.checksum or 0, checksum(without(packet[:size], 10)))
    found += header.complaints()
    if header.COVERS is not None and not cut:
        found += _covering_checksum(header, header.COVERS.pseudo, below, packet)
    return found


def _covering_checksum(
    header: Header, protocol: int | None, below: Sequence[Header | None], packet: bytes
) -> list[str]:
    """What is wrong with a checksum that covers the body, too; nothing where that cannot be known."""
    at = next((at.first // 8 for at in header.LAYOUT.placed(header.values()) if at.field.name == "checksum"), None)
    if at is None or any(isinstance(each, (Fragment, Routing)) for each in below):
        return []  # a routing header may hide the final destination, which the checksum covers
    carrier = next((each for each in reversed(below) if isinstance(each, (Ipv4, Ipv6))), None)
    if isinstance(carrier, Ipv4) and (carrier.more_fragments or carrier.fragment_offset):
        return []
    told = int.from_bytes(packet[at : at + 2], "big")
    if isinstance(header, Udp) and told == 0:
        return [] if isinstance(carrier, Ipv4) else ["no checksum, which UDP over IPv6 must have (RFC 8200 §8.1)"]
    front = b""
    if protocol is not None:
        if carrier is None:
            return []
        front = carrier.pseudo_header(protocol, len(packet))
        if isinstance(header, (Tcp, Udp)) and told == 0xFFFF - checksum(front):
            return [LEFT_TO_THE_CARD]  # Linux leaves the pseudo-header's sum there for the card to go on with
    return _compare("checksum", told, checksum(front + without(packet, at)))


def _compare(name: str, told: int, right: int) -> list[str]:
    return [] if same(told, right) else [f"{name} is 0x{told:04x} and should be 0x{right:04x}"]
