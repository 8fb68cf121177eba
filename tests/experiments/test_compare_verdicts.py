"""What a comparison says of its rounds: a verdict only where all of them agree."""

from __future__ import annotations

import pytest

from netlab.experiments.servers import tcp_compare
from netlab.experiments.servers.compare import Cell, Result, rounds_fact
from netlab.experiments.servers.serving import MOST_ROWS, Sample, downsampled
from netlab.experiments.servers.tcp_compare import Parameters, _decided, _overtaking
from netlab.report.quantity import Draft
from netlab.report.stats import clearly_more


def result(rate: float, cpu_s: float) -> Result:
    """A trial of which only these two matter."""
    return Result(rate, cpu_s, *[None] * 6, *[0] * 5, 0, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ratios", "clear", "decided"),
    [
        ([1.3, 1.2, 1.4], True, True),
        ([1.3, 0.9, 1.4], False, False),
        ([1.04, 1.03, 1.02], False, False),
        ([0.5, 0.6, 0.7], False, True),
        ([2.0], False, False),
        ([], False, False),
    ],
)
def test_only_rounds_that_agree_decide(ratios: list[float], clear: bool, decided: bool) -> None:
    assert clearly_more(ratios) is clear
    assert _decided(ratios) is decided


def finding(without_idle: tuple[float, ...], with_idle: tuple[float, ...]) -> str:
    """What is said when select takes so many times epoll's CPU time, round by round."""
    parameters = Parameters(modes=("select", "epoll"), idle=(0, 900))
    results = {
        Cell(mode, 10, idle): [result(1000.0, cpu if mode == "select" else 1.0) for cpu in rounds]
        for mode in parameters.modes
        for idle, rounds in ((0, without_idle), (900, with_idle))
    }
    draft = Draft()
    _overtaking(draft, parameters, results)
    (said,) = draft.findings
    return said


def test_where_epoll_overtakes_select() -> None:
    assert "epoll overtakes select between 0 and 900 idle" in finding((1.2, 0.9, 1.1), (3.0, 4.0, 5.0))
    assert "beside 0 idle it makes 1.00 × the messages for 0.91 × the CPU time each (undecided)" in finding(
        (1.2, 0.9, 1.1), (3.0, 4.0, 5.0)
    )
    assert "ahead of select from the start (0 idle)" in finding((1.2, 1.3), (3.0, 4.0))
    assert "does not clearly overtake" in finding((1.2, 0.9), (1.5, 0.8))
    assert "does not clearly overtake" in finding((3.0,), (3.0,))  # one round


def test_rounds_that_were_not_finished_are_not_counted() -> None:
    draft = Draft()
    one, other = Cell("a", 1, 0), Cell("b", 1, 0)
    rounds_fact(draft, Parameters(rounds=3), {one: [result(1, 1)] * 2, other: [result(1, 1)]}, True)
    assert (draft.facts[0].value, draft.facts[0].note) == (1, "complete, of 3")
    with pytest.raises(KeyboardInterrupt):
        rounds_fact(draft, Parameters(), {one: [], other: []}, True)


@pytest.mark.parametrize(("asked", "at_once"), [(1000, 25), (50, 25), (32, 32), (96, 32), (10, 10), (31, 31)])
def test_short_connections_are_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch, asked: int, at_once: int) -> None:
    class Enough(Exception):
        """Seen what is to be seen."""

    def look(_: str, parameters: Parameters, *__: object) -> None:
        seen.append((parameters.unp_connections, parameters.connections))
        raise Enough

    seen: list[object] = []
    monkeypatch.setattr(tcp_compare, "run_rounds", look)
    with pytest.raises(Enough):
        tcp_compare.measure(Parameters(unp_connections=asked), lambda *_: None)
    assert seen == [(asked, (at_once,))]
    assert asked % at_once == 0


def test_a_long_history_is_downsampled_over_all_of_it() -> None:
    history = [Sample(float(second), second % 7, 100.0 * second, 0.5) for second in range(1, 101)]
    rows = downsampled(history)
    assert len(rows) == MOST_ROWS
    assert rows[-1] == (100.0, 6, 9800.0, 0.5) and rows[0][0] == 5.0
    assert downsampled(history[:3]) == history[:3]
