"""A report as one valid JSON document (RFC 8259) and back. docs/report.schema.json describes it.

JSON has no NaN and no Infinity: both are written as null, which is what netlab means by "unknown". Records of schema 1
are read, too (version_1.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from netlab.codec import DecodeError, Json, decode, encode
from netlab.errors import UsageError
from netlab.report import version_1
from netlab.report.document import ReportDocument, document_of, report_of
from netlab.report.phrase import restore
from netlab.report.record import SCHEMA, Report

_TOLD = ("title", "lacking", "answer", "measurement", "recording")  # the parts that netlab says something in


def dumps(report: Report) -> str:
    """The document, indented, with a newline at its end."""
    return json.dumps(encode(document_of(report)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str) -> Report:
    """The report that `dumps` wrote, now or in schema 1; UsageError says what is wrong with any other text."""
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not JSON: {error}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(document, dict) or schema not in (SCHEMA, version_1.SCHEMA):
        raise UsageError(f"not a {SCHEMA} document")
    try:
        if schema == version_1.SCHEMA:
            document = version_1.upgraded(document)
        return report_of(decode(ReportDocument, _with_phrases(document)))
    except DecodeError as error:
        raise UsageError(f"malformed {schema} document: {error.message}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"malformed {schema} document: {error}") from None


def _with_phrases(document: dict[str, Json]) -> dict[str, Json]:
    """The document with the texts that have arguments as the phrases that they were."""
    texts = document.get("texts")
    if not isinstance(texts, dict) or not texts:
        return document
    phrases: dict[str, str] = {}
    for text in texts:
        _phrase(text, texts, phrases)
    return {name: _told(part, phrases) if name in _TOLD else part for name, part in document.items()}


def _phrase(text: str, texts: Mapping[str, Json], phrases: dict[str, str]) -> str:
    """The phrase of a text, those in its arguments first. One that contains itself is left as it is."""
    if text not in texts or text in phrases:
        return phrases.get(text, text)
    phrases[text] = text
    parts = texts[text]
    if isinstance(parts, dict):
        template, given = parts.get("template"), parts.get("arguments")
        if isinstance(template, str) and isinstance(given, dict):
            arguments = {
                name: _phrase(value, texts, phrases) if isinstance(value, str) else value
                for name, value in given.items()
                if value is None or isinstance(value, (str, int, float))
            }
            phrases[text] = restore(text, template, arguments)
    return phrases[text]


def _told(value: Json, phrases: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return phrases.get(value, value)
    if isinstance(value, list):
        return [_told(each, phrases) for each in value]
    if isinstance(value, dict):
        return {name: _told(each, phrases) for name, each in value.items()}
    return value
