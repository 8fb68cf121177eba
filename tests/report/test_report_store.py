"""Run records: whole or not there, newest first, never more than enough, and foreign files are nobody's problem."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from netlab.errors import UsageError
from netlab.report import as_json, store
from netlab.report.listing import listing
from netlab.report.record import Report


def test_saved_and_loaded(report: Report, own_state_folder: Path) -> None:
    path = store.save(report)
    assert path == own_state_folder / "netlab" / "runs" / f"{report.id}.json"
    assert store.load(report.id) == report
    assert list(path.parent.iterdir()) == [path]


def test_no_folder_means_no_runs() -> None:
    assert store.ids() == []
    assert "No runs" in listing(store.ids(), 20, width=80)


def test_newest_first_and_foreign_files_last(report: Report) -> None:
    for day in (1, 3, 2):
        store.save(replace(report, id=f"2026010{day}-000000-doctor-000{day}"))
    (store.runs_folder() / "notes.json").write_text("{}")
    (store.runs_folder() / "zzz.txt").write_text("")
    assert [name[-1] for name in store.ids()] == ["3", "2", "1", "s"]


def test_what_cannot_be_read_is_listed(report: Report) -> None:
    store.save(report)
    folder = store.runs_folder()
    (folder / "20270101-000000-doctor-aaaa.json").write_text(as_json.dumps(report)[:500])
    (folder / "20270101-000001-doctor-bbbb.json").write_bytes(b"\xff\xfe")
    (folder / "20270101-000002-doctor-cccc.json").mkdir()
    (folder / "else.json").write_text('{"schema": "else"}')
    text = listing(store.ids(), 20, width=80)
    assert text.count("cannot be read") == 4
    assert "3fa2" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_only_the_newest_are_kept(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEEP", 3)
    folder = store.runs_folder()
    folder.mkdir(parents=True)
    (folder / "mine.json").write_text("not netlab's")
    for number in range(6):
        store.save(replace(report, id=f"20260101-00000{number}-doctor-000{number}"))
    assert [name[-1] for name in store.ids()] == ["5", "4", "3", "e"]


def test_many_at_once(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEEP", 5)
    reports = [replace(report, id=f"20260101-0000{n:02}-doctor-00{n:02}") for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.save, reports))
    # Whoever saves last has pruned: nothing torn, nothing unfinished, no more than were to be kept.
    assert sorted(path.name for path in store.runs_folder().iterdir()) == [f"{r.id}.json" for r in reports[-5:]]
    assert all(isinstance(store.load(name), Report) for name in store.ids())


def test_a_folder_that_cannot_be_written_is_an_oserror(report: Report, own_state_folder: Path) -> None:
    own_state_folder.write_text("a file where a folder should be")
    with pytest.raises(OSError):
        store.save(report)


def test_a_record_that_cannot_be_finished_leaves_nothing(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError):
        store.save(report)
    assert list(store.runs_folder().iterdir()) == []


def test_found_by_its_beginning_its_end_or_as_the_last(report: Report) -> None:
    older = replace(report, id="20250101-000000-doctor-1234")
    for one in (older, report):
        store.save(one)
    assert store.find("last") == report.id
    assert store.find(older.id) == store.find("2025") == store.find("1234") == older.id
    for wanted in ("20", "nothing", ""):
        with pytest.raises(UsageError):
            store.find(wanted)


def test_there_is_no_last_without_runs() -> None:
    with pytest.raises(UsageError, match="no run records"):
        store.find("last")
