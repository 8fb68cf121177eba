"""People read ms and KiB; what is not known is a dash."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.report.quantity import Value
from netlab.report.units import column_texts, human, significant


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.000163, "s", "163 µs"),
        (0.0009996, "s", "1 ms"),
        (0.0009994, "s", "999 µs"),
        (1.5, "s", "1.5 s"),
        (3723.2, "s", "3,723 s"),
        (0, "s", "0 s"),
        (-0.003, "s", "-3 ms"),
        (1e-12, "s", "0.001 ns"),
        (1023, "B", "1,023 B"),
        (1024, "B", "1 KiB"),
        ((1 << 20) - 1, "B", "1 MiB"),
        (1e9, "B/s", "954 MiB/s"),
        (123456.7, "1/s", "123,457 /s"),
        (1234567, "1", "1,234,567"),
        (12.5, "1", "12.5"),
        (0.8612, "ratio", "0.861"),
        (3, "parsec", "3 parsec"),
        (None, "s", "–"),
        (math.nan, "s", "–"),
        (math.inf, "1", "–"),
        (True, "", "yes"),
        ("epoll_wait(2)", "", "epoll_wait(2)"),
    ],
)
def test_human(value: Value, unit: str, text: str) -> None:
    assert human(value, unit) == text


def test_a_column_has_one_unit_and_one_number_of_decimals() -> None:
    assert column_texts([0.000163, 0.0024, None, 0.001], "s") == ("µs", ["163", "2,400", "–", "1,000"])
    assert column_texts([0.86, 1.0, 0.16], "ratio") == ("", ["0.860", "1.000", "0.160"])
    assert column_texts([1, 20_000, None], "1") == ("", ["1", "20,000", "–"])
    assert column_texts(["a", None], "") == ("", ["a", "–"])


UNITS = ["s", "B", "B/s", "1/s", "1", "ratio", "share", ""]


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(UNITS))
def test_any_number_can_be_shown(value: float, unit: str) -> None:
    assert human(value, unit)
    assert len(column_texts([value, 1.0, None], unit)[1]) == 3


@given(st.floats(1e-6, 1e12))
def test_three_digits_are_within_half_a_percent(value: float) -> None:
    assert abs(float(significant(value).replace(",", "")) - value) <= 0.005 * value


def test_a_share_is_read_in_per_cent() -> None:
    assert column_texts([0.0, 0.01, 0.2], "share") == ("%", ["0", "1", "20"])
    assert column_texts([0.0123, 0.2], "share") == ("%", ["1.23", "20.00"])
    assert human(0.925, "share") == "92.5 %"
