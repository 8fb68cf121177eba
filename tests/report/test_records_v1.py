"""Records of schema netlab.report/1, made by the last netlab that wrote them, still load and are shown as they were.

records_v1/ has one or more of every experiment, with the text that `netlab runs show` printed of it on 80 columns.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from netlab import registry
from netlab.report import as_json, table

FOLDER = Path(__file__).parent / "records_v1"
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
)
NAMES = sorted(path.name.removesuffix(".json.gz") for path in FOLDER.glob("*.json.gz"))


def record(name: str) -> str:
    return gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()).decode()


def test_there_is_one_of_every_experiment() -> None:
    assert len(NAMES) == 49
    assert {json.loads(record(name))["experiment"] for name in NAMES} == FIRST


FIRST = {
    "capture", "cidr", "cidr-interfaces", "cidr-same-net", "dissect", "dns-bench", "dns-cache", "dns-compare",
    "dns-query", "dns-serve", "dns-trace", "dns-transfer", "doctor", "http-check", "http-explain", "http-get",
    "http-keepalive", "http-serve", "journey", "mac", "mac-interfaces", "mac-neighbours", "tcp-backlog", "tcp-client",
    "tcp-compare", "tcp-congestion", "tcp-flow", "tcp-handshake", "tcp-limits", "tcp-nagle", "tcp-retransmit",
    "tcp-serve", "tcp-server", "tcp-states", "tcp-teardown", "udp-behaviour", "udp-client", "udp-compare", "udp-serve",
    "udp-server",
}  # fmt: skip
"""The experiments that there were when schema 2 came."""


@pytest.mark.parametrize("name", NAMES)
def test_an_old_record_is_shown_as_it_was(name: str) -> None:
    report = replace(as_json.loads(record(name)), record=name)
    line = registry.known(report.experiment)
    assert line is not None
    text = table.render(report, width=80, sections=line.sections())
    assert text == (FOLDER / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_old_record_becomes_one_of_the_schema_of_now(name: str) -> None:
    old = as_json.loads(record(name))
    document = json.loads(as_json.dumps(old))
    SCHEMA.validate(document)
    assert document["schema"] == "netlab.report/2" and as_json.loads(json.dumps(document)) == old
