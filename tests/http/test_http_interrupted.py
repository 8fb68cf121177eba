"""Ctrl-C in the middle of an exchange: what has come is shown; and nothing hides a Ctrl-C where nothing has come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_peer import Peer, serving

from netlab.experiments.http.get import Parameters, measure
from netlab.http.transport import HttpTransport
from netlab.report.quantity import Measurement

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"


@pytest.fixture
def slow() -> Iterator[Peer]:
    """Sends five bytes of fifty, and no more."""
    with serving(HEAD + b"hello", keep_open=True) as peer:
        yield peer


def interrupt(monkeypatch: pytest.MonkeyPatch, after_bytes: int) -> None:
    """Ctrl-C in the first receive after so many bytes have come."""
    received, seen = HttpTransport.receive, [0]

    def receive(self: HttpTransport, wait_s: float, most: int = 1 << 16) -> bytes:
        if seen[0] >= after_bytes:
            raise KeyboardInterrupt
        data = received(self, wait_s, most)
        seen[0] += len(data)
        return data

    monkeypatch.setattr(HttpTransport, "receive", receive)


def rows(found: Measurement, name: str) -> list[dict[str, object]]:
    """A table's rows."""
    table = next(table for table in found.tables if table.name == name)
    return [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows]


def test_in_the_middle_of_a_body_it_is_shown_in_part(slow: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, len(HEAD) + 5)
    found = measure(Parameters((slow.url + "/",)), lambda done, said: None)
    assert found.interrupted
    (exchange,) = rows(found, "exchanges")
    assert exchange["status"] == 200 and exchange["body"] == 5 and exchange["connection"] == "not used again"
    (refusal,) = rows(found, "refusals")
    assert refusal["kind"] == "incomplete" and refusal["byte"] == len(HEAD) + 5
    assert "interrupted" in str(refusal["what"])
    assert next(row for row in rows(found, "phases") if row["phase"] == "first byte")["took"] is not None


def test_before_anything_came_there_is_nothing_to_show(slow: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        measure(Parameters((slow.url + "/",)), lambda done, said: None)


def test_what_was_complete_before_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    with serving(whole, HEAD + b"hello", keep_open=True) as peer:
        interrupt(monkeypatch, len(whole) + len(HEAD) + 5)
        found = measure(Parameters((peer.url + "/", peer.url + "/")), lambda done, said: None)
    assert found.interrupted
    assert [(row["body"], row["problem"] == "") for row in rows(found, "exchanges")] == [(2, True), (5, False)]
