"""`netlab runs` and `netlab doctor`, as they are typed."""

from __future__ import annotations

import json
from dataclasses import replace

from netlab.report import as_json, store
from netlab.report.quantity import Measurement
from netlab.report.record import Report


def test_a_run_can_be_seen_again(netlab, report: Report) -> None:  # type: ignore[no-untyped-def]
    store.save(report)
    store.save(replace(report, id="20250101-000000-doctor-1234", measurement=Measurement()))
    listed = netlab("runs").stdout.splitlines()
    assert [line.split()[0] for line in listed[:2]] == ["3fa2", "1234"]
    for wanted in ("last", "3fa2", "20261122", report.id):
        done = netlab("runs", "show", wanted, "--json")
        assert done.returncode == 1, "one of its checks has failed, and this is said again"
        assert as_json.loads(done.stdout) == report
    assert netlab("runs", "show", "1234").returncode == 0
    assert "netlab runs show 1234" in netlab("runs", "show", "1234").stdout


def test_where_the_records_are(netlab, report: Report) -> None:  # type: ignore[no-untyped-def]
    assert netlab("runs", "path").stdout == f"{store.runs_folder()}\n"
    path = store.save(report)
    assert netlab("runs", "path", "last").stdout == f"{path}\n"


def test_a_record_that_cannot_be_read_is_one_line(netlab, report: Report) -> None:  # type: ignore[no-untyped-def]
    path = store.save(report)
    path.write_text("{")
    done = netlab("runs", "show", "last")
    assert done.returncode == 2 and done.stderr.startswith(f"netlab: {path} cannot be read: not JSON")
    assert "cannot be read" in netlab("runs").stdout


def test_the_list_has_an_end(netlab, report: Report) -> None:  # type: ignore[no-untyped-def]
    for number in range(5):
        store.save(replace(report, id=f"20260101-00000{number}-doctor-000{number}"))
    lines = netlab("runs", "--limit", "2").stdout.splitlines()
    assert [line[:4] for line in lines] == ["0004", "0003", "… an", "One "]


def test_the_doctor_changes_and_records_nothing(netlab) -> None:  # type: ignore[no-untyped-def]
    done = netlab("doctor")
    assert done.returncode == 0 and done.stderr == ""
    assert "user namespaces" in done.stdout
    assert store.ids() == []


def test_the_doctor_in_json(netlab) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(netlab("doctor", "--json", "--save").stdout)
    assert document["experiment"] == "doctor" and document["passed"]
    assert store.ids() == [document["id"]]
