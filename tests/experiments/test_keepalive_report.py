"""What `netlab http keepalive` says of its rounds: tables, findings and warnings, from rounds made by hand."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from netlab.experiments.http import keepalive_report
from netlab.experiments.http.keepalive_report import AHEAD, BASE, ONE, SERVER, KeepaliveRounds, Parameters
from netlab.experiments.http.keepalive_rows import CostRow, SpeedRow, TimeWaitRow
from netlab.experiments.http.keepalive_ways import WAYS, Round
from netlab.http.url import parse
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import rows_of

REQUESTS = 4


def found(**changes: list[dict[str, Any]]) -> KeepaliveRounds:
    """Two rounds of four requests: 4 s on new connections, 2 s on one, 1 s sent ahead. `one`, `server`, `base` and
    `ahead` change the rounds of a way."""
    seconds = {ONE: 2, SERVER: 4, BASE: 4, AHEAD: 1}
    connections = {ONE: 1, SERVER: REQUESTS, BASE: REQUESTS, AHEAD: 1}
    rounds = {}
    for name, way in {"one": ONE, "server": SERVER, "base": BASE, "ahead": AHEAD}.items():
        rounds[way] = [
            Round(
                **{
                    "latencies_ns": array("Q", [10, 20, 30, 40]),
                    "elapsed_ns": seconds[way] * 10**9,
                    "connections": connections[way],
                    "sent_bytes": 400,
                    "received_bytes": 1000,
                    "body_bytes": 600,
                    "segments": 40,
                    "statuses": {200},
                    "time_wait_here": 4 * (way == BASE),
                    "time_wait_there": 4 * (way == SERVER),
                    **change,
                }
            )
            for change in changes.get(name, [{}, {}])
        ]
    assert set(rounds) == set(WAYS)
    counts = {"connections": 3 + sum(each.connections for some in rounds.values() for each in some)}
    return KeepaliveRounds(rounds, counts, extra_connections=3)


def told(rounds: KeepaliveRounds) -> Measurement:
    """The report of these rounds."""
    draft = Draft()
    keepalive_report.fill(draft, Parameters(requests=REQUESTS, depth=8), rounds, parse("http://127.0.0.1:8080/"))
    return draft.finish()


def findings(**changes: list[dict[str, Any]]) -> list[str]:
    """What is found in such rounds."""
    return [str(each) for each in told(found(**changes)).findings]


def test_rates_are_medians_and_ratios_are_taken_within_a_round() -> None:
    rounds = found(one=[{"elapsed_ns": 1 * 10**9}, {"elapsed_ns": 2 * 10**9}], base=[{}, {"elapsed_ns": 3 * 10**9}])
    speed = {row.way: row for row in rows_of(SpeedRow, told(rounds))}
    assert speed[ONE] == SpeedRow(ONE, 3.0, 1 / 3, (4 / 1 + 3 / 2) / 2, 20e-9, 40e-9)
    assert speed[BASE].relative == 1
    assert told(rounds).passed


def test_what_a_round_costs_is_per_request() -> None:
    more = [{"handshake_bytes": 200}, {"handshake_bytes": 200, "connections": 3}]
    cost = {row.way: row for row in rows_of(CostRow, told(found(one=more)))}
    assert cost[ONE] == CostRow(ONE, 2.0, (2 * 800 + 400) / 8, 10.0)
    assert cost[BASE] == CostRow(BASE, 4.0, 200.0, 10.0)
    unseen = {row.way: row for row in rows_of(CostRow, told(found(one=[{}, {"segments": None}])))}
    assert unseen[ONE].segments is None and unseen[BASE].segments == 10.0


def test_sockets_in_time_wait_are_medians() -> None:
    left = {row.way: row for row in rows_of(TimeWaitRow, told(found(base=[{"time_wait_here": 2}, {}])))}
    assert left[BASE] == TimeWaitRow(BASE, 3.0, 0.0) and left[SERVER] == TimeWaitRow(SERVER, 0.0, 4.0)


def test_rounds_that_agree_are_told_apart() -> None:
    one, ahead, closed = findings()
    assert one == "Over one connection, against a new one each: 2.00 × as quick."
    assert ahead == "Sent 8 ahead over it, against one at a time: 2.00 × as quick."
    assert closed.startswith("Whoever closed first")
    facts = {fact.name: fact.value for fact in told(found()).facts}
    assert (facts["rounds"], facts["requests a round and way"], facts["status"]) == (2, REQUESTS, "200")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((2,), "2.00 × as quick in the only round, which decides nothing"),
        ((8, 5), "slower, 0.65 × as quick."),
        ((2, 8), "no difference beyond the spread (1.25 ×; the rounds say 0.50 to 2.00)."),
    ],
)
def test_a_verdict_is_as_clear_as_the_rounds(seconds: tuple[int, ...], words: str) -> None:
    one = [{"elapsed_ns": each * 10**9} for each in seconds]
    assert words in findings(one=one)[0]


@pytest.mark.parametrize(
    ("closing", "words"),
    [
        ((REQUESTS, REQUESTS), "The server closes after each response"),
        ((REQUESTS, 0), "No connection could be used again"),
    ],
)
def test_a_connection_that_could_not_be_kept_is_no_quicker(closing: tuple[int, int], words: str) -> None:
    said = findings(one=[{"connections": REQUESTS, "closing": each} for each in closing])
    assert words in said[0]
    assert not any("against a new one each" in each for each in said)
    few = findings(one=[{"connections": REQUESTS - 1, "closing": each} for each in closing])
    assert "against a new one each" in few[0]


def test_requests_that_had_to_be_sent_again_are_a_warning_and_no_verdict() -> None:
    report = told(found(ahead=[{"repeated": 2}, {"repeated": 3}]))
    (warning,) = report.warnings
    assert "5 had to be sent again" in warning
    assert not any("ahead over it" in finding for finding in report.findings)
    assert told(found()).warnings == ()


def test_a_server_that_does_not_close_when_asked_is_found() -> None:
    said = findings(server=[{}, {"kept_open": 3}])
    assert said[-2].startswith("Asked to close, the server did not, 3 times of 4")
    assert findings(server=[{"kept_open": 3}, {}])[-1].startswith("Whoever")  # the last round is told of


@pytest.mark.parametrize(
    ("server", "client", "words"),
    [
        ((0, 4), (4, 0), "Whoever closed first"),
        ((4, 4), (4, 0), None),
        ((0, 4), (4, 4), None),
        ((0, 4), (0, 0), "No TIME_WAIT where the client closed"),
        ((0, 4), (0, 1), None),
    ],
)
def test_who_closed_is_said_where_both_sides_agree(
    server: tuple[int, int], client: tuple[int, int], words: str | None
) -> None:
    def last(here: int, there: int) -> list[dict[str, Any]]:
        return [{}, {"time_wait_here": here, "time_wait_there": there}]

    said = findings(server=last(*server), base=last(*client))[2:]
    assert len(said) == bool(words) and all(str(words) in each for each in said)


def test_without_a_whole_round_there_is_nothing_to_tell() -> None:
    rounds = found(ahead=[])
    report = told(rounds)
    assert rounds.complete == 0 and report.tables == report.checks == report.findings == ()
