"""A report and its JSON say the same, the published schema describes it, and other documents are refused in words."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlab.errors import UsageError
from netlab.report import as_json
from netlab.report.quantity import Fact, Measurement, Value
from netlab.report.record import Report

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_report_fits_the_schema(report: Report) -> None:
    jsonschema.validate(json.loads(as_json.dumps(report)), SCHEMA)


def test_there_and_back(report: Report) -> None:
    assert as_json.loads(as_json.dumps(report)) == report
    interrupted = replace(report, measurement=replace(report.measurement, interrupted=True), seed=None)
    assert as_json.loads(as_json.dumps(interrupted)) == interrupted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
def test_any_value_comes_back_as_it_was(report: Report, value: Value) -> None:
    one = replace(report, measurement=Measurement(facts=(Fact("x", value, "1"),)))
    back = as_json.loads(as_json.dumps(one)).measurement.facts[0].value
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_has_no_nan(report: Report, value: float) -> None:
    text = as_json.dumps(replace(report, measurement=Measurement(facts=(Fact("x", value, "s"),)), elapsed_s=1.0))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(text, parse_constant=refuse)["measurement"]["facts"][0]["value"] is None


def _without(document: Any, *path: Any) -> str:
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return json.dumps(document)


def _with(document: Any, value: Any, *path: Any) -> str:
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document)


def test_what_is_no_report_is_refused_in_words(report: Report) -> None:
    text = as_json.dumps(report)
    for broken in (
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"schema": "netlab.report/2"}',
        '{"schema": "netlab.report/1"}',
        text[: len(text) // 2],
        _without(json.loads(text), "measurement"),
        _without(json.loads(text), "measurement", "samples", 0, "p99"),
        _without(json.loads(text), "measurement", "facts", 0, "unit"),
        _with(json.loads(text), 7, "measurement"),
        _with(json.loads(text), "no", "interrupted"),
        _with(json.loads(text), [], "parameters"),
        _with(json.loads(text), 5, "title"),
        _with(json.loads(text), "1", "elapsed_s"),
        _with(json.loads(text), [["x"]], "measurement", "tables", 0, "rows"),
        _with(json.loads(text), {"colour": "red"}, "measurement", "charts", 0),
        _with(json.loads(text), [[1, 2, 3]], "measurement", "samples", 0, "histogram"),
        _with(json.loads(text), "many", "measurement", "samples", 0, "count"),
        _with(json.loads(text), {"a": 1}, "measurement", "facts", 0, "value"),
    ):
        with pytest.raises(UsageError):
            as_json.loads(broken)
