"""Every check of the servers' experiments fails once here, and alone."""

from __future__ import annotations

from typing import Any

import pytest
from judged import Judged, failed, of_draft
from made_trials import load, outcome, result, trial, udp_load

from netlab.experiments.servers import serving
from netlab.experiments.servers.compare import Cell
from netlab.experiments.servers.server_report import checks_of, client_checks, measurement_of
from netlab.experiments.servers.tcp_compare import common_checks
from netlab.load.outcome import CORRUPT, LOST_WITH_IT, UNANSWERED
from netlab.report.quantity import Measurement
from netlab.servers.placement import Placement
from netlab.servers.supervisor import ServerLook, ServerOutcome

MEASURED, INTACT = "something was measured", "no echo differs from what was sent"
ANSWERED = "no message is without an echo"
CONNECTED = "no connection failed, but those that the server shed"
ACCOUNTED = "every datagram sent was echoed or counted as lost"
NOT_REFUSED = "no client went without an answer, or was refused"
SAME_BYTES = "bytes echoed, as client and server count them"
ENOUGH = "datagrams the server echoed, against those that came back"
IN_ORDER, NO_CRASH = "the server ended in order (exit code)", "no server process crashed"

ALL_IN_ORDER = "every server ended in order"

TCP = [MEASURED, INTACT, ANSWERED, CONNECTED, SAME_BYTES, IN_ORDER, NO_CRASH]
UDP = [MEASURED, INTACT, ACCOUNTED, NOT_REFUSED, ENOUGH, IN_ORDER, NO_CRASH]


def tcp(what: str, *fails: str, **changes: Any) -> Judged:
    """A trial over TCP; changes are fields of Trial."""
    return Judged("tcp-server", what, lambda _: measurement_of(trial("tcp", **changes)), fails)


def udp(what: str, *fails: str, **changes: Any) -> Judged:
    """The same over UDP. `errors` and `window_messages` are the load's."""
    of_load = {name: changes.pop(name) for name in ("errors", "window_messages") if name in changes}
    if of_load:
        changes["load"] = load(datagrams=udp_load().datagrams, **of_load)
    return Judged("udp-server", what, lambda _: measurement_of(trial("udp", **changes)), fails)


def compared(what: str, *fails: str, **changes: Any) -> Judged:
    """A trial of a comparison, after one in which nothing is wrong; changes are fields of Result."""
    results = {Cell("select", 10, 0): [result(), result(**changes)]}
    return Judged("tcp-compare", what, lambda _: of_draft(lambda draft: common_checks(draft, results)), fails)


def served(what: str, *fails: str, end: ServerOutcome) -> Judged:
    """A server that was kept up, and ended so."""
    look = ServerLook(end.counts, 0.0, 0)

    def measure(_: pytest.MonkeyPatch) -> Measurement:
        return serving._report("epoll", Placement((), ()), look, look, 1, end, [])

    return Judged("tcp-server --serve", what, measure, fails)


CASES = (
    tcp("nothing"),
    tcp("whether anything was measured", MEASURED, load=load(window_messages=0)),
    tcp("an echo", INTACT, load=load(errors={CORRUPT: 1})),
    tcp("an answer", ANSWERED, load=load(errors={UNANSWERED: 1})),
    tcp("a connection", CONNECTED, load=load(errors={"ECONNRESET": 1})),
    tcp("one more than was shed", CONNECTED, load=load(errors={"EPIPE": 4}), outcome=outcome(SHED=2, IDLED_OUT=1)),
    tcp("bytes missing", SAME_BYTES, outcome=outcome(BYTES_OUT=119_900)),
    tcp("a byte too much", SAME_BYTES, outcome=outcome(BYTES_OUT=120_001)),
    tcp("a message too few", SAME_BYTES, load=load(messages=1199)),
    tcp("the exit code", IN_ORDER, outcome=outcome(1)),
    tcp("a kill", IN_ORDER, outcome=outcome(-9)),
    tcp("no end", IN_ORDER, outcome=outcome(None)),
    tcp("a process", NO_CRASH, outcome=outcome(CRASHED=1)),
    udp("nothing"),
    udp("whether anything was measured", MEASURED, window_messages=0),
    udp("an echo", INTACT, errors={CORRUPT: 1}),
    udp("a datagram sent", ACCOUNTED, load=udp_load(sent=1201)),
    udp("a loss", ACCOUNTED, load=udp_load(lost=1)),
    udp("a client", NOT_REFUSED, errors={"ECONNREFUSED": 1}),
    udp("the server's count", ENOUGH, outcome=outcome(CHUNKS=1199)),
    udp("the exit code", IN_ORDER, outcome=outcome(-15)),
    udp("two processes", NO_CRASH, outcome=outcome(CRASHED=2)),
    compared("nothing"),
    compared("an echo", INTACT, corrupt=1),
    compared("an answer", ANSWERED, unanswered=1),
    compared("a connection", CONNECTED, other_errors=1),
    compared("an exit code", ALL_IN_ORDER, exit_code=-9),
    Judged(
        "tcp-compare",
        "whether anything was measured",
        lambda _: of_draft(lambda draft: common_checks(draft, {Cell("select", 10, 0): [result(rate=0.0)]})),
        (MEASURED,),
    ),
    served("nothing", end=outcome()),
    served("the exit code", IN_ORDER, end=outcome(-9)),
    served("a process", NO_CRASH, end=outcome(CRASHED=1)),
)


@pytest.mark.parametrize(("transport", "claims"), [("tcp", TCP), ("udp", UDP)])
def test_a_trial_in_order_passes_all_its_checks(transport: str, claims: list[str]) -> None:
    checks = checks_of(trial(transport))
    assert [check.claim for check in checks] == claims
    assert all(check.passed for check in checks)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_the_checks_of_what_is_wrong_fail(case: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(case.measure(monkeypatch)) == case.fails


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
    assert failed(measurement_of(trial(**changes))) == ()


def test_lost_datagrams_are_no_failure_and_more_than_came_back_may_have_been_echoed() -> None:
    lossy = udp_load(echoed=1100, lost=100)
    assert failed(measurement_of(trial("udp", load=lossy))) == ()
    assert failed(measurement_of(trial("udp", load=lossy, outcome=outcome(CHUNKS=1100)))) == ()


def test_bytes_are_compared_only_where_every_message_was_echoed() -> None:
    checks = checks_of(trial(load=load(errors={LOST_WITH_IT: 1})))
    assert SAME_BYTES not in [check.claim for check in checks]


def test_all_checks_of_both_transports_are_here() -> None:
    for transport, known in (("tcp", TCP), ("udp", UDP)):
        claims = [check.claim for check in client_checks(transport, load(), 0, 0, 0)]
        assert set(claims) <= set(known) and len(claims) == 4
