"""Percentiles, spread and fairness, as properties, and against the standard library where it has the same."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netlab.report.stats import jain_index, median, percentile, ratio, spread

numbers = st.floats(min_value=-1e12, max_value=1e12)
positive = st.floats(min_value=1e-9, max_value=1e9)
many = st.lists(numbers, min_size=1)
percents = st.floats(min_value=0, max_value=100)


@given(many, percents)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], q: float) -> None:
    assert percentile(sorted(values), q) in values


@given(many, st.sampled_from([1, 5, 50, 75, 90, 95, 99, 100]))
def test_a_percentile_has_so_many_percent_at_or_below_it_and_no_smaller_value_has(values: list[float], q: int) -> None:
    answer = percentile(sorted(values), q)
    assert answer is not None
    assert 100 * sum(value <= answer for value in values) >= q * len(values)
    assert 100 * sum(value < answer for value in values) < q * len(values)


@given(st.integers(min_value=1, max_value=3000), st.integers(min_value=1, max_value=1000))
@example(1000, 999)  # 99.9 / 100 * 1000 is 999.0000000000001
@example(1000, 990)
def test_the_rank_is_exact_although_the_percent_is_a_binary_fraction(count: int, tenths: int) -> None:
    exact = math.ceil(Fraction(tenths, 1000) * count)
    assert percentile(range(1, count + 1), tenths / 10) == exact


@given(many, percents, percents)
def test_percentiles_never_fall(values: list[float], p: float, q: float) -> None:
    ordered = sorted(values)
    low, high = percentile(ordered, min(p, q)), percentile(ordered, max(p, q))
    assert low is not None and high is not None and low <= high


@given(many)
def test_the_ends_are_minimum_and_maximum(values: list[float]) -> None:
    assert percentile(sorted(values), 0) == min(values)
    assert percentile(sorted(values), 100) == max(values)


def test_the_percentiles_of_a_hundred_values_are_those_values() -> None:
    assert [percentile(range(1, 101), q) for q in range(1, 101)] == list(range(1, 101))


@pytest.mark.parametrize("q", [-0.001, 100.001, math.nan, math.inf])
def test_what_is_no_percent_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile([1.0], q)


@given(many)
def test_the_median_is_that_of_the_standard_library(values: list[float]) -> None:
    assert median(values) == statistics.median(values)


@given(st.lists(positive, min_size=2), positive)
def test_the_spread_does_not_depend_on_the_unit(values: list[float], factor: float) -> None:
    here, there = spread(values), spread([value * factor for value in values])
    assert here is not None and there is not None
    assert here == pytest.approx(there, rel=1e-6)


def test_the_spread_is_half_the_range_over_the_median() -> None:
    assert spread([95.0, 100.0, 105.0]) == pytest.approx(0.05)
    assert spread([100.0, 100.0]) == 0.0


@given(st.lists(positive, min_size=1))
def test_fairness_lies_between_one_of_n_and_one(shares: list[float]) -> None:
    index = jain_index(shares)
    assert index is not None
    assert 1 / len(shares) - 1e-9 <= index <= 1 + 1e-9


@given(st.integers(min_value=1, max_value=100), positive)
def test_fairness_of_equals_is_one_and_of_a_monopoly_one_of_n(count: int, share: float) -> None:
    assert jain_index([share] * count) == pytest.approx(1)
    assert jain_index([share] + [0.0] * (count - 1)) == pytest.approx(1 / count)


def test_what_has_no_answer_is_none_never_zero() -> None:
    assert percentile([], 50) is None
    assert median([]) is None
    assert spread([]) is None
    assert spread([5.0]) is None  # one round says nothing about the next
    assert spread([-1.0, 0.0, 1.0]) is None
    assert jain_index([]) is None
    assert jain_index([0.0, 0.0]) is None
    assert ratio(1, 0) is None
    assert ratio(1, None) is None
    assert ratio(None, 1) is None
    assert ratio(0, 4) == 0
    assert ratio(1, 4) == 0.25
