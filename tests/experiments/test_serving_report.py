"""What `--serve` reports of a server that was kept up."""

from __future__ import annotations

from typing import Any

import pytest
from made_trials import counts, outcome

from netlab.errors import NetlabError
from netlab.experiments.servers import serving
from netlab.experiments.servers.serving import MOST_SAMPLES, Parameters, Sample
from netlab.linux.process import TreeMemory
from netlab.progress import silent
from netlab.report.quantity import Measurement, Value
from netlab.servers.placement import Placement
from netlab.servers.supervisor import ServerLook, ServerOutcome

SECOND = 1_000_000_000


def reported(end: ServerOutcome, history: list[Sample] | None = None) -> Measurement:
    """The report of a server that served for 20 s and used 2 s of CPU."""
    start = ServerLook(counts(), 0.5, 5 * SECOND)
    last = ServerLook(counts(CHUNKS=1000), 2.5, 25 * SECOND)
    return serving._report("epoll", Placement((), ()), start, last, 3, end, history or [])


def facts_of(found: Measurement) -> dict[str, Value]:
    """Facts by name."""
    return {fact.name: fact.value for fact in found.facts}


def test_the_facts_are_the_counters_at_the_end() -> None:
    end = outcome(SHED=2, RESET=3, IDLED_OUT=5, FORCE_CLOSED=6, BYTES_IN=7, BYTES_OUT=8, PEAK_OPEN=9, ACCEPTED=11)
    facts = facts_of(reported(end))
    served = {name.removeprefix("served "): value for name, value in facts.items() if name.startswith("served ")}
    assert served == {
        "for": 20.0,
        "connections": 11,
        "at once at most": 9,
        "echoes": 1200,
        "bytes in": 7,
        "bytes out": 8,
        "connections shed": 2,
        "connections reset by the peer": 3,
        "connections closed as idle": 5,
        "connections cut at the end": 6,
    }
    assert facts["server CPU per echo"] == 2.0 / 1000
    assert (facts["server user time"], facts["server system time"]) == (0.75, 0.5)
    assert facts["server wake-ups per echo"] == 0
    assert facts["server voluntary switches per echo"] == 0.5
    assert (facts["server peak RSS"], facts["server processes at the end"]) == (9_000_000, 3)


def test_a_server_that_nobody_used_has_no_cost_per_echo() -> None:
    facts = facts_of(reported(outcome(CHUNKS=0)))
    for name in ("CPU per echo", "wake-ups per echo", "voluntary switches per echo"):
        assert facts[f"server {name}"] is None


@pytest.mark.parametrize(
    ("end", "claims"),
    [
        (outcome(), []),
        (outcome(-9), ["the server ended in order (exit code)"]),
        (outcome(None), ["the server ended in order (exit code)"]),
        (outcome(CRASHED=1), ["no server process crashed"]),
        (outcome(FORCE_CLOSED=4, SHED=2, RESET=1), []),
    ],
)
def test_each_check_fails_alone(end: ServerOutcome, claims: list[str]) -> None:
    found = reported(end)
    assert [check.claim for check in found.checks if not check.passed] == claims
    assert len(found.checks) == 2


def test_fd_setsize_is_a_finding() -> None:
    (finding,) = reported(outcome(OUT_OF_FD_SET=1100)).findings
    assert "FD_SETSIZE reached: 1,100 connections" in finding
    assert reported(outcome()).findings == reported(outcome()).warnings == ()


def test_a_history_is_a_table_and_from_two_points_on_a_chart() -> None:
    assert reported(outcome()).tables == ()
    one = reported(outcome(), [Sample(1.0, 2, 3.0, 0.5)])
    assert one.tables[0].rows == ((1.0, 2, 3.0, 0.5),) and one.charts == ()
    two = reported(outcome(), [Sample(1.0, 2, 3.0, 0.5), Sample(2.0, 2, 3.0, 0.5)])
    assert len(two.charts) == 1 and two.charts[0].y == two.tables[0].columns[2].name


class FakeServer:
    """A server that is looked at every quarter of a second, and has twice as much to do from the third second on."""

    host, port, pid = "::1", 7007, 42

    def __init__(self, dies_at: int | None = None, ctrl_c_at: int | None = None) -> None:
        self.looks = 0
        self.dies_at, self.ctrl_c_at = dies_at, ctrl_c_at

    def __call__(self, *_: object, **__: object) -> FakeServer:
        """In place of the class."""
        return self

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def alive(self) -> bool:
        """Until it dies."""
        return self.dies_at is None or self.looks < self.dies_at

    def last_words(self) -> str:
        """Its last line."""
        return "Segmentation fault"

    def look(self) -> ServerLook:
        """25 echoes and 0.1 s of CPU time each time, and one connection more."""
        if self.looks == self.ctrl_c_at:
            self.ctrl_c_at = None
            raise KeyboardInterrupt
        number = self.looks
        self.looks += 1
        chunks = 25 * number + 25 * max(0, number - 8)
        now = counts(CHUNKS=chunks, ACCEPTED=3 * number, CLOSED=2 * number, SHED=4 * (number > 6))
        return ServerLook(now, 0.1 * number, number * SECOND // 4)

    def memory(self) -> TreeMemory:
        """Two processes."""
        return TreeMemory(2, 2, 0, 0, 0)

    def stop(self) -> ServerOutcome:
        """In order."""
        return outcome()


def served(
    monkeypatch: pytest.MonkeyPatch, server: FakeServer, progress: Any = silent, **parameters: Any
) -> Measurement:
    """The report of that server."""
    monkeypatch.setattr(serving, "RunningServer", server)
    monkeypatch.setattr(serving.time, "sleep", lambda _: None)
    return serving.measure(Parameters("tcp", **parameters), progress)


def test_a_server_is_watched_until_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, str]] = []
    found = served(monkeypatch, FakeServer(), lambda *said: seen.append(said), duration_s=4.0)
    (table,) = found.tables
    expected = [(1.0, 4, 100.0, 0.4), (2.0, 8, 100.0, 0.4), (3.0, 12, 200.0, 0.4), (4.0, 16, 200.0, 0.4)]
    assert [list(row) for row in table.rows] == [pytest.approx(row) for row in expected]
    assert seen[0] == (0.0, "epoll TCP echo server on [::1]:7007, process 42")
    assert seen[1] == (0.25 / 4, "1 open  3 in all  100 echoes/s  CPU 40%")
    assert seen[-1] == (1.0, "16 open  48 in all  200 echoes/s  CPU 40%  4 shed")
    assert len(seen) == 1 + 16
    assert facts_of(found)["served for"] == 4.25  # to the look at the end
    assert facts_of(found)["server processes at the end"] == 2


def test_ctrl_c_ends_a_server_that_has_no_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    found = served(monkeypatch, FakeServer(ctrl_c_at=10), lambda done, _: seen.append(done))
    assert found.passed and set(seen) == {0.0}
    assert facts_of(found)["served for"] == 2.5


def test_a_server_that_dies_is_an_error_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NetlabError, match="ended by itself") as raised:
        served(monkeypatch, FakeServer(dies_at=5))
    assert raised.value.hint == "Segmentation fault"


def test_the_history_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    history: list[Sample] = []
    monkeypatch.setattr(serving, "MOST_SAMPLES", 3)
    monkeypatch.setattr(serving.time, "sleep", lambda _: None)
    server: Any = FakeServer()
    serving._watch(server, Parameters("tcp", duration_s=9.0), server.look(), silent, history)
    assert [row[0] for row in history] == [1.0, 2.0, 3.0] and MOST_SAMPLES == 3600
