"""Records of schema netlab.report/1 as documents of schema 2: they hold the same, and are shown the same.

They had what is about the picture among the facts, and nothing on which tables are shown: a view knew that.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from netlab.codec import Json
from netlab.errors import UsageError

SCHEMA = "netlab.report/1"

_NOT_SHOWN = (
    "timeline", "packets", "layers", "fields", "content", "window", "growth", "echo latency", "round trips", "arrivals",
    "*: cwnd, ssthresh and queue",
)  # fmt: skip
"""Tables for drawings and charts; the views of all other experiments choose what they print."""

_OPTIONS = {"show the timeline": "timeline", "as fields": "fields", "timing": "timing", "in boxes": "boxes"}


def upgraded(document: dict[str, Json]) -> dict[str, Json]:
    """The document in schema 2. UsageError where it is not one of schema 1."""
    try:
        return _upgraded(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"malformed {SCHEMA} document: {error}") from None


def _upgraded(document: dict[str, Json]) -> dict[str, Json]:
    found = _object(document["measurement"])
    facts, tables = list(map(_object, _list(found["facts"]))), list(map(_object, _list(found["tables"])))
    options: dict[str, Json] = {
        _OPTIONS[str(fact["name"])]: _option(fact["value"]) for fact in facts if fact["name"] in _OPTIONS
    }
    shown: list[Json] = [number for number, table in enumerate(tables) if not _hidden(str(table["name"]))]
    measurement: dict[str, Json] = {
        **found,
        "facts": [fact for fact in facts if fact["name"] not in _OPTIONS],
        "tables": [{**table, "title": ""} for table in tables],
        "checks": [{**_object(check), "evidence": []} for check in _list(found["checks"])],
        "findings": [{"text": text, "evidence": []} for text in _list(found["findings"])],
    }
    return {
        "lacking": None,  # the first records did not have it
        **document,
        "schema": "netlab.report/2",
        "argv": [],
        "answer": "",
        "measurement": measurement,
        "view": {"tables": shown, "options": options},
        "recording": None,
        "texts": {},
    }


def _option(value: Json) -> Json:
    """A fact's value as an option: packet numbers were a text ("3,5"), switches a text or a truth value."""
    if isinstance(value, str) and value.replace(",", "").isdigit():
        return [int(number) for number in value.split(",")]
    return [] if value is None else bool(value)


def _hidden(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _NOT_SHOWN)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError(f"an object expected, not {value!r:.60}")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError(f"a list expected, not {value!r:.60}")
    return value
