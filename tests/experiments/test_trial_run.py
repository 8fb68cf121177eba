"""The order of events in a trial, with a server and a load that only write down what they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made_trials import counts, load, outcome, trial

from netlab.experiments.servers import trial as trials
from netlab.experiments.servers.trial import Setup, Trial
from netlab.linux.process import TreeMemory
from netlab.load.generator import LoadResult
from netlab.load.window import Tally
from netlab.progress import silent
from netlab.servers.supervisor import ServerLook, ServerOutcome

SECOND = 1_000_000_000


class Stage:
    """A clock that only moves when somebody sleeps or looks, and all that was asked for, in order."""

    def __init__(self, interrupt_at: str = "", result: LoadResult | None = None) -> None:
        self.now_ns = 100 * SECOND
        self.asked: list[str] = []
        self.interrupt_at = interrupt_at
        self.result = result or load(connected=0, idle=0)
        self.look_takes_ns = 10_000_000
        self.busy_s: list[float | None] = [2.5, 7.0]

    def note(self, what: str) -> None:
        """Something was asked for; Ctrl-C comes there if the test says so."""
        self.asked.append(what)
        if what == self.interrupt_at:
            self.interrupt_at = ""
            raise KeyboardInterrupt

    def sleep(self, seconds: float) -> None:
        """time.sleep"""
        self.now_ns += round(seconds * 1e9)
        self.note("sleep")


class FakeServer:
    """RunningServer as `run` uses it."""

    host, port, pid = "127.0.0.9", 4321, 0

    def __init__(self, stage: Stage, transport: str, mode: Any, **options: Any) -> None:
        self.stage, self.mode, self.options = stage, mode, options
        stage.note(f"start {transport} {mode.name}")

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.note("close")

    def memory(self) -> TreeMemory:
        """More each time."""
        self.stage.note("memory")
        return TreeMemory(self.stage.asked.count("memory"), 1, 0, 0, 0)

    def counts(self) -> Any:
        """Everybody has been accepted."""
        return counts(ACCEPTED=100)

    def look(self) -> ServerLook:
        """At the clock of the stage, which it moves."""
        self.stage.note("look")
        at_ns = self.stage.now_ns
        self.stage.now_ns += self.stage.look_takes_ns
        return ServerLook(counts(), float(self.stage.asked.count("look")), at_ns)

    def stop(self) -> ServerOutcome:
        """In order."""
        self.stage.note("stop")
        return outcome()


class FakeLoad:
    """LoadGenerator as `run` uses it."""

    def __init__(self, stage: Stage, host: str, port: int, plan: Any, cpus: Any, transport: str) -> None:
        self.stage, self.plan = stage, plan
        stage.note(f"load {host}:{port} {cpus} {transport}")

    def __enter__(self) -> FakeLoad:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, watch: Callable[[int], None]) -> LoadResult:
        """Four, and what was asked for of idle ones."""
        watch(2)
        self.stage.note("connect")
        return LoadResult(connected=4, idle=self.plan.idle)

    def go(self) -> int:
        """Measuring begins a second from now."""
        self.stage.note("go")
        return self.stage.now_ns + SECOND

    def tally(self) -> dict[Tally, int]:
        """So far."""
        return {Tally.MESSAGES: 100}

    def interrupt(self) -> None:
        """No new messages."""
        self.stage.note("interrupt")

    def collect(self, watch: Callable[[], None] = lambda: None) -> LoadResult:
        """What the stage has ready."""
        watch()
        self.stage.note("collect")
        return self.stage.result


def run(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, setup: Setup, progress: Callable[[float, str], None] = silent
) -> Trial:
    """trial.run on that stage."""
    monkeypatch.setattr(trials, "RunningServer", lambda *a, **k: FakeServer(stage, *a, **k))
    monkeypatch.setattr(
        trials,
        "LoadGenerator",
        lambda host, port, plan, cpus, transport: FakeLoad(stage, host, port, plan, cpus, transport),
    )
    monkeypatch.setattr(trials, "monotonic_ns", lambda: stage.now_ns)
    monkeypatch.setattr(trials.time, "sleep", stage.sleep)
    monkeypatch.setattr(trials.others, "busy_s", lambda cpus: stage.busy_s.pop(0))
    return trials.run(setup, progress)


def order(stage: Stage) -> list[str]:
    """What was asked for, without the waiting."""
    return [what for what in stage.asked if what != "sleep"]


def test_a_window_is_looked_at_from_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    found = run(monkeypatch, stage, trial(plan={"idle": 3, "duration_s": 2.0}).setup)
    assert order(stage) == [
        "start tcp epoll",
        "memory",
        "load 127.0.0.9:4321 (1,) tcp",
        "connect",
        "memory",
        "go",
        "look",
        "look",
        "look",
        "collect",
        "stop",
        "close",
    ]
    assert (found.at_rest.processes, found.held.processes) == (1, 2)
    assert found.before.at_ns == 101 * SECOND  # when measuring begins
    # Two looks and 2 ms before its end: the look at its beginning took 10 ms.
    assert found.after.at_ns == 103 * SECOND - 2 * 10_000_000 - 2_000_000
    assert (found.load.connected, found.load.idle) == (4, 3)
    assert found.machine_busy_s == 4.5
    assert not found.interrupted and found.outcome.exit_code == 0


def test_a_number_of_messages_is_over_when_they_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    found = run(monkeypatch, stage, trial(plan={"messages": 50}).setup)
    assert order(stage)[5:] == ["go", "look", "look", "collect", "look", "stop", "close"]
    assert found.machine_busy_s == 4.5 and not found.interrupted


def test_ctrl_c_in_the_window_gives_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(interrupt_at="collect")
    stage.busy_s.append(9.0)
    found = run(monkeypatch, stage, trial().setup)
    assert order(stage)[-6:] == ["collect", "interrupt", "look", "collect", "stop", "close"]
    assert found.interrupted
    assert found.after.cpu_s == 4  # the fourth look, and not the third, at the planned end
    assert found.machine_busy_s == 9.0 - 2.5  # as late as that look


def test_ctrl_c_before_anything_was_measured_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Stage(interrupt_at="sleep", result=load(window_messages=0))
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, nothing, trial().setup)
    assert "stop" in nothing.asked
    monkeypatch.undo()
    assert run(monkeypatch, Stage(result=load(window_messages=0)), trial().setup).load.window_messages == 0


def test_where_the_kernel_does_not_say_how_busy_it_was_that_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    for before, after in ((None, 3.0), (3.0, None)):
        stage = Stage()
        stage.busy_s = [before, after]
        assert run(monkeypatch, stage, trial().setup).machine_busy_s is None


def test_udp_clients_need_not_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    for transport, expected in (("tcp", [7]), ("udp", [])):
        waited.clear()
        with monkeypatch.context() as patch:
            patch.setattr(trials, "wait_until_taken", lambda _, connections: waited.append(connections))
            run(patch, Stage(), trial(transport, plan={"idle": 3}).setup)
        assert waited == expected


def test_a_forking_server_reaps_its_children_before_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    monkeypatch.setattr(trials, "wait_until_reaped", lambda _, idle: stage.note(f"reap all but {idle}"))
    run(monkeypatch, stage, trial(plan={"messages": 50, "idle": 3}).setup)
    assert order(stage)[-5:] == ["collect", "reap all but 3", "look", "stop", "close"]


def test_the_progress_is_connecting_and_then_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, str]] = []
    run(monkeypatch, Stage(), trial(plan={"duration_s": 2.0, "idle": 4}).setup, lambda *said: seen.append(said))
    assert seen[0] == (0.1 * 2 / 8, "connecting: 2 of 8")
    shares = [done for done, text in seen if text == "100 messages"]
    assert shares[0] == pytest.approx(0.1 + 0.9 * 0.005)  # the look at the beginning took 10 ms of 2 s
    assert shares == sorted(shares) and 0.98 < shares[-1] <= 1


def test_the_progress_of_a_number_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, str]] = []
    run(monkeypatch, Stage(), trial(plan={"messages": 50}).setup, lambda *said: seen.append(said))
    assert seen[1:] == [(0.1 + 0.9 * 100 / (50 * 4), "100 messages")]
