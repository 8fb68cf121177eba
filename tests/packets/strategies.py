"""Packets of every type for Hypothesis: each field any number that fits, options as they come."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

from hypothesis import strategies as st

from netlab.packets import icmp, icmpv6, igmp, ipv6, links
from netlab.packets.arp import Arp
from netlab.packets.ethernet import Ethernet, Vlan
from netlab.packets.gre import Gre
from netlab.packets.header import Header
from netlab.packets.header_option import HeaderOption
from netlab.packets.ipv4 import Ipv4
from netlab.packets.tcp import Tcp, mss, sack, sack_permitted, timestamps, window_scale
from netlab.packets.udp import Udp

_ICMP = (icmp.IcmpEcho, icmp.IcmpUnreachable, icmp.IcmpRedirect, icmp.IcmpTimeExceeded, icmp.IcmpParameterProblem)
_ICMPV6 = (icmpv6.Icmpv6Echo, icmpv6.Icmpv6TooBig, icmpv6.RouterAdvertisement, icmpv6.Redirect6, icmpv6.Icmpv6Other)
_NEIGHBOURS = (icmpv6.NeighbourSolicitation, icmpv6.NeighbourAdvertisement)
_IPV6 = (ipv6.Ipv6, ipv6.HopByHop, ipv6.DestinationOptions, ipv6.Routing, ipv6.Fragment)
_IGMP = (igmp.IgmpMessage, igmp.IgmpQuery, igmp.IgmpReport)
_LINKS = (Ethernet, Vlan, links.CookedCapture, links.Null)
HEADERS: tuple[type[Header], ...] = (
    *(*_LINKS, Arp, Ipv4, *_IPV6, Udp, Tcp, Gre),
    *(*_ICMP, icmp.IcmpOther, *_ICMPV6, *_NEIGHBOURS, *_IGMP),
)

word = st.integers(0, 2**32 - 1)
tcp_options = st.lists(
    st.one_of(
        st.integers(0, 65535).map(mss),
        st.integers(0, 255).map(window_scale),
        st.just(sack_permitted()),
        st.builds(timestamps, word, word),
        st.tuples(word, word).map(sack),
        st.just(HeaderOption(1)),
        st.builds(HeaderOption, st.integers(2, 255), st.binary(max_size=6)),
    ),
    max_size=3,
)


address = word.map(lambda number: str(IPv4Address(number)))
group_records = st.builds(
    lambda kind, group, sources: igmp.record(kind, group, *sources),
    st.integers(0, 255),
    address,
    st.lists(address, max_size=3),
)


def fields(kind: type[Header]) -> st.SearchStrategy[dict[str, Any]]:
    """Any values for the fields of a header's layout; None for those that are not there then."""
    return st.fixed_dictionaries(
        {field.name: st.integers(0, 2**field.bits - 1).map(field.form.value) for field in kind.LAYOUT.fields}
    ).map(lambda values: _where_there(kind, values))


def _where_there(kind: type[Header], values: dict[str, Any]) -> dict[str, Any]:
    there = {placed.field.name for placed in kind.LAYOUT.placed(values)}
    return {name: value if name in there else None for name, value in values.items()}


def headers(kind: type[Header]) -> st.SearchStrategy[Header]:
    """Headers of one kind that parse as themselves: sizes are true, all else is anything."""
    return fields(kind).flatmap(lambda values: _true(kind, values))


def _true(kind: type[Header], values: dict[str, Any]) -> st.SearchStrategy[Header]:
    if kind is Tcp or kind is Ipv4:
        return tcp_options.map(lambda options: _sized(kind, values, tuple(options)))
    if kind is igmp.IgmpReport:
        return st.lists(group_records, max_size=3).map(
            lambda found: kind(**{**values, "type": igmp.REPORT_V3, "count": len(found), "records": b"".join(found)})
        )
    if kind is igmp.IgmpMessage:
        return st.sampled_from([0x12, 0x16, 0x17, 0x30]).map(lambda number: kind(**{**values, "type": number}))
    if kind is igmp.IgmpQuery:
        values |= {"type": igmp.QUERY}
    if kind is Gre:
        values |= {"routing_present": 0, "version": 0}
    if kind is Arp:
        values |= {"hardware_size": 6, "protocol_size": 4}
    if kind is ipv6.Ipv6:
        values |= {"version": 6}
    if issubclass(kind, ipv6._Extension):
        return st.integers(0, 3).flatmap(
            lambda units: st.binary(min_size=units * 8 + 6, max_size=units * 8 + 6).map(
                lambda data: kind(**{**values, "length": units, "data": data})
            )
        )
    for module, names in ((icmp, icmp._KINDS), (icmpv6, icmpv6._KINDS)):
        base = module.Icmp if module is icmp else module.Icmpv6
        if issubclass(kind, base):
            own = [number for number in range(256) if names.get(number, None) is kind]
            free = [number for number in range(256) if number not in names]
            return st.sampled_from(own or free).map(lambda number: kind(**{**values, "type": number}))
    return st.just(kind(**values))


def _sized(kind: Callable[..., Header], values: dict[str, Any], options: tuple[HeaderOption, ...]) -> Header:
    from netlab.packets import header_option

    encoded = header_option.encode(options)
    parsed = header_option.parse(encoded)
    words = 5 + len(encoded) // 4
    sizes = {"version": 4, "ihl": words} if kind is Ipv4 else {"data_offset": words}
    return kind(**{**values, **sizes, "options": parsed})
