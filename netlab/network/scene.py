"""The process that a private network lives in: it creates the network, runs a scene on it, and reports to its parent.

A scene is a function `play(config, report_progress) -> dict` at the top level of a module.
The process is one of netlab.child's, so it cannot outlive the command; and the network cannot outlive the process.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from netlab.child.handle import Child
from netlab.child.inside import Message, send
from netlab.errors import Doubt, NetlabError
from netlab.progress import Progress

ReportProgress = Callable[[float, str], None]
Scene = Callable[[dict[str, Any], ReportProgress], dict[str, Any]]

_STOP_S = 15.0  # in which a scenario that is told to stop tells what there is


def run_scene(
    scene: Scene,
    config: Message,
    progress: Progress,
    *,
    timeout_s: float,
    pass_fds: Sequence[int] = (),
    stoppable: bool = False,
) -> dict[str, Any]:
    """In the parent: run the scene, and return its result. Raises NetlabError.

    Ctrl-C ends it, and nothing is left of it. One that is `stoppable` takes SIGTERM for "stop, and tell what there is":
    its result then has "interrupted". A wire that lost frames of its own accord is a Doubt.
    """
    with Child("netlab.network.scene:main", {**config, "scene": _named(scene)}, pass_fds) as child:
        try:
            return _result(child, scene, progress, timeout_s)
        except KeyboardInterrupt:
            if not stoppable:
                raise
            child.terminate()
            return {**_result(child, scene, progress, _STOP_S), "interrupted": True}


def run_scenes(
    scene: Scene, configs: Sequence[Message], progress: Progress, *, timeout_s: float
) -> list[dict[str, Any]]:
    """The same with several configurations at once, each on a network and in a process of its own."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child("netlab.network.scene:main", {**config, "scene": _named(scene)}))
            for config in configs
        ]
        return [_result(child, scene, progress, timeout_s) for child in children]


def _named(scene: Scene) -> str:
    """Where the child finds it."""
    return f"{scene.__module__}:{scene.__qualname__}"


def _result(child: Child, scene: Scene, progress: Progress, timeout_s: float) -> dict[str, Any]:
    while True:
        try:
            message = child.expect(timeout_s)
        except TimeoutError:
            raise NetlabError(f"{_named(scene)} did not end within {timeout_s:g} s") from None
        if "result" in message:
            result: dict[str, Any] = message["result"]
            if lost := result.get("wire_lost"):
                warnings.warn(f"the wire itself lost {lost:,} frames: this machine was too busy for it", Doubt, 3)
            return result
        progress(message["done"], message["text"])


def main(config: Message) -> None:
    """In the child: play, and send the result."""
    module, _, function = config["scene"].partition(":")
    scene: Scene = getattr(import_module(module), function)
    send({"result": scene(config, lambda done, text: send({"done": done, "text": text}))})
