"""The process that a private network lives in: it makes the network, plays a scenario on it, and tells its parent.

A scenario is a module with `play(config, tell) -> dict`: one of netlab.scenarios, or any by its full name. The process
is one of netlab.child's, so it cannot outlive the command; and the network cannot outlive the process.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from netlab.child.handle import Child
from netlab.child.inside import Message, send
from netlab.errors import Doubt, NetlabError
from netlab.measure.progress import Progress

_STOP_S = 15.0  # in which a scenario that is told to stop tells what there is


def play(
    scenario: str,
    config: Message,
    progress: Progress,
    *,
    timeout_s: float,
    pass_fds: Sequence[int] = (),
    stoppable: bool = False,
) -> dict[str, Any]:
    """In the parent: play the scenario called `scenario`, and return its result. Raises NetlabError.

    Ctrl-C ends it, and nothing is left of it. One that is `stoppable` takes SIGTERM for "stop, and tell what there is":
    its result then has "interrupted". A wire that lost frames of its own accord is a Doubt.
    """
    with Child("netlab.network.inside:main", {**config, "scenario": scenario}, pass_fds) as child:
        try:
            return _result(child, scenario, progress, timeout_s)
        except KeyboardInterrupt:
            if not stoppable:
                raise
            child.terminate()
            return {**_result(child, scenario, progress, _STOP_S), "interrupted": True}


def play_together(
    scenario: str, configs: Sequence[Message], progress: Progress, *, timeout_s: float
) -> list[dict[str, Any]]:
    """The same with several configurations at once, each on a network and in a process of its own."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child("netlab.network.inside:main", {**config, "scenario": scenario}))
            for config in configs
        ]
        return [_result(child, scenario, progress, timeout_s) for child in children]


def _result(child: Child, scenario: str, progress: Progress, timeout_s: float) -> dict[str, Any]:
    while True:
        try:
            message = child.expect(timeout_s)
        except TimeoutError:
            raise NetlabError(f"{scenario} did not end within {timeout_s:g} s") from None
        if "result" in message:
            result: dict[str, Any] = message["result"]
            if lost := result.get("wire_lost"):
                warnings.warn(f"the wire itself lost {lost:,} frames: this machine was too busy for it", Doubt, 3)
            return result
        progress(message["done"], message["text"])


def main(config: Message) -> None:
    """In the child: play, and send the result."""
    name = config["scenario"]
    scenario: Any = import_module(name if "." in name else f"netlab.scenarios.{name}")
    send({"result": scenario.play(config, lambda done, text: send({"done": done, "text": text}))})
