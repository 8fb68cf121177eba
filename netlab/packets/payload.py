"""What the headers carry: DNS (read by dnspython), HTTP/1, DHCP as far as what it is, or just data.

Chosen by port and then by looking, as every dissector must: no header says which application it carries. A message that
is spread over several TCP segments is only looked at as far as this segment goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netlab.packets.header import Header
from netlab.packets.registries import IP_PROTOCOLS
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

_METHODS = rb"(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) [^\r\n]{1,2000} HTTP/1\.[01]\r?\n"
_HTTP = re.compile(rb"(?:%s|HTTP/1\.[01] [0-9]{3}[^\r\n]*\r?\n)" % _METHODS)
_DHCP = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}
_COOKIE = b"\x63\x82\x53\x63"  # RFC 2131 §3
MOST_LINES = 40
DNS_PORTS = {53, 5300, 5353}  # 5300: the name servers of netlab's own miniature Internet


@dataclass(frozen=True, slots=True)
class Content:
    """What it is, in a few words, and line by line."""

    name: str
    summary: str
    lines: tuple[str, ...] = ()


def look(data: bytes, below: Sequence[Header]) -> Content | None:
    """What `data` is, carried by these headers; None: nobody knows."""
    for header in reversed(below):
        if isinstance(header, (Udp, Tcp)):
            return _by_port(data, header)
    return None


def unknown(protocol: int) -> Content:
    """An IP protocol that is not dissected here."""
    return Content(IP_PROTOCOLS.get(protocol, f"IP protocol {protocol}"), "not dissected here")


def _by_port(data: bytes, header: Udp | Tcp) -> Content | None:
    ports = {header.source_port, header.destination_port}
    if ports & DNS_PORTS:
        return _dns(data[2:] if isinstance(header, Tcp) else data)
    if isinstance(header, Udp) and ports & {67, 68}:
        return _dhcp(data)
    if isinstance(header, Tcp):
        return _http(data)
    return None


def _dns(data: bytes) -> Content | None:
    """dnspython's reading; None for what is no DNS message."""
    import dns.exception
    import dns.message

    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, KeyError):
        return None
    asked = ", ".join(str(each) for each in message.question) or "no question"
    kind = "response" if message.flags & 0x8000 else "query"
    words = f"{kind} {message.id}: {asked}"
    if kind == "response":
        answers = sum(len(each) for each in message.answer)
        words += f", {dns.rcode.to_text(message.rcode())}, {answers} answer{'s' if answers != 1 else ''}"
    return Content("DNS", words, tuple(message.to_text().splitlines()[:MOST_LINES]))


def _http(data: bytes) -> Content | None:
    """A request or response that begins here."""
    if not _HTTP.match(data):
        return None
    lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").splitlines()
    return Content("HTTP", lines[0], tuple(lines[:MOST_LINES]))


def _dhcp(data: bytes) -> Content | None:
    """DHCP's kind of message (RFC 2131 §2, option 53 of RFC 2132 §9.6); BOOTP where it has none."""
    if len(data) < 240 or data[236:240] != _COOKIE:
        return None
    at = 240
    while at + 2 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if data[at] == 53:
            return Content("DHCP", _DHCP.get(data[at + 2], f"message type {data[at + 2]}"))
        at += 2 + data[at + 1]
    return Content("BOOTP", "request" if data[0] == 1 else "reply")
