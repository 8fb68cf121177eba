"""A summary says of its samples what the samples say themselves."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from netlab.report.quantity import Samples
from netlab.report.stats import percentile
from netlab.report.summary import bucket_at, bucket_of, summarize

POSITIVE = st.floats(1e-9, 1e6, allow_nan=False)


@given(st.lists(POSITIVE, min_size=1, max_size=200))
def test_every_sample_is_in_one_bucket_that_reaches_up_to_it(values: list[float]) -> None:
    summary = summarize(Samples("x", "s", values))
    assert sum(count for _, count in summary.histogram) == summary.count == len(values)
    bounds = [bound for bound, _ in summary.histogram]
    assert bounds == sorted(set(bounds))
    assert bucket_at(bounds[0]) == bucket_of(min(values))
    assert bucket_at(bounds[-1]) == bucket_of(max(values))


@given(st.lists(POSITIVE, min_size=1, max_size=200))
def test_percentiles_are_values_that_were_measured(values: list[float]) -> None:
    summary = summarize(Samples("x", "s", values))
    ordered = sorted(values)
    for q, seen in ((0, summary.min), (50, summary.p50), (90, summary.p90), (99.9, summary.p999), (100, summary.max)):
        expected = percentile(ordered, q)
        assert expected is not None and seen is not None and abs(seen - expected) <= 1e-11 * expected


def test_nanoseconds_in_an_array_are_seconds_in_the_summary() -> None:
    summary = summarize(Samples("latency", "s", array("Q", [1_636_189, 2_000_000, 3_000_000]), 1e-9))
    assert (summary.min, summary.p50, summary.max) == (0.001636189, 0.002, 0.003)
    assert summary.histogram == ((0.00199526, 1), (0.00251189, 1), (0.00316228, 1))


def test_a_value_on_a_bound_belongs_to_the_bucket_below_it() -> None:
    assert summarize(Samples("x", "s", [0.001, 0.01, 0.1])).histogram == ((0.001, 1), (0.01, 1), (0.1, 1))


def test_no_samples_have_no_percentiles() -> None:
    summary = summarize(Samples("x", "s", ()))
    assert (summary.count, summary.mean, summary.p99, summary.histogram) == (0, None, None, ())


def test_what_is_not_positive_is_counted_under_zero() -> None:
    assert summarize(Samples("x", "s", [0.0, -1.0, 10.0])).histogram == ((0.0, 2), (10.0, 1))
