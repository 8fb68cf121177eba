"""Every check of the servers' experiments fails once here, and alone."""

from __future__ import annotations

from typing import Any

import pytest
from made_trials import load, outcome, trial, udp_load

from netlab.experiments.servers.server_report import checks_of, client_checks
from netlab.load.outcome import CORRUPT, LOST_WITH_IT, UNANSWERED
from netlab.report.quantity import Check

MEASURED, INTACT = "something was measured", "no echo differs from what was sent"
ANSWERED = "no message is without an echo"
CONNECTED = "no connection failed, but those that the server shed"
ACCOUNTED = "every datagram sent was echoed or counted as lost"
NOT_REFUSED = "no client went without an answer, or was refused"
SAME_BYTES = "bytes echoed, as client and server count them"
ENOUGH = "datagrams the server echoed, against those that came back"
IN_ORDER, NO_CRASH = "the server ended in order (exit code)", "no server process crashed"

TCP = [MEASURED, INTACT, ANSWERED, CONNECTED, SAME_BYTES, IN_ORDER, NO_CRASH]
UDP = [MEASURED, INTACT, ACCOUNTED, NOT_REFUSED, ENOUGH, IN_ORDER, NO_CRASH]


def failed(checks: list[Check]) -> list[str]:
    """The claims that did not hold."""
    return [check.claim for check in checks if not check.passed]


@pytest.mark.parametrize(("transport", "claims"), [("tcp", TCP), ("udp", UDP)])
def test_a_trial_in_order_passes_all_its_checks(transport: str, claims: list[str]) -> None:
    checks = checks_of(trial(transport))
    assert [check.claim for check in checks] == claims
    assert failed(checks) == []


@pytest.mark.parametrize(
    ("transport", "changes", "claim"),
    [
        ("tcp", {"load": load(window_messages=0)}, MEASURED),
        ("tcp", {"load": load(errors={CORRUPT: 1})}, INTACT),
        ("tcp", {"load": load(errors={UNANSWERED: 1})}, ANSWERED),
        ("tcp", {"load": load(errors={"ECONNRESET": 1})}, CONNECTED),
        ("tcp", {"load": load(errors={"ECONNRESET": 4}), "outcome": outcome(SHED=2, IDLED_OUT=1)}, CONNECTED),
        ("tcp", {"outcome": outcome(BYTES_OUT=119_900)}, SAME_BYTES),
        ("tcp", {"outcome": outcome(BYTES_OUT=120_001)}, SAME_BYTES),
        ("tcp", {"load": load(messages=1199)}, SAME_BYTES),
        ("tcp", {"outcome": outcome(1)}, IN_ORDER),
        ("tcp", {"outcome": outcome(-9)}, IN_ORDER),
        ("tcp", {"outcome": outcome(None)}, IN_ORDER),
        ("tcp", {"outcome": outcome(CRASHED=1)}, NO_CRASH),
        ("udp", {"load": load(window_messages=0, datagrams=udp_load().datagrams)}, MEASURED),
        ("udp", {"load": load(errors={CORRUPT: 1}, datagrams=udp_load().datagrams)}, INTACT),
        ("udp", {"load": udp_load(sent=1201)}, ACCOUNTED),
        ("udp", {"load": udp_load(lost=1)}, ACCOUNTED),
        ("udp", {"load": load(errors={"ECONNREFUSED": 1}, datagrams=udp_load().datagrams)}, NOT_REFUSED),
        ("udp", {"outcome": outcome(CHUNKS=1199)}, ENOUGH),
        ("udp", {"outcome": outcome(-15)}, IN_ORDER),
        ("udp", {"outcome": outcome(CRASHED=2)}, NO_CRASH),
    ],
)
def test_each_check_fails_alone(transport: str, changes: dict[str, Any], claim: str) -> None:
    assert failed(checks_of(trial(transport, **changes))) == [claim]


@pytest.mark.parametrize(
    "changes",
    [
        {"load": load(errors={"closed by the server": 3}), "outcome": outcome(SHED=2, IDLED_OUT=1)},
        {"load": load(errors={LOST_WITH_IT: 3}), "outcome": outcome(BYTES_OUT=1)},  # no byte is compared after an error
        {"outcome": outcome(SHED=2, IDLED_OUT=1)},  # more ended than the client has seen: no negative failures
    ],
    ids=["ended for a reason", "under way at the end", "not seen"],
)
def test_what_is_no_failure_passes(changes: dict[str, Any]) -> None:
    assert failed(checks_of(trial(**changes))) == []


def test_lost_datagrams_are_no_failure_and_more_than_came_back_may_have_been_echoed() -> None:
    lossy = udp_load(echoed=1100, lost=100)
    assert failed(checks_of(trial("udp", load=lossy))) == []
    assert failed(checks_of(trial("udp", load=lossy, outcome=outcome(CHUNKS=1100)))) == []


def test_bytes_are_compared_only_where_every_message_was_echoed() -> None:
    checks = checks_of(trial(load=load(errors={LOST_WITH_IT: 1})))
    assert SAME_BYTES not in [check.claim for check in checks]


def test_all_checks_of_both_transports_are_here() -> None:
    for transport, known in (("tcp", TCP), ("udp", UDP)):
        claims = [check.claim for check in client_checks(transport, load(), 0, 0, 0)]
        assert set(claims) <= set(known) and len(claims) == 4
