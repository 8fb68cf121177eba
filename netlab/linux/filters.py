"""Which frames one wants to see: "tcp and port 80", "arp or icmp", "host 10.0.0.1 and not port 22".

The words are those of pcap-filter(7), as far as they go here: the protocols arp, ip, ip6, icmp, icmp6, tcp, udp, dns,
http; host ADDRESS, src ADDRESS, dst ADDRESS, port N; and, or, not, parentheses. It looks at dissected frames, so it
works on any link, and is no faster than that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address

from netlab.errors import UsageError
from netlab.packets.arp import Arp
from netlab.packets.dissect import Dissection
from netlab.packets.header import Header
from netlab.packets.icmp import Icmp
from netlab.packets.icmpv6 import Icmpv6
from netlab.packets.igmp import Igmp
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

Wanted = Callable[[Dissection], bool]

_PROTOCOLS: dict[str, type[Header]] = {
    "arp": Arp,
    "ip": Ipv4,
    "ip6": Ipv6,
    "icmp": Icmp,
    "icmp6": Icmpv6,
    "igmp": Igmp,
    "tcp": Tcp,
    "udp": Udp,
}
_CONTENTS = {"dns": "DNS", "http": "HTTP", "dhcp": "DHCP"}
_ENDS = {"host": ("source", "destination"), "src": ("source",), "dst": ("destination",)}


def compiled(text: str) -> Wanted:
    """The filter as a function. "" wants everything. UsageError says which word it is that cannot be."""
    words = re.findall(r"[()!]|[^\s()!]+", text.lower())
    if not words:
        return lambda found: True
    parser = _Parser(words)
    wanted = parser.alternatives()
    if parser.words:
        raise UsageError(f"filter: '{parser.words[0]}' is one word too many; words are joined by 'and' or 'or'")
    return wanted


class _Parser:
    """Recursive descent: `or` binds least, then `and`, then `not`."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def alternatives(self) -> Wanted:
        found = [self._all()]
        while self._take("or"):
            found.append(self._all())
        return found[0] if len(found) == 1 else lambda frame: any(each(frame) for each in found)

    def _all(self) -> Wanted:
        found = [self._one()]
        while self._take("and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else lambda frame: all(each(frame) for each in found)

    def _one(self) -> Wanted:
        if self._take("not") or self._take("!"):
            inner = self._one()
            return lambda frame: not inner(frame)
        if self._take("("):
            inner = self.alternatives()
            if not self._take(")"):
                raise UsageError("filter: a parenthesis is not closed")
            return inner
        return self._word(self._next("something is missing at the end"))

    def _word(self, word: str) -> Wanted:
        if word in _PROTOCOLS:
            kind = _PROTOCOLS[word]
            return lambda frame: frame.find(kind) is not None
        if word in _CONTENTS:
            name = _CONTENTS[word]
            return lambda frame: frame.content is not None and frame.content.name == name
        if word == "port":
            return _port(self._next("'port' wants a number"))
        if word in _ENDS:
            return _address(_ENDS[word], self._next(f"'{word}' wants an address"))
        raise UsageError(
            f"filter: '{word}' is not known",
            f"{', '.join([*_PROTOCOLS, *_CONTENTS])}, host, src, dst, port, and, or, not",
        )

    def _take(self, word: str) -> bool:
        if self.words and self.words[0] == word:
            del self.words[0]
            return True
        return False

    def _next(self, otherwise: str) -> str:
        if not self.words:
            raise UsageError(f"filter: {otherwise}")
        return self.words.pop(0)


def _port(text: str) -> Wanted:
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise UsageError(f"filter: '{text}' is no port")
    number = int(text)

    def wanted(frame: Dissection) -> bool:
        header = frame.find(Tcp) or frame.find(Udp)
        return header is not None and number in (header.source_port, header.destination_port)

    return wanted


def _address(ends: tuple[str, ...], text: str) -> Wanted:
    try:
        address = str(ip_address(text))
    except ValueError:
        raise UsageError(f"filter: '{text}' is no IP address") from None

    def wanted(frame: Dissection) -> bool:
        header = frame.find(Ipv4) or frame.find(Ipv6)
        if header is not None:
            return any(getattr(header, end) == address for end in ends)
        arp = frame.find(Arp)
        told = {"source": arp.sender_ip, "destination": arp.target_ip} if arp else {}
        return any(told.get(end) == address for end in ends)

    return wanted
