"""Whether what a document names as evidence is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def missing_evidence(document: dict[str, Any]) -> list[str]:
    """The evidence of checks and findings that the document does not have, in words."""
    found = document["measurement"]
    return [
        f"{each.get('claim') or each['text']}: {evidence}"
        for each in (*found["checks"], *found["findings"])
        for evidence in each["evidence"]
        if not all(_holds(document, evidence))
    ]


def _holds(document: dict[str, Any], evidence: dict[str, Any]) -> Iterator[bool]:
    found = document["measurement"]
    if (packet := evidence.get("packet")) is not None:
        recorded = (document["recording"] or {}).get("frames", [])
        yield any(each["number"] == packet for each in recorded) or any(
            row["packet"] == packet for row in _rows(document, "packets")
        )
        own = [row["field"] for row in _rows(document, "fields") if row["packet"] == packet]
        if own and "field" in evidence:  # of a long run only the first packets are taken apart
            yield evidence["field"] in own
    if (table := evidence.get("table")) is not None:
        sizes = [len(each["rows"]) for each in found["tables"] if table in (each["name"], each["title"])]
        yield bool(sizes) and evidence.get("row", 0) < max(sizes)
    if (fact := evidence.get("fact")) is not None:
        yield any(each["name"] == fact for each in found["facts"])
    if "time" in evidence and document["recording"]:
        yield evidence["time"] <= document["recording"]["end"]


def _rows(document: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for table in document["measurement"]["tables"]:
        if table["name"] == name:
            for row in table["rows"]:
                yield dict(zip((column["name"] for column in table["columns"]), row, strict=True))
