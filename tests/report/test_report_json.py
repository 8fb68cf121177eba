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
from netlab.report.phrase import Phrase, count, say
from netlab.report.quantity import Check, Column, Draft, Evidence, Fact, Finding, Measurement, Table, Value
from netlab.report.record import Report
from netlab.report.recording import RecordedFrame, RecordedHost, RecordedLink, recording

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
        '{"schema": "netlab.report/1", "measurement": {"facts": 5}}',
        '{"schema": "netlab.report/3"}',
        _with(json.loads(text), "yesterday", "started_at"),
        _with(json.loads(text), "../../x", "id"),
        _with(json.loads(text), {"a": {"template": "{n}"}}, "texts"),
        _with(json.loads(text), [0.5], "view", "tables"),
        _with(json.loads(text), 1, "colour"),
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


def test_texts_stand_in_english_and_how_they_were_made_stands_beside(report: Report) -> None:
    lost = count(2, "one datagram", "{n} datagrams")
    found = Measurement(
        answer=say("{lost} had no echo.", lost=lost),
        findings=(
            Finding(say("{lost} of {sent:,} had no echo.", lost=lost, sent=9000), Evidence(time=1.0)),
            "Nothing else.",
        ),
        checks=(Check(say("at most {n} wait", n=3), "drop-tail", 3, 3),),
        tables=(Table("why", (Column("why", ""),), ((say("closed by {host}", host="server"),), ("plain",))),),
    )
    text = as_json.dumps(replace(report, measurement=found))
    document = json.loads(text)
    assert document["answer"] == "2 datagrams had no echo."
    assert document["measurement"]["findings"][0]["text"] == "2 datagrams of 9,000 had no echo."
    assert document["measurement"]["tables"][0]["rows"] == [["closed by server"], ["plain"]]
    assert document["texts"]["closed by server"] == {"template": "closed by {host}", "arguments": {"host": "server"}}
    assert "Nothing else." not in document["texts"]
    back = as_json.loads(text).measurement
    assert back == found
    (first, _) = back.findings
    assert isinstance(first, Finding) and first.evidence == (Evidence(time=1.0),)
    assert isinstance(first.text, Phrase) and first.text.arguments["sent"] == 9000
    inner = first.text.arguments["lost"]
    assert isinstance(inner, Phrase) and inner.template == "{n} datagrams"
    assert isinstance(back.tables[0].rows[0][0], Phrase) and isinstance(back.checks[0].claim, Phrase)
    assert as_json.dumps(as_json.loads(text)) == text


@pytest.mark.parametrize(
    "texts",
    [
        {"t": {"template": "{t}", "arguments": {"t": "t"}}},  # contains itself
        {"a": {"template": "{b}", "arguments": {"b": "b"}}, "b": {"template": "{a}", "arguments": {"a": "a"}}},
        {"t": {"template": "{n:>999999999}", "arguments": {"n": 1}}},
    ],
)
def test_texts_that_make_no_sense_are_left_as_they_are(report: Report, texts: dict[str, Any]) -> None:
    document = json.loads(as_json.dumps(replace(report, measurement=Measurement(findings=("t",)))))
    back = as_json.loads(json.dumps({**document, "texts": texts}))
    assert back.measurement.findings == ("t",)


def test_what_is_about_the_picture_is_not_among_the_facts(report: Report) -> None:
    draft = Draft()
    draft.tables.append(Table("shown", (), ()))
    draft.tables.append(Table("for a chart", (), (), "Points", shown=False))
    draft.show(timeline=False, boxes=(2, 5))
    one = replace(report, measurement=draft.finish())
    document = json.loads(as_json.dumps(one))
    assert document["view"] == {"tables": [0], "options": {"timeline": False, "boxes": [2, 5]}}
    assert document["measurement"]["facts"] == []
    back = as_json.loads(json.dumps(document)).measurement
    assert back == one.measurement
    assert not back.shows("timeline", default=True) and back.shows("other", default=True)
    assert back.chosen("boxes") == (2, 5) and back.chosen("other") == ()


def test_evidence_says_only_what_it_knows(report: Report) -> None:
    draft = Draft()
    draft.check("acknowledges + 1", "RFC 9293", 1, 1, Evidence(packet=2, field="Acknowledgment Number"))
    draft.finding("It waited.", Evidence(time=0.5), Evidence(table="states", row=0))
    one = replace(report, measurement=draft.finish())
    document = json.loads(as_json.dumps(one))
    assert document["measurement"]["checks"][0]["evidence"] == [{"packet": 2, "field": "Acknowledgment Number"}]
    assert document["measurement"]["findings"][0]["evidence"] == [{"time": 0.5}, {"table": "states", "row": 0}]
    jsonschema.validate(document, SCHEMA)
    assert as_json.loads(json.dumps(document)) == one


def test_frames_are_kept_up_to_the_bound_and_what_was_cut_is_said(report: Report) -> None:
    frames = [RecordedFrame(n, "wire", "a", "b", n / 10, None, "dropped", 60, bytes(60)) for n in range(1, 6)]
    hosts = [RecordedHost("a", ("10.0.0.1",)), RecordedHost("b", ())]
    kept = recording("the first frame", 1e9, 0.5, hosts, [RecordedLink("wire", ("a", "b"))], frames, bound_bytes=150)
    assert [frame.number for frame in kept.frames] == [1, 2]
    assert (kept.bound_bytes, kept.cut_frames, kept.cut_bytes) == (150, 3, 180)
    one = replace(report, measurement=Measurement(recording=kept), argv=("tcp-handshake", "--json"))
    document = json.loads(as_json.dumps(one))
    assert document["argv"] == ["tcp-handshake", "--json"]
    assert document["recording"]["frames"][0]["data"] == "00" * 60
    jsonschema.validate(document, SCHEMA)
    assert as_json.loads(json.dumps(document)) == one
