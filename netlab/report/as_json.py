"""A report as one valid JSON document (RFC 8259) and back. docs/report.schema.json describes it.

JSON has no NaN and no Infinity: both are written as null, which is what netlab means by "unknown".
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from netlab.errors import UsageError
from netlab.report.quantity import Chart, Check, Column, Fact, Lack, Measurement, Table, Value
from netlab.report.record import SCHEMA, Report
from netlab.report.summary import SampleSummary

_PROVENANCE = ("schema", "id", "experiment", "title", "parameters", "seed", "started_at", "elapsed_s", "host")


def dumps(report: Report) -> str:
    """The document, indented, with a newline at its end."""
    found = report.measurement
    document = {name: getattr(report, name) for name in _PROVENANCE}
    document["interrupted"] = report.interrupted
    document["passed"] = report.passed
    document["lacking"] = dataclasses.asdict(found.lacking) if found.lacking else None
    document["measurement"] = {
        "facts": [dataclasses.asdict(fact) for fact in found.facts],
        "samples": [dataclasses.asdict(summary) for summary in report.samples],
        "tables": [_plain_table(table) for table in found.tables],
        "charts": [dataclasses.asdict(chart) for chart in found.charts],
        "checks": [{**dataclasses.asdict(check), "passed": check.passed} for check in found.checks],
        "findings": found.findings,
        "warnings": found.warnings,
    }
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain_table(table: Table) -> dict[str, Any]:
    columns = [dataclasses.asdict(column) for column in table.columns]
    return {"name": table.name, "columns": columns, "rows": table.rows}


def loads(text: str) -> Report:
    """The report that `dumps` wrote; UsageError says what is wrong with any other text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(f"not a {SCHEMA} document")
    try:
        return _report(document)
    except KeyError as error:
        raise UsageError(f"{SCHEMA} document without {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"malformed {SCHEMA} document: {error}") from None


def _report(document: dict[str, Any]) -> Report:
    found = document["measurement"]
    interrupted = document["interrupted"]
    _require(isinstance(interrupted, bool), "interrupted is not true or false")
    report = Report(
        **{name: document[name] for name in _PROVENANCE},
        measurement=Measurement(
            facts=tuple(_fact(item) for item in found["facts"]),
            tables=tuple(_table(item) for item in found["tables"]),
            charts=tuple(Chart(**item) for item in found["charts"]),
            checks=tuple(_check(item) for item in found["checks"]),
            findings=tuple(_text(item) for item in found["findings"]),
            warnings=tuple(_text(item) for item in found["warnings"]),
            interrupted=interrupted,
            lacking=_lack(document.get("lacking")),  # records of before it was told have none
        ),
        samples=tuple(_summary(item) for item in found["samples"]),
    )
    for name in ("id", "experiment", "title", "started_at"):
        _text(getattr(report, name))
    _require(isinstance(report.parameters, dict) and isinstance(report.host, dict), "parameters or host")
    _require(isinstance(report.elapsed_s, (int, float)), "elapsed_s is not a number")
    return report


def _lack(item: dict[str, Any] | None) -> Lack | None:
    return None if item is None else Lack(_text(item["what"]), _text(item["how"]))


def _fact(item: dict[str, Any]) -> Fact:
    return Fact(_text(item["name"]), _value(item["value"]), _text(item["unit"]), _text(item["note"]))


def _table(item: dict[str, Any]) -> Table:
    columns = tuple(Column(_text(column["name"]), _text(column["unit"])) for column in item["columns"])
    rows = tuple(tuple(_value(cell) for cell in row) for row in item["rows"])
    _require(all(len(row) == len(columns) for row in rows), f"a row of {item['name']} is not as long as its heading")
    return Table(_text(item["name"]), columns, rows)


def _check(item: dict[str, Any]) -> Check:
    return Check(_text(item["claim"]), _text(item["source"]), _value(item["expected"]), _value(item["observed"]))


def _summary(item: dict[str, Any]) -> SampleSummary:
    histogram = tuple((float(bound), int(count)) for bound, count in item["histogram"])
    summary = SampleSummary(**{**item, "histogram": histogram})
    for name in ("min", "mean", "p50", "p90", "p99", "p999", "max"):
        number = getattr(summary, name)
        _require(number is None or isinstance(number, (int, float)), f"{name} is not a number")
    _require(isinstance(summary.count, int), "count is not a number")
    _text(summary.name)
    _text(summary.unit)
    return summary


def _text(value: Any) -> str:
    _require(isinstance(value, str), f"{value!r} is not text")
    return str(value)


def _value(value: Any) -> Value:
    _require(value is None or isinstance(value, (str, int, float)), f"{value!r} is not a value")
    return value  # type: ignore[no-any-return]


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _finite(value: Any) -> Any:
    """The same value with null for NaN and the infinities, which json would otherwise refuse."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
