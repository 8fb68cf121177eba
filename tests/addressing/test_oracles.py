"""Second opinions: netaddr, pytricia and Debian's tools give our answers where they are right.

Where they are not, docs/disagreements.md says what decides, and the last tests here keep that page true: they hold the
tools to what it says of them. A tool that is not installed is skipped, and pytest -rs names it.
"""

from __future__ import annotations

import ipaddress
import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from netlab.addressing import kinds, mac, prefix, sets
from netlab.addressing.bulk import packed
from netlab.addressing.lookup import Table4
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix, to_text

RNG = random.Random(20261122)
SOME4 = [Prefix(4, RNG.getrandbits(32), RNG.randint(1, 30)) for _ in range(40)]
SOME4 = [one for one in SOME4 if not one.is_group]
SOME6 = [Prefix(6, RNG.getrandbits(128), RNG.randint(1, 128)) for _ in range(20)]
MANY4 = [Prefix(4, RNG.getrandbits(16) << 16 | RNG.getrandbits(12), RNG.randint(14, 32)) for _ in range(3000)]
MANY6 = [Prefix(6, 0x20010DB8 << 96 | RNG.getrandbits(90), RNG.randint(40, 128)) for _ in range(1000)]


def run(tool: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A tool of Debian's; the test is skipped where it is not installed."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (apt install {tool})")
    return subprocess.run([tool, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)


def texts(blocks: list[tuple[int, int]], version: int) -> list[str]:
    return [f"{to_text(version, first)}/{length}" for first, length in blocks]


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


@pytest.mark.parametrize("seed", range(10))
def test_netmask_makes_the_same_prefixes_of_a_range(seed: int) -> None:
    first, last = sorted(random.Random(seed).sample(range(1 << 32), 2))
    found = run("netmask", f"{to_text(4, first)}:{to_text(4, last)}").stdout.split()
    assert found == texts(list(sets.of_range(first, last, 32)), 4)


def test_iprange_merges_as_we_do() -> None:
    found = run("iprange", "-", given="".join(f"{one}\n" for one in MANY4)).stdout.split()
    ours = texts(sets.merge([(one.network, one.length) for one in MANY4], 32), 4)
    assert found == [text.removesuffix("/32") for text in ours]


def test_iprange_subtracts_as_we_do(tmp_path: Path) -> None:
    whole, less = MANY4[:1500], MANY4[1500:]
    for name, some in (("whole", whole), ("less", less)):
        (tmp_path / name).write_text("".join(f"{one}\n" for one in some))
    found = run("iprange", str(tmp_path / "whole"), "--except", str(tmp_path / "less")).stdout.split()
    left = sets.subtract(*(sets.ranges([(one.network, one.length) for one in some], 32) for some in (whole, less)))
    blocks = [block for ends in left for block in sets.of_range(*ends, 32)]
    assert found == [text.removesuffix("/32") for text in texts(blocks, 4)]


@pytest.mark.parametrize("some", [MANY4, MANY6], ids=["IPv4", "IPv6"])
def test_grepcidr_finds_what_we_contain(some: list[Prefix], tmp_path: Path) -> None:
    whole = Prefix(some[0].version, some[0].value, 18 if some[0].version == 4 else 44)
    addresses = [one.text_of(one.value) for one in some]
    (tmp_path / "addresses").write_text("".join(f"{address}\n" for address in addresses))
    found = run("grepcidr", whole.network_text, str(tmp_path / "addresses")).stdout.split()
    assert found == [text for text in addresses if whole.contains(prefix.parse(text))]


def test_netaddr_agrees() -> None:
    netaddr = pytest.importorskip("netaddr")
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


def test_pytricia_finds_the_same_longest_match() -> None:
    pytricia = pytest.importorskip("pytricia")
    tree = pytricia.PyTricia(32)
    for one in MANY4:
        tree[one.network_text] = one.network_text
    answers = {(one.network, one.length): one.network_text for one in MANY4}
    rng = random.Random(1)
    wanted = [Prefix(4, RNG.choice(MANY4).value ^ rng.getrandbits(20), 32) for _ in range(5000)]
    found = Table4(answers, "-").find(b"".join(map(packed, wanted)))
    assert found == [tree.get(one.text_of(one.value), "-") for one in wanted]


# What docs/disagreements.md says of the others, as they are in Debian 12. A newer version may have mended it.


def test_disagreement_a_31_has_no_broadcast() -> None:
    assert prefix.parse("10.0.0.4/31").broadcast is None
    assert "BROADCAST" in json.loads(run("ipcalc-ng", "-j", "10.0.0.4/31").stdout)
    assert "Broadcast address\t- 10.0.0.5" in run("sipcalc", "10.0.0.4/31").stdout


def test_disagreement_leading_zeros() -> None:
    for text in ("010.0.0.1", "10.1"):
        with pytest.raises(AddressError):
            prefix.parse(text)
    assert run("netmask", "010.0.0.1").stdout.strip() == "8.0.0.1/32"
    assert run("iprange", "-", given="010.0.0.1\n").stdout.strip() == "8.0.0.1"
    assert "Host address\t\t- 10.0.0.1" in run("sipcalc", "010.0.0.1/8").stdout
    assert run("ipcalc-ng", "010.0.0.1").returncode != 0


def test_disagreement_rubbish_is_no_success() -> None:
    assert run("sipcalc", "rubbish").returncode == 0


def test_disagreement_a_reversed_range() -> None:
    assert run("netmask", "10.0.0.2:10.0.0.1").returncode == 0
    assert run("iprange", "-", given="10.0.0.2-10.0.0.1\n").stdout


def test_disagreement_globally_reachable() -> None:
    """Python's own table, row by row: how it differs depends on its version, but differ it does."""
    wrong = []
    for version in (4, 6):
        for block in range(2000):
            value = random.Random(block).getrandbits(32 if version == 4 else 128)
            one = Prefix(version, value, 32 if version == 4 else 128)
            kind = kinds.kind(one)
            if kind.reachable == "true" and kind.name != "global unicast":
                wrong.append(one)
    relay = ipaddress.ip_address("192.88.99.2")
    assert relay.is_global
    assert kinds.kind(prefix.parse("192.88.99.2")).reachable == "false"
