"""Scenes in a process of their own: a plan goes there and a result comes back as the dataclasses that they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from netlab.codec import decode, encode
from netlab.errors import Doubt, NetlabError
from netlab.network import scene
from netlab.network.conditions import Conditions
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress, run_scene, run_scenes
from netlab.network.two_hosts import TwoHosts, TwoHostsPlan
from netlab.progress import silent


@dataclass(frozen=True, slots=True)
class Plan:
    numbers: tuple[int, ...]
    conditions: Conditions = field(default_factory=Conditions)
    wire_lost: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    total: int
    conditions: Conditions
    data: bytes
    wire_lost: int = 0


def add(plan: Plan, report_progress: ReportProgress) -> Result:
    report_progress(0.5, "adding")
    return Result(sum(plan.numbers), plan.conditions, bytes(plan.numbers), plan.wire_lost)


def lie(plan: Plan, report_progress: ReportProgress) -> Result:
    return Result("six", plan.conditions, b"")  # type: ignore[arg-type]


class SameProcess:
    """In place of a child: these scenes are not netlab's, so a child could not find them."""

    def __init__(self, function: str, message: dict[str, Any], pass_fds: Sequence[int] = ()) -> None:
        assert function == "netlab.network.scene:main"
        self.messages: list[dict[str, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scene, "send", lambda message: self.messages.append(json.loads(json.dumps(message))))
            scene.main(json.loads(json.dumps(message)))

    def __enter__(self) -> SameProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def expect(self, timeout_s: float) -> dict[str, Any]:
        return self.messages.pop(0)


@pytest.fixture
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "Child", SameProcess)


pytestmark = pytest.mark.usefixtures("same_process")


def test_a_plan_and_a_result_cross_as_dataclasses() -> None:
    told: list[str] = []
    plan = Plan((1, 2, 3), Conditions(loss=0.25, drop=(4, 5)))
    result = run_scene(add, plan, lambda done, text: told.append(text), timeout_s=30.0)
    assert result == Result(6, plan.conditions, b"\x01\x02\x03")
    assert told == ["adding"]


def test_several_at_once_come_back_in_order() -> None:
    results = run_scenes(add, [Plan((1,)), Plan((2, 3))], silent, timeout_s=30.0)
    assert [each.total for each in results] == [1, 5]


def test_a_result_that_is_not_what_the_scene_says_is_an_error_with_its_place() -> None:
    with pytest.raises(NetlabError, match=r"test_scene:lie\.total: a whole number expected, not 'six'"):
        run_scene(lie, Plan(()), silent, timeout_s=30.0)


def test_frames_that_the_wire_lost_are_a_doubt() -> None:
    with pytest.warns(Doubt, match="the wire itself lost 7 frames"):
        run_scene(add, Plan((), wire_lost=7), silent, timeout_s=30.0)


def test_what_was_seen_of_two_hosts_on_loopback_is_typed_events() -> None:
    with TwoHosts(TwoHostsPlan.alike(Conditions(), 1).on_loopback()) as stage:
        sockets = stage.establish()
        _, client, server = sockets
        stage.send(stage.pair.client, client, b"0123456789")
        assert stage.receive(stage.pair.server, server) == b"0123456789"
        seen = stage.observation()
        for sock in sockets:
            sock.close()
    assert decode(Observation, encode(seen)) == seen
    assert seen.frames == () and seen.wire_lost == 0 and sorted(seen.hosts.values()) == ["client", "server"]
    states = [each for each in seen.events if each.kind == "state" and each.what == "ESTABLISHED"]
    assert {each.host for each in states} == {"client", "server"} and all(each.expires_s == 0.0 for each in states)
    calls = [each.what.partition("(")[0] for each in seen.events if each.kind == "call" and each.host == "client"]
    assert calls == ["socket", "connect", "send"]
