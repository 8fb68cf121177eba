"""Second opinions: ipaddress, netaddr and Debian's tools give our answers where they are right.

Where they are not, docs/disagreements.md says what decides, and test_disagreements.py keeps that page true.
"""

from __future__ import annotations

import ipaddress
import json
import random
import re
import subprocess
from pathlib import Path

import netaddr
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from skips import needs_program

from netlab.addressing import mac, prefix, reverse, sets, splitting
from netlab.addressing.prefix import Prefix, to_text

ipv4_value = st.integers(0, (1 << 32) - 1)
RNG = random.Random(20261122)
SOME4 = [Prefix(4, RNG.getrandbits(32), RNG.randint(1, 30)) for _ in range(40)]
SOME4 = [one for one in SOME4 if not one.is_group]
SOME6 = [Prefix(6, RNG.getrandbits(128), RNG.randint(1, 128)) for _ in range(20)]
MANY4 = [Prefix(4, RNG.getrandbits(16) << 16 | RNG.getrandbits(12), RNG.randint(14, 32)) for _ in range(3000)]
MANY6 = [Prefix(6, 0x20010DB8 << 96 | RNG.getrandbits(90), RNG.randint(40, 128)) for _ in range(1000)]


def run(tool: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A tool of Debian's; the test is skipped where it is not installed."""
    needs_program(tool)
    return subprocess.run([tool, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)


def texts(blocks: list[tuple[int, int]], version: int) -> list[str]:
    return [f"{to_text(version, first)}/{length}" for first, length in blocks]


@pytest.mark.peers
@pytest.mark.parametrize("one", [*SOME4, *SOME6], ids=str)
def test_ipcalc_ng_agrees(one: Prefix) -> None:
    found = json.loads(run("ipcalc-ng", "-j", str(one)).stdout)
    assert found["NETWORK"] == one.text_of(one.network)
    assert int(found["PREFIX"]) == one.length
    if one.version == 4:
        assert found["NETMASK"] == one.text_of(one.mask)
        assert found["BROADCAST"] == one.text_of(one.last)
        assert int(found["ADDRESSES"]) == one.usable_count
        assert one.usable is not None
        assert [found["MINADDR"], found["MAXADDR"]] == [one.text_of(value) for value in one.usable]


@pytest.mark.peers
@pytest.mark.parametrize("one", SOME4, ids=str)
def test_sipcalc_agrees(one: Prefix) -> None:
    lines = run("sipcalc", str(one)).stdout.splitlines()
    found = dict(re.split(r"\s+- ", line, maxsplit=1) for line in lines if "\t- " in line)
    assert found["Network address"] == one.text_of(one.network)
    assert found["Network mask"] == one.text_of(one.mask)
    assert found["Broadcast address"] == one.text_of(one.last)
    assert found["Cisco wildcard"] == one.text_of(one.hosts_mask)
    assert int(found["Addresses in network"]) == one.count
    assert int(found["Host address (decimal)"]) == one.value


@pytest.mark.peers
@given(first_and_last=st.tuples(ipv4_value, ipv4_value).map(sorted))
@examples(10)
def test_netmask_makes_the_same_prefixes_of_a_range(first_and_last: list[int]) -> None:
    first, last = first_and_last
    found = run("netmask", f"{to_text(4, first)}:{to_text(4, last)}").stdout.split()
    assert found == texts(list(sets.of_range(first, last, 32)), 4)


@pytest.mark.peers
def test_iprange_merges_as_we_do() -> None:
    found = run("iprange", "-", given="".join(f"{one}\n" for one in MANY4)).stdout.split()
    ours = texts(sets.merge([(one.network, one.length) for one in MANY4], 32), 4)
    assert found == [text.removesuffix("/32") for text in ours]


@pytest.mark.peers
def test_iprange_subtracts_as_we_do(tmp_path: Path) -> None:
    whole, less = MANY4[:1500], MANY4[1500:]
    for name, some in (("whole", whole), ("less", less)):
        (tmp_path / name).write_text("".join(f"{one}\n" for one in some))
    found = run("iprange", str(tmp_path / "whole"), "--except", str(tmp_path / "less")).stdout.split()
    left = sets.subtract(*(sets.ranges([(one.network, one.length) for one in some], 32) for some in (whole, less)))
    blocks = [block for ends in left for block in sets.of_range(*ends, 32)]
    assert found == [text.removesuffix("/32") for text in texts(blocks, 4)]


@pytest.mark.peers
@pytest.mark.parametrize("some", [MANY4, MANY6], ids=["IPv4", "IPv6"])
def test_grepcidr_finds_what_we_contain(some: list[Prefix], tmp_path: Path) -> None:
    whole = Prefix(some[0].version, some[0].value, 18 if some[0].version == 4 else 44)
    addresses = [one.text_of(one.value) for one in some]
    (tmp_path / "addresses").write_text("".join(f"{address}\n" for address in addresses))
    found = run("grepcidr", whole.network_text, str(tmp_path / "addresses")).stdout.split()
    assert found == [text for text in addresses if whole.contains(prefix.parse(text))]


def test_netaddr_agrees() -> None:
    for some, width in ((MANY4, 32), (MANY6, 128)):
        theirs = netaddr.cidr_merge([str(one) for one in some])
        ours = sets.merge([(one.network, one.length) for one in some], width)
        assert ours == [(each.first, each.prefixlen) for each in theirs]
    for one in MANY4[:200]:
        theirs = netaddr.IPNetwork(str(one))
        assert (theirs.first, theirs.last, int(theirs.netmask)) == (one.network, one.last, one.mask)
    for value in (0x001B21AABBCC, 0x0242AC110002, 0xF2ACBD010203):
        link_local = netaddr.EUI(value, version=48).ipv6_link_local()
        assert mac.Mac(value).link_local == int(link_local)


def test_netaddr_subtracts_and_makes_ranges_as_we_do() -> None:
    for some, width in ((MANY4[:400], 32), (MANY6[:400], 128)):
        half = len(some) // 2
        whole, less = (
            sets.ranges([(one.network, one.length) for one in part], width) for part in (some[:half], some[half:])
        )
        left = [block for ends in sets.subtract(whole, less) for block in sets.of_range(*ends, width)]
        theirs = netaddr.IPSet(map(str, some[:half])) - netaddr.IPSet(map(str, some[half:]))
        assert left == [(each.first, each.prefixlen) for each in theirs.iter_cidrs()]
        first, last = sorted((some[0].value, some[1].value))
        blocks = netaddr.iprange_to_cidrs(some[0].text_of(first), some[0].text_of(last))
        assert list(sets.of_range(first, last, width)) == [(each.first, each.prefixlen) for each in blocks]


@pytest.mark.parametrize("some", [MANY4[:500], MANY6[:500]], ids=["IPv4", "IPv6"])
def test_python_agrees(some: list[Prefix]) -> None:
    for one in some:
        theirs = ipaddress.ip_interface(str(one))
        assert int(theirs.network.network_address) == one.network
        assert theirs.network.num_addresses == one.count
        assert theirs.ip.reverse_pointer == reverse.pointer(one.version, one.value)
        if one.version == 4 and one.length < 31 and not one.is_group:
            hosts = theirs.network.hosts()
            assert one.usable is not None
            assert int(next(iter(hosts))) == one.usable[0]
    collapsed = ipaddress.collapse_addresses([ipaddress.ip_interface(str(one)).network for one in some])  # type: ignore[type-var]
    ours = sets.merge([(one.network, one.length) for one in some], some[0].width)
    assert ours == [(int(each.network_address), each.prefixlen) for each in collapsed]


@pytest.mark.peers
@given(whole=st.builds(Prefix, st.just(4), ipv4_value, st.integers(8, 24)), longer=st.integers(1, 6))
@examples(5)
def test_ipcalc_ng_splits_as_we_do(whole: Prefix, longer: int) -> None:
    length = min(whole.length + longer, 30)
    found = re.findall(r"Network:\s+(\S+)", run("ipcalc-ng", f"--split={length}", whole.network_text).stdout)
    assert found == [part.network_text for part in splitting.by_length(whole, length)]
