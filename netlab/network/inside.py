"""The process that a private network lives in: it makes the network, plays a scenario on it, and tells its parent.

A scenario is a module with `play(config, tell) -> dict`: one of netlab.scenarios, or any by its full name. The process
is one of netlab.child's, so it cannot outlive the command; and the network cannot outlive the process.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from netlab.child.handle import Child
from netlab.child.inside import Message, send
from netlab.errors import Doubt, NetlabError
from netlab.measure.progress import Progress


def play(
    scenario: str, config: Message, progress: Progress, *, timeout_s: float, pass_fds: Sequence[int] = ()
) -> dict[str, Any]:
    """In the parent: play the scenario called `scenario`, and return its result. Raises NetlabError.

    Ctrl-C ends it, and nothing is left of it. A wire that lost frames of its own accord is a Doubt.
    """
    with Child("netlab.network.inside:main", {**config, "scenario": scenario}, pass_fds) as child:
        while True:
            try:
                message = child.expect(timeout_s)
            except TimeoutError:
                raise NetlabError(f"{scenario} did not end within {timeout_s:g} s") from None
            if "result" in message:
                result: dict[str, Any] = message["result"]
                if lost := result.get("wire_lost"):
                    warnings.warn(f"the wire itself lost {lost:,} frames: this machine was too busy for it", Doubt, 2)
                return result
            progress(message["done"], message["text"])


def main(config: Message) -> None:
    """In the child: play, and send the result."""
    name = config["scenario"]
    scenario: Any = import_module(name if "." in name else f"netlab.scenarios.{name}")
    send({"result": scenario.play(config, lambda done, text: send({"done": done, "text": text}))})
