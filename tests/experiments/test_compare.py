"""A comparison of modes, from rounds whose figures are known: its table, its findings, its checks."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from made_trials import load, outcome, result, trial, udp_load

from netlab.experiments.servers import compare, tcp_compare, udp_compare
from netlab.experiments.servers.compare import (
    Cell,
    CompareParameters,
    Result,
    Results,
    cells_of,
    middle,
    quotients,
    relative,
    result_of,
    rounds_fact,
    run_rounds,
    width,
)
from netlab.experiments.servers.trial import Setup, Trial
from netlab.load.outcome import CORRUPT, UNANSWERED
from netlab.progress import silent
from netlab.report.quantity import Draft, Measurement, Table, Value
from netlab.servers.supervisor import ServerOutcome

Compared = Callable[..., Measurement]


def by_column(table: Table) -> list[dict[str, Value]]:
    """Its rows as mappings."""
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


def facts_of(found: Measurement) -> dict[str, Value]:
    """Facts by name."""
    return {fact.name: fact.value for fact in found.facts}


def test_what_is_kept_of_a_trial() -> None:
    latencies = array("Q", [(7 * n % 101) * 1_000_000 for n in range(1, 101)])  # 1 to 100 ms, in no order
    assert result_of(trial(load=load(latency_ns=latencies), outcome=outcome(SHED=3, OUT_OF_FD_SET=2))) == Result(
        rate=500.0,
        cpu_per_message_s=1 / 2000,
        p50_s=0.05,
        p99_s=0.099,
        memory_per_connection=100_000,
        fairness=1.0,
        server_cpu_s=1.25,
        lost=None,
        unanswered=0,
        corrupt=0,
        other_errors=-3,
        shed=3,
        out_of_fd_set=2,
        exit_code=0,
        limit=None,
        others_busy=0.25,
    )


def test_what_is_kept_of_a_trial_in_which_much_went_wrong() -> None:
    bad = load(errors={UNANSWERED: 3, CORRUPT: 2, "ECONNRESET": 5}, busy_share=0.99, latency_ns=array("Q"))
    killed = ServerOutcome(-9, outcome().counts)
    kept = result_of(trial(load=bad, outcome=killed))
    assert (kept.unanswered, kept.corrupt, kept.other_errors, kept.exit_code, kept.limit) == (3, 2, 5, -9, "load")
    assert kept.p50_s is None and kept.p99_s is None and kept.server_cpu_s is None
    assert result_of(trial(outcome=replace(outcome(), user_s=None))).server_cpu_s is None
    assert result_of(trial(outcome=replace(outcome(), system_s=None))).server_cpu_s is None
    assert result_of(trial("udp", load=udp_load(lost=300))).lost == 0.25


def test_figures_over_rounds() -> None:
    rounds = [result(rate=100.0), result(rate=None), result(rate=300.0), result(rate=140.0)]
    assert middle(rounds, "rate") == 140.0
    assert width(rounds, "rate") == 100.0 / 140.0
    assert middle([result(rate=None)], "rate") is None and width([], "rate") is None
    ground = [result(rate=50.0), result(rate=70.0), result(rate=100.0)]
    assert quotients(rounds, ground, "rate") == [2.0, 3.0]  # within each round that has both
    assert relative(rounds, ground, "rate") == 2.5
    assert quotients(rounds, [result(rate=0.0)], "rate") == []


def test_cells_are_all_combinations_mode_by_mode() -> None:
    parameters = CompareParameters(modes=("a", "b"), connections=(1, 2), idle=(0, 5))
    assert cells_of(parameters) == [
        Cell(mode, connections, idle) for connections in (1, 2) for idle in (0, 5) for mode in ("a", "b")
    ]


class Trials:
    """`run` of a trial, which only notes what it was to run."""

    def __init__(self, interrupted_at: int | None = None, ctrl_c_at: int | None = None) -> None:
        self.setups: list[Setup] = []
        self.interrupted_at, self.ctrl_c_at = interrupted_at, ctrl_c_at

    def __call__(self, setup: Setup, progress: Callable[[float, str], None]) -> Trial:
        self.setups.append(setup)
        if len(self.setups) == self.ctrl_c_at:
            raise KeyboardInterrupt
        progress(0.5, "half of it")
        return trial(interrupted=len(self.setups) == self.interrupted_at)


def test_rounds_are_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = Trials()
    monkeypatch.setattr(compare, "run", trials)
    parameters = CompareParameters(modes=("select", "epoll"), idle=(7,), rounds=2, duration_s=0.4, seed=3, size=32)
    seen: list[tuple[float, str]] = []
    results, interrupted = run_rounds("tcp", parameters, cells_of(parameters), lambda *said: seen.append(said))
    assert [setup.mode.name for setup in trials.setups] == ["select", "epoll", "select", "epoll"]
    assert not interrupted and [len(found) for found in results.values()] == [2, 2]
    assert [done for done, _ in seen] == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]
    assert seen[-1][1] == "round 2 of 2: epoll, 10 connections + 7 idle"
    plan = trials.setups[0].plan
    assert (plan.connections, plan.idle, plan.size, plan.seed) == (10, 7, 32, 3)
    assert (plan.duration_s, plan.warmup_s, plan.messages, plan.per_connection) == (0.4, 0.1, None, None)


def test_warming_up_takes_a_quarter_and_not_long(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = Trials()
    monkeypatch.setattr(compare, "run", trials)
    parameters = CompareParameters(modes=("epoll",), rounds=1, duration_s=8.0)
    seen: list[str] = []
    run_rounds("tcp", parameters, cells_of(parameters), lambda _, text: seen.append(text))
    assert trials.setups[0].plan.warmup_s == 0.2
    assert seen[0] == "round 1 of 1: epoll, 10 connections"


@pytest.mark.parametrize(
    ("ends", "complete"), [({"ctrl_c_at": 4}, [2, 1]), ({"interrupted_at": 4}, [2, 1]), ({}, [3, 3])]
)
def test_an_interrupted_trial_does_not_count(
    ends: dict[str, int], complete: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "run", Trials(**ends))
    parameters = CompareParameters(modes=("select", "epoll"))
    results, interrupted = run_rounds("tcp", parameters, cells_of(parameters), silent)
    assert [len(found) for found in results.values()] == complete
    assert interrupted == (complete != [3, 3])


@pytest.mark.parametrize(
    ("mode", "parameters", "workers", "most"),
    [
        ("prefork", {"connections": (10,), "idle": (5,)}, 15, 20_000),
        ("prefork", {"connections": (1000,)}, 512, 20_000),
        ("prefork", {"workers": 3}, 3, 20_000),
        ("epoll-multi", {"cpus": "free"}, 2, 20_000),
        ("fork", {}, 10, 1024),
        ("fork", {"max_connections": 5}, 10, 5),
    ],
)
def test_limits_suit_the_mode(mode: str, parameters: dict[str, Any], workers: int, most: int) -> None:
    chosen = CompareParameters(modes=(mode,), **parameters)
    limits = compare._setup("tcp", chosen, cells_of(chosen)[0]).limits
    assert (limits.workers, limits.max_connections) == (workers, most)


def test_short_connections_are_shared_out_over_those_at_once() -> None:
    chosen = CompareParameters(modes=("fork",), connections=(25,), unp_connections=1000)
    plan = compare._setup("tcp", chosen, cells_of(chosen)[0]).plan
    assert (plan.messages, plan.per_connection, plan.duration_s) == (40, 1, None)
    few = CompareParameters(modes=("fork",), connections=(25,), unp_connections=5)
    assert compare._setup("tcp", few, cells_of(few)[0]).plan.messages == 1


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """compared({mode: rounds}, …): the report of a comparison in which these were the results."""

    def measure(
        rounds: dict[str, list[Result]], transport: str = "tcp", interrupted: bool = False, **parameters: Any
    ) -> Measurement:
        module: Any = tcp_compare if transport == "tcp" else udp_compare

        def found(_: str, __: CompareParameters, cells: list[Cell], ___: object) -> tuple[Results, bool]:
            return {cell: list(rounds[cell.mode]) for cell in cells}, interrupted

        monkeypatch.setattr(module, "run_rounds", found)
        found_: Measurement = module.measure(
            module.Parameters(**{"modes": tuple(rounds), "connections": (10,), "idle": (0,), **parameters}), silent
        )
        return found_

    return measure


def failed(found: Measurement) -> list[str]:
    """The claims that did not hold."""
    return [check.claim for check in found.checks if not check.passed]


ROUNDS = {
    "iterative": [result(rate=100.0), result(rate=200.0)],
    "epoll": [result(rate=300.0, cpu_per_message_s=2e-5, p50_s=0.25, p99_s=0.75, fairness=0.5), result(rate=500.0)],
}


def test_a_row_is_medians_and_the_ratio_is_the_median_of_ratios(compared: Compared) -> None:
    found = compared(ROUNDS, connections=(10,), size=50, duration_s=0.25)
    (table,) = found.tables
    iterative, epoll = by_column(table)
    assert epoll == {
        "mode": "epoll",
        "messages/s": 400.0,
        "±": 25.0,
        "× iterative": 2.75,
        "CPU/msg": pytest.approx(1.5e-5),
        "memory/conn": 4096.0,
        "p50": pytest.approx(0.1255),
        "fairness": 0.75,
        "p99": pytest.approx(0.3795),
    }
    assert iterative["× iterative"] == 1
    assert found.passed and len(found.checks) == 5 and not found.interrupted and found.warnings == ()
    assert [chart.kind for chart in found.charts] == ["bar"]
    facts = facts_of(found)
    assert (facts["message size"], facts["rounds"], facts["each trial"]) == (50, 2, 0.25)
    (how_to_read,) = found.findings
    assert "± is half their range" in how_to_read


def test_without_the_baseline_the_first_mode_is_the_ground(compared: Compared) -> None:
    found = compared({"select": ROUNDS["iterative"], "epoll": ROUNDS["epoll"]}, idle=(0,))
    assert [row["× select"] for row in by_column(found.tables[0])] == [1, 2.75]


def test_a_mode_without_a_finished_round_has_no_row(compared: Compared) -> None:
    found = compared({"iterative": ROUNDS["iterative"], "epoll": []}, interrupted=True)
    assert [row["mode"] for row in by_column(found.tables[0])] == ["iterative"]
    assert found.interrupted and facts_of(found)["rounds"] == 0
    one = compared({"iterative": [result()]})
    assert by_column(one.tables[0])[0]["±"] is None  # one round does not say how much they differ


@pytest.mark.parametrize(
    ("parameters", "leading", "tables", "charts"),
    [
        ({"connections": (10,), "idle": (0,)}, ["mode"], 1, ["bar"]),
        ({"connections": (10, 20), "idle": (0,)}, ["mode", "connections"], 1, ["line"]),
        ({"connections": (10,), "idle": (0, 9)}, ["mode", "idle"], 1, ["line", "line"]),
        ({"connections": (10, 20), "idle": (0, 9)}, ["mode", "idle"], 2, ["line", "line"] * 2),
    ],
)
def test_what_varies_is_a_column_and_what_varies_twice_a_table_each(
    compared: Compared, parameters: dict[str, Any], leading: list[str], tables: int, charts: list[str]
) -> None:
    found = compared(ROUNDS, **parameters)
    assert [chart.kind for chart in found.charts] == charts
    assert len(found.tables) == tables
    for table in found.tables:
        names = [column.name for column in table.columns]
        assert names[: names.index("messages/s")] == leading
        assert {chart.x for chart in found.charts} <= set(names)
    rows = [row for table in found.tables for row in by_column(table)]
    assert len(rows) == 2 * len(parameters["connections"]) * len(parameters["idle"])
    for name in leading[1:]:
        assert {row[name] for row in rows} == set(parameters[name])


@pytest.mark.parametrize(
    ("bad", "claims"),
    [
        ({"corrupt": 1}, ["no echo differs from what was sent"]),
        ({"unanswered": 1}, ["no message is without an echo"]),
        ({"unanswered": 1, "shed": 1}, []),  # over a limit: a finding
        ({"other_errors": 1}, ["no connection failed, but those that the server shed"]),
        ({"other_errors": -3}, []),
        ({"exit_code": -9}, ["every server ended in order"]),
        ({"exit_code": None}, ["every server ended in order"]),
        ({"rate": None}, []),  # the others were measured
    ],
)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_each_check_over_all_trials_fails_alone(
    compared: Compared, bad: dict[str, Any], claims: list[str], transport: str
) -> None:
    found = compared({"iterative": [result(), result(**bad)], "epoll": [result()]}, transport)
    assert failed(found) == claims
    assert len(found.checks) == 5


def test_one_trial_with_negative_errors_does_not_hide_another(compared: Compared) -> None:
    found = compared({"iterative": [result(other_errors=-3)], "epoll": [result(other_errors=2)]})
    (check,) = [check for check in found.checks if not check.passed]
    assert check.observed == 2


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("rate", [None, 0.0])
def test_where_nothing_was_measured_the_check_fails(compared: Compared, transport: str, rate: float | None) -> None:
    found = compared({"iterative": [result(rate=rate)]}, transport)
    assert failed(found) == ["something was measured"]


def test_connections_that_were_not_served_are_findings(compared: Compared) -> None:
    full = [result(shed=3), result(shed=5), result()]
    select = [result(shed=3, out_of_fd_set=2), result(shed=7, out_of_fd_set=6)]
    found = compared({"epoll": full, "select": select}, connections=(1000,), idle=(400,))
    over, fd_set, _ = found.findings
    assert "epoll, 1,000 + 400 idle: 5 connections over its limit" in over
    assert "select, 1,000 + 400 idle: FD_SETSIZE reached." in fd_set and "; 6 connections" in fd_set
    assert found.passed


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_load_that_was_the_limit_is_a_warning_with_its_modes(compared: Compared, transport: str) -> None:
    rounds = {"epoll": [result(), result(limit="load")], "iterative": [result(limit="load")], "select": [result()]}
    (warning,) = compared(rounds, transport).warnings
    assert "The load generator was the limit for epoll, iterative:" in warning
    assert compared({"epoll": [result(limit="server")]}, transport).warnings == ()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("most", "number"), [(0.3, 0), (0.8, 1), (None, 0)])
def test_others_that_were_busy_are_a_warning(
    compared: Compared, transport: str, most: float | None, number: int
) -> None:
    found = compared({"epoll": [result(others_busy=0.1), result(others_busy=most)]}, transport)
    assert ["up to 0.8 CPUs busy" in warning for warning in found.warnings] == [True] * number
    assert found.passed


def test_a_row_of_udp(compared: Compared) -> None:
    rounds = {"iterative": [result(rate=100.0, lost=0.5)], "epoll": [result(rate=300.0, lost=0.25)]}
    found = compared(rounds, "udp", connections=(10,), idle=(5, 7))
    (table,) = found.tables
    assert by_column(table)[1] == {
        "mode": "epoll",
        "datagrams/s": 300.0,
        "±": None,
        "× iterative": 3.0,
        "CPU/datagram": 1e-5,
        "p50": 0.001,
        "p99": 0.009,
        "lost": 0.25,
    }
    assert [chart.kind for chart in found.charts] == ["bar"]
    several = compared({"epoll": [result(), result()], "select": []}, "udp", connections=(1, 2), interrupted=True)
    assert [row["clients"] for row in by_column(several.tables[0])] == [1, 2]
    assert by_column(several.tables[0])[0]["±"] == 0 and by_column(several.tables[0])[0]["× epoll"] == 1
    assert [chart.x for chart in several.charts] == ["clients"]
    assert several.interrupted and facts_of(several)["datagram size"] == 64


def test_the_table_of_unp(compared: Compared) -> None:
    rounds = {
        "fork": [result(server_cpu_s=3.0, rate=10.0, p99_s=0.5), result(server_cpu_s=5.0)],
        "epoll": [result(server_cpu_s=1.0)],
        "select": [],
        "iterative": [result(server_cpu_s=1.5), result(server_cpu_s=2.5), result(server_cpu_s=None)],
    }
    found = compared(rounds, unp_connections=1000, interrupted=True)
    rows = {row["mode"]: row for row in by_column(found.tables[0])}
    assert list(rows) == ["iterative", "fork", "epoll"]
    assert rows["fork"] == {
        "mode": "fork",
        "server CPU": 4.0,
        "over iterative": 2.0,
        "CPU/connection": 0.004,
        "connections/s": 505.0,
        "p99": 0.2545,
    }
    assert (rows["iterative"]["over iterative"], rows["epoll"]["over iterative"]) == (0, -1.0)
    facts = facts_of(found)
    assert (facts["connections"], facts["at once"]) == (1000, 25)
    assert found.interrupted and found.passed and len(found.checks) == 5


def test_cpu_that_is_not_known_is_not_over_anything(compared: Compared) -> None:
    rounds = {"iterative": [result(server_cpu_s=None)], "fork": [result(server_cpu_s=2.0)]}
    iterative, fork = by_column(compared(rounds, unp_connections=10).tables[0])
    assert iterative["CPU/connection"] is None
    assert fork["over iterative"] is None and fork["CPU/connection"] == 0.2


def test_select_that_did_not_have_all_connections_is_not_compared(compared: Compared) -> None:
    cheap, dear = result(cpu_per_message_s=1.0), result(cpu_per_message_s=3.0, rate=500.0)
    whole = compared({"select": [dear, dear], "epoll": [cheap, cheap]}, idle=(0, 900))
    assert "ahead of select from the start (0 idle)" in whole.findings[0]
    assert "beside 900 idle it makes 2.00 × the messages for 0.33 × the CPU time each." in whole.findings[0]
    shed = replace(dear, out_of_fd_set=1, shed=1)
    part = compared({"select": [dear, shed], "epoll": [cheap, cheap]}, idle=(0, 900))
    assert not any("Epoll against select" in finding for finding in part.findings)
    for alone in ({"select": [dear]}, {"epoll": [cheap]}):
        found = compared(alone, idle=(0, 900))
        assert not any("Epoll against select" in finding for finding in found.findings)


def test_rounds_of_a_whole_comparison_have_no_note() -> None:
    draft = Draft()
    rounds_fact(draft, CompareParameters(rounds=2), {Cell("a", 1, 0): [result(), result()]}, False)
    assert (draft.facts[0].value, draft.facts[0].note) == (2, "")
