"""What a load reports by itself, without a server that it knows: figures, checks, warnings."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest
from made_trials import load, udp_load

from netlab.experiments.servers import client_trial, trial
from netlab.experiments.servers.client_trial import ClientParameters, measure
from netlab.experiments.servers.options import Load
from netlab.load.generator import LoadResult
from netlab.load.outcome import CORRUPT, UNANSWERED
from netlab.load.plan import Plan
from netlab.load.window import Tally
from netlab.notation import Address
from netlab.progress import silent
from netlab.report.quantity import Measurement


class FakeLoad:
    """A load that is over when it is asked for its result."""

    def __init__(self, result: LoadResult, interrupts: int, **options: Any) -> None:
        self.result, self.interrupts, self.options = result, interrupts, options
        self.plan: Plan
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, plan: Plan, cpus: Any = (), transport: str = "tcp") -> FakeLoad:
        """In place of the class."""
        self.plan, self.options = plan, {"host": host, "port": port, "cpus": cpus, "transport": transport}
        return self

    def __enter__(self) -> FakeLoad:
        return self

    def __exit__(self, *_: object) -> None:
        self.asked.append("close")

    def connect(self, watch: Callable[[int], None]) -> LoadResult:
        """Three idle ones."""
        watch(5)
        return LoadResult(connected=4, idle=3)

    def go(self) -> int:
        """Now."""
        return 0

    def tally(self) -> dict[Tally, int]:
        """So far."""
        return {Tally.MESSAGES: 50}

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.asked.append("interrupt")

    def collect(self, watch: Callable[[], None] = lambda: None) -> LoadResult:
        """The result, or Ctrl-C first."""
        watch()
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return self.result


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Measurement, FakeLoad]]:
    """measured(result, rate=…): the report of a load that came to `result`, and the load."""
    monkeypatch.setattr(client_trial.time, "sleep", lambda _: None)
    monkeypatch.setattr(trial, "monotonic_ns", lambda: 1_000_000_000)

    def run(
        result: LoadResult,
        transport: str = "tcp",
        interrupts: int = 0,
        progress: Any = silent,
        host: str = "127.0.0.1",
        cpus: str | None = None,
        **load: Any,
    ) -> tuple[Measurement, FakeLoad]:
        fake = FakeLoad(result, interrupts)
        monkeypatch.setattr(client_trial, "LoadGenerator", fake)
        load = {"connections": 4, "idle": 3, "size": 100, **load}
        return measure(transport, ClientParameters(Address(host, 99), Load(**load), cpus=cpus), progress), fake

    return run


Measured = Callable[..., tuple[Measurement, FakeLoad]]


def failed(found: Measurement) -> list[str]:
    """The claims that did not hold."""
    return [check.claim for check in found.checks if not check.passed]


def test_its_figures_are_those_of_the_load(measured: Measured) -> None:
    found, fake = measured(load(per_connection=[10, 40, 20, 30]), host="::1")
    assert {fact.name: fact.value for fact in found.facts} == {
        "server": "[::1]:99",
        "messages per second": 500.0,
        "throughput": 50_000.0,
        "window": 2.0,
        "fairness": 100**2 / (4 * 3000),
        "load messages": 1200,
        "load messages in window": 1000,
        "load connections": 4,
        "load idle connections": 3,
        "load CPUs busy": 0.25,
        "load fewest by a connection": 10,
        "load median of a connection": 30,
        "load most by a connection": 40,
    }
    assert found.passed and len(found.checks) == 4
    assert found.findings == found.warnings == found.tables == ()
    assert not found.interrupted
    assert fake.asked == ["close"]


def test_a_window_of_no_time_has_no_rate(measured: Measured) -> None:
    found, _ = measured(load(window_ns=0, window_messages=0, per_connection=[]))
    facts = {fact.name: fact.value for fact in found.facts}
    for name in ("messages per second", "throughput", "load CPUs busy", "fairness", "load most by a connection"):
        assert facts[name] is None
    assert failed(found) == ["something was measured"]


@pytest.mark.parametrize(
    ("transport", "errors", "datagrams", "claim"),
    [
        ("tcp", {CORRUPT: 1}, {}, "no echo differs from what was sent"),
        ("tcp", {UNANSWERED: 1}, {}, "no message is without an echo"),
        ("tcp", {"ECONNRESET": 1}, {}, "no connection failed, but those that the server shed"),
        ("udp", {CORRUPT: 1}, {"sent": 9, "echoed": 9}, "no echo differs from what was sent"),
        ("udp", {}, {"sent": 9, "echoed": 7, "lost": 1}, "every datagram sent was echoed or counted as lost"),
        ("udp", {"ECONNREFUSED": 1}, {"sent": 9, "echoed": 9}, "no client went without an answer, or was refused"),
    ],
)
def test_each_check_fails_alone(
    measured: Measured, transport: str, errors: dict[str, int], datagrams: dict[str, int], claim: str
) -> None:
    found, _ = measured(load(errors=errors, datagrams=datagrams), transport)
    assert failed(found) == [claim]
    assert len(found.tables) == bool(errors)


def test_fates_of_datagrams_are_facts(measured: Measured) -> None:
    found, fake = measured(udp_load(lost=0, late=2), "udp")
    facts = {fact.name: fact.value for fact in found.facts}
    assert (facts["datagrams sent"], facts["datagrams late"]) == (1200, 2)
    assert fake.options["transport"] == "udp"


def test_latencies_are_samples(measured: Measured) -> None:
    found, _ = measured(load(connect_ns=array("Q", [5])))
    assert [samples.name for samples in found.samples] == ["latency", "connect"]


@pytest.mark.parametrize(
    ("busy_share", "rate", "number"), [(0.9, None, 1), (0.99, None, 1), (0.89, None, 0), (0.99, 100.0, 0)]
)
def test_a_load_that_used_its_cpu_is_a_warning(
    measured: Measured, busy_share: float, rate: float | None, number: int
) -> None:
    found, _ = measured(load(busy_share=busy_share), rate=rate)
    words = f"This load generator used its CPU to {busy_share:.0%}: it may be the limit"
    assert [words in warning for warning in found.warnings] == [True] * number
    assert ("load rate asked for" in {fact.name for fact in found.facts}) == (rate is not None)


def test_a_late_schedule_and_a_full_store_are_warnings(measured: Measured) -> None:
    found, _ = measured(load(late_sends=7, unrecorded=1234), rate=100.0, duration_s=2.0, warmup_s=0.5)
    late, full = found.warnings
    assert "7 messages were sent over 1 ms after they were due: " in late
    assert "last 1,234 messages were not kept" in full


def test_ctrl_c_gives_the_report_so_far(measured: Measured) -> None:
    found, fake = measured(load(), interrupts=1)
    assert found.interrupted
    assert fake.asked == ["interrupt", "close"]
    with pytest.raises(KeyboardInterrupt):
        measured(load(window_messages=0), interrupts=1)


@pytest.mark.parametrize(
    ("parameters", "done"),
    [({"duration_s": 4.0}, 0.1 + 0.9 / 4), ({"messages": 25}, 0.1 + 0.9 * 50 / 100), ({"duration_s": 0.5}, 1.0)],
)
def test_the_progress_is_connecting_and_then_measuring(
    measured: Measured, parameters: dict[str, Any], done: float
) -> None:
    seen: list[tuple[float, str]] = []
    _, fake = measured(load(), progress=lambda *said: seen.append(said), **parameters)
    assert seen == [(0.1 * 5 / 7, "connecting: 5 of 7"), (pytest.approx(done), "50 messages")]
    assert fake.plan.duration_s == (None if "messages" in parameters else parameters["duration_s"])


def test_its_cpus_are_those_that_were_asked_for(measured: Measured) -> None:
    assert measured(load())[1].options["cpus"] == ()
    assert measured(load(), cpus="free")[1].options["cpus"] == ()
    assert measured(load(), cpus="0")[1].options["cpus"] == (0,)
