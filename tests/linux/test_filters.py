"""Filters: what they keep, and what they say to words they do not know."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.errors import UsageError
from netlab.linux import filters
from netlab.packets.arp import Arp
from netlab.packets.build import build
from netlab.packets.dissect import dissect
from netlab.packets.ethernet import Ethernet
from netlab.packets.icmp import IcmpEcho
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

LINK = Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01")
FRAMES = {
    "arp": build([LINK, Arp(1, "02:00:00:00:00:01", "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2")]),
    "ping": build([LINK, Ipv4("10.0.0.1", "10.0.0.2"), IcmpEcho(8)]),
    "web": build([LINK, Ipv4("10.0.0.2", "10.0.0.1"), Tcp(40000, 80)], b"GET / HTTP/1.1\r\n\r\n"),
    "udp6": build([LINK, Ipv6("fd00::1", "fd00::2"), Udp(5000, 9)]),
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", "arp ping web udp6"),
        ("arp", "arp"),
        ("tcp or udp", "web udp6"),
        ("ip and not tcp", "ping"),
        ("not (ip or arp)", "udp6"),
        ("! ip", "arp udp6"),
        ("arp or ip and tcp", "arp web"),  # and binds tighter
        ("port 80", "web"),
        ("port 9 or http", "web udp6"),
        ("host 10.0.0.1", "arp ping web"),
        ("src 10.0.0.1", "arp ping"),
        ("dst 10.0.0.1 and TCP", "web"),
        ("host fd00:0::2", "udp6"),
        ("icmp6 or dns", ""),
    ],
)
def test_what_is_kept(text: str, kept: str) -> None:
    wanted = filters.compiled(text)
    assert [name for name, frame in FRAMES.items() if wanted(dissect(frame))] == kept.split()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tpc", "'tpc' is not known"),
        ("port", "wants a number"),
        ("port 99999", "no port"),
        ("host x", "no IP address"),
        ("(tcp", "not closed"),
        ("tcp udp", "one word too many"),
        ("tcp and", "missing at the end"),
        ("not", "missing"),
    ],
)
def test_what_is_no_filter(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        filters.compiled(text)


@given(st.lists(st.sampled_from(["tcp", "and", "or", "not", "(", ")", "port", "80", "host", "10.0.0.1", "x"])))
@examples(100)
def test_any_words_are_a_filter_or_an_error(words: list[str]) -> None:
    try:
        wanted = filters.compiled(" ".join(words))
    except UsageError:
        return
    for frame in FRAMES.values():
        assert wanted(dissect(frame)) in (True, False)
