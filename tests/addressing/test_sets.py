"""Sets of prefixes against brute force over every address of a small universe, at both ends of the address space."""

from __future__ import annotations

import ipaddress
import random
from itertools import pairwise

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.addressing import bulk, prefix, sets
from netlab.addressing.aggregate import Merger4, Merger6
from netlab.addressing.lookup import Table4, Table6, flattened
from netlab.addressing.prefix import Prefix, to_text
from netlab.addressing.sets import Block

BITS = 6  # a universe of 64 addresses

block = st.integers(0, BITS).flatmap(
    lambda bits: st.integers(0, (1 << BITS - bits) - 1).map(lambda number: (number << bits, bits))
)


def placed(small: list[tuple[int, int]], base: int, width: int) -> list[Block]:
    """Blocks of the universe (first, host bits) put somewhere in the address space."""
    return [(base + first, width - bits) for first, bits in small]


def members(blocks: list[Block], width: int) -> set[int]:
    return {first + offset for first, length in blocks for offset in range(1 << width - length)}


@pytest.mark.parametrize(("width", "base"), [(32, 0), (32, (1 << 32) - 64), (128, 0), (128, (1 << 128) - 64)])
@given(data=st.data())
def test_merge_is_the_union_in_the_fewest_prefixes(width: int, base: int, data: st.DataObject) -> None:
    blocks = placed(data.draw(st.lists(block, max_size=20)), base, width)
    merged = sets.merge(blocks, width)
    assert members(merged, width) == members(blocks, width)
    assert sum(1 << width - length for _, length in merged) == len(members(blocks, width))
    assert merged == sorted(merged)
    for (first, length), (second, other) in pairwise(merged):
        assert not (length == other and first ^ second == 1 << width - length), "two halves left apart"
    found = sets.ranges(blocks, width)
    assert [one for ends in found for one in sets.of_range(*ends, width)] == merged
    kind = ipaddress.IPv4Network if width == 32 else ipaddress.IPv6Network
    assert merged == [
        (int(one.network_address), one.prefixlen) for one in ipaddress.collapse_addresses(map(kind, blocks))
    ]


@pytest.mark.parametrize(("width", "base"), [(32, 0), (32, (1 << 32) - 64), (128, (1 << 128) - 64)])
@given(data=st.data())
def test_subtract_and_what_was_subtracted_make_the_whole(width: int, base: int, data: st.DataObject) -> None:
    whole = placed(data.draw(st.lists(block, max_size=8)), base, width)
    less = placed(data.draw(st.lists(block, max_size=8)), base, width)
    left = list(sets.subtract(sets.ranges(whole, width), sets.ranges(less, width)))
    found = {address for first, last in left for address in range(first, last + 1)}
    assert found == members(whole, width) - members(less, width)
    assert found | (members(whole, width) & members(less, width)) == members(whole, width)


@given(st.lists(block, min_size=1, max_size=6))
def test_cover_is_the_smallest_that_has_all(small: list[tuple[int, int]]) -> None:
    blocks = placed(small, 1 << 20, 32)
    found = sets.cover(blocks, 32)
    assert found is not None
    assert members(blocks, 32) <= members([found], 32)
    if found[1] < 32:
        half = 1 << 31 - found[1]
        assert min(members(blocks, 32)) < found[0] + half <= max(members(blocks, 32))
    assert sets.cover([], 32) is None


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_range_is_the_fewest_prefixes(one: int, other: int) -> None:
    first, last = sorted((one, other))
    found = list(sets.of_range(first, last, 32))
    assert found == [
        (int(each.network_address), each.prefixlen)
        for each in ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    ]


def test_all_addresses_are_one_prefix() -> None:
    assert list(sets.of_range(0, (1 << 32) - 1, 32)) == [(0, 0)]
    assert list(sets.of_range(0, (1 << 128) - 1, 128)) == [(0, 0)]
    assert len(list(sets.of_range(1, (1 << 32) - 2, 32))) == 62
    assert sets.merge([(0, 1), (1 << 31, 1)], 32) == [(0, 0)]


def test_neighbours_that_are_not_aligned_stay_two() -> None:
    blocks = [(prefix.parse(text).network, 24) for text in ("10.0.1.0/24", "10.0.2.0/24")]
    assert sets.merge(blocks, 32) == blocks


@st.composite
def clustered(draw: st.DrawFn, width: int) -> list[Prefix]:
    """Prefixes that nest, touch and repeat, in a few places of the address space; now and then a very short one."""
    version = 4 if width == 32 else 6
    spread = draw(st.sampled_from((4, 8, 12)))
    base = draw(st.integers(0, (1 << width) - 1))
    near = st.tuples(
        st.integers(0, (1 << spread) - 1).map(base.__xor__), st.integers(max(0, width - spread - 3), width)
    )
    far = st.tuples(st.integers(0, (1 << width) - 1), st.integers(0, width))
    chosen = draw(st.lists(st.one_of(*[near] * 9, far), max_size=25))
    return [Prefix(version, value, length) for value, length in chosen]


@given(clustered(32), clustered(128))
@examples(100)
def test_the_fast_merge_is_the_plain_one(four: list[Prefix], six: list[Prefix]) -> None:
    merger: Merger4 | Merger6
    for width, merger, given_ in ((32, Merger4(), four), (128, Merger6(), six)):
        half = len(given_) // 2
        merger.add(b"".join(map(bulk.packed, given_[:half])))
        merger.add(b"".join(map(bulk.packed, given_[half:])))
        expected = sets.merge([(one.network, one.length) for one in given_], width)
        version = 4 if width == 32 else 6
        assert list(merger.blocks()) == expected
        assert "".join(merger.text()) == "".join(f"{to_text(version, first)}/{n}\n" for first, n in expected)


@pytest.mark.parametrize("version", [4, 6])
def test_the_fast_merge_of_all_halves_is_one_prefix(version: int) -> None:
    merger = Merger4() if version == 4 else Merger6()
    width = 32 if version == 4 else 128
    parts = [Prefix(version, number << width - 11, 11) for number in range(1 << 11)]
    random.Random(1).shuffle(parts)
    merger.add(b"".join(map(bulk.packed, parts)))
    assert list(merger.blocks()) == [(0, 0)]


@given(clustered(32), clustered(128))
@examples(100)
def test_the_longest_match_is_the_longest(four: list[Prefix], six: list[Prefix]) -> None:
    for width, table, given_ in ((32, Table4, four), (128, Table6, six)):
        answers = {(one.network, one.length): one.network_text for one in given_}
        wanted = [
            Prefix(one.version, value & (1 << width) - 1, width)
            for one in given_
            for value in (one.value, one.network - 1, one.last + 1)
        ]
        found = table(answers, "-").find(b"".join(map(bulk.packed, wanted)))
        for one, answer in zip(wanted, found, strict=True):
            around = [each for each in given_ if each.contains(one)]
            best = max(around, key=lambda each: each.length, default=None)
            assert answer == (best.network_text if best else "-")


def test_flattened_ranges_do_not_leave_the_address_space() -> None:
    starts, answers = flattened({(0, 0): "all", ((1 << 32) - 1, 32): "last"}, 32, "-")
    assert (starts, answers) == ([0, (1 << 32) - 1], ["all", "last"])
    assert flattened({}, 32, "-") == ([0], ["-"])
