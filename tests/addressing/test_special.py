"""The special-purpose registries: every row decides for its own addresses, and the rest of the kinds."""

from __future__ import annotations

import pytest

from netlab.addressing import kinds, prefix, special
from netlab.addressing.embedded import embedded
from netlab.addressing.prefix import Prefix

ROWS = [*special.IPV4, *special.IPV6]


def answer(text: str) -> tuple[str, str]:
    kind = kinds.kind(prefix.parse(text))
    return kind.name, kind.reachable


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.block)
def test_a_row_is_complete_and_decides_for_its_block(row: special.Row) -> None:
    block = prefix.parse(row.block)
    assert block.network_text == row.block or row.block == "::ffff:0:0/96"
    assert row.reachable in ("true", "false", "N/A")
    assert row.source.startswith("RFC ")
    assert len(row.allocated) == 7
    assert (row.reachable == "N/A") <= bool(row.meaning), "N/A needs words"
    assert special.find(block) is row
    longer = [prefix.parse(other.block) for other in ROWS if other is not row]
    for value in (block.network, block.network + block.count // 2, block.last):
        one = Prefix(block.version, value, block.width)
        if not any(other.length > block.length and other.contains(one) for other in longer):
            kind = kinds.kind(one)
            assert (kind.name, kind.reachable, kind.block) == (row.name, row.reachable, row.block)


def test_there_is_a_row_for_each_of_the_registries() -> None:
    assert (len(special.IPV4), len(special.IPV6)) == (26, 25)  # 192.0.0.170/32 and .171/32 share a row there
    assert len({row.block for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("text", "name", "reachable"),
    [
        ("192.0.0.9", "Port Control Protocol Anycast", "true"),  # inside of 192.0.0.0/24, which is not
        ("192.0.0.11", "IETF Protocol Assignments", "false"),
        ("192.88.99.1", "Deprecated (6to4 Relay Anycast)", "N/A"),
        ("192.88.99.2", "6a44-relay anycast address", "false"),
        ("100.64.0.1", "Shared Address Space", "false"),
        ("255.255.255.255", "Limited Broadcast", "false"),
        ("8.8.8.8", "global unicast", "true"),
        ("172.32.0.1", "global unicast", "true"),
        ("2001:20::1", "ORCHIDv2", "true"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "TEREDO", "N/A"),
        ("3fff::1", "Documentation", "false"),
        ("5f00::1", "Segment Routing (SRv6) SIDs", "false"),
        ("100:0:0:1::1", "Dummy IPv6 Prefix", "false"),
        ("64:ff9b::8.8.8.8", "IPv4-IPv6 Translat.", "true"),
        ("64:ff9b:1::1", "IPv4-IPv6 Translat.", "false"),
        ("2600::1", "global unicast", "true"),
        ("4000::1", "not assigned, reserved by the IETF", "N/A"),
        ("fec0::1", "site-local unicast, deprecated", "false"),
        ("::5", "IPv4-compatible, deprecated", "false"),
        ("224.0.0.1", "multicast, local network control", "false"),
        ("239.1.2.3", "multicast, administratively scoped", "false"),
        ("232.1.2.3", "multicast, source-specific", "N/A"),
        ("233.252.0.1", "multicast, documentation (MCAST-TEST-NET)", "false"),
        ("ff02::1", "multicast, link-local", "false"),
        ("ff0e::1", "multicast, global", "N/A"),
        ("ff05::1", "multicast, site-local", "false"),
    ],
)
def test_kinds(text: str, name: str, reachable: str) -> None:
    assert answer(text) == (name, reachable)


def test_a_prefix_with_special_parts_has_no_single_answer() -> None:
    assert answer("192.0.0.0/16")[1] == "N/A"
    assert "192.0.0.0/24" in kinds.kind(prefix.parse("192.0.0.0/16")).meaning
    assert answer("0.0.0.0/0")[1] == "N/A"
    assert answer("10.1.0.0/16") == ("Private-Use", "false")


@pytest.mark.parametrize(
    ("text", "letter", "length"),
    [
        ("0.0.0.0", "A", 8),
        ("127.255.255.255", "A", 8),
        ("128.0.0.0", "B", 16),
        ("191.255.255.255", "B", 16),
        ("192.0.0.0", "C", 24),
        ("223.255.255.255", "C", 24),
        ("224.0.0.0", "D", None),
        ("240.0.0.0", "E", None),
    ],
)
def test_classes_as_they_were(text: str, letter: str, length: int | None) -> None:
    assert kinds.historical_class(prefix.parse(text).value) == (letter, length)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("::ffff:192.0.2.1", {"IPv4-mapped": "192.0.2.1"}),
        ("2002:c000:201::1", {"6to4": "192.0.2.1"}),
        ("64:ff9b::c000:201", {"NAT64": "192.0.2.1"}),
        # the example of RFC 4380 as it is often given: server 65.54.227.120, client 192.0.2.45:40000
        (
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            {"Teredo server": "65.54.227.120", "Teredo client": "192.0.2.45, UDP port 40000"},
        ),
        ("fe80::21b:21ff:feaa:bbcc", {"MAC address, by modified EUI-64": "00:1b:21:aa:bb:cc"}),
        ("fe80::200:5efe:192.0.2.1", {"ISATAP": "192.0.2.1"}),
        ("ff02::1:ff28:9c5a", {"solicited-node group of": "…:28:9c5a"}),
        ("2001:db8::1", {}),
        ("::1", {}),
        ("::", {}),
    ],
)
def test_embedded_addresses(text: str, found: dict[str, str]) -> None:
    assert {each.name: each.text for each in embedded(prefix.parse(text).value)} == found
