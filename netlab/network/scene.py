"""The process that a private network lives in: it creates the network, runs a scene on it, and reports to its parent.

A scene is a function at the top level of a module, `play(plan: Plan, report_progress: ReportProgress) -> Result`. Plan
and Result are dataclasses; both cross to the other process and back by netlab.codec, so the annotations are what is
checked there, too.
The process is one of netlab.child's, so it cannot outlive the command; and the network cannot outlive the process.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any, TypeVar, cast

from netlab.child.child_side import Message, send
from netlab.child.handle import Child
from netlab.codec import DecodeError, Json, decode, encode
from netlab.errors import Doubt, NetlabError
from netlab.progress import Progress

P = TypeVar("P")
R = TypeVar("R")
ReportProgress = Callable[[float, str], None]
Scene = Callable[[P, ReportProgress], R]

_STOP_S = 15.0  # in which a scene that is told to stop returns what it has


def run_scene(
    scene: Scene[P, R],
    plan: P,
    progress: Progress,
    *,
    timeout_s: float,
    pass_fds: Sequence[int] = (),
    stoppable: bool = False,
) -> R:
    """In the parent: run the scene, and return its result. Raises NetlabError.

    Ctrl-C ends it, and nothing is left of it. One that is `stoppable` takes SIGTERM for "stop, and return what there
    is": in its result, `interrupted` is then True. A wire that lost frames of its own accord is a Doubt: it is counted
    in the result's `wire_lost`, or in that of its `observation`.
    """
    with _child(scene, plan, pass_fds) as child:
        try:
            return _result(child, scene, progress, timeout_s)
        except KeyboardInterrupt:
            if not stoppable:
                raise
            child.terminate()
            return _interrupted(_result(child, scene, progress, _STOP_S))


def run_scenes(scene: Scene[P, R], plans: Sequence[P], progress: Progress, *, timeout_s: float) -> list[R]:
    """The same with several plans at once, each on a network and in a process of its own."""
    with ExitStack() as stack:
        children = [stack.enter_context(_child(scene, plan)) for plan in plans]
        return [_result(child, scene, progress, timeout_s) for child in children]


def _child(scene: Scene[P, R], plan: P, pass_fds: Sequence[int] = ()) -> Child:
    return Child("netlab.network.scene:main", {"scene": _name(scene), "plan": encode(plan)}, pass_fds)


def _result(child: Child, scene: Scene[P, R], progress: Progress, timeout_s: float) -> R:
    while True:
        try:
            message = child.expect(timeout_s)
        except TimeoutError:
            raise NetlabError(f"{_name(scene)} did not end within {timeout_s:g} s") from None
        if "result" in message:
            result = cast(R, _typed(_annotation(scene, "return"), message["result"], _name(scene)))
            if lost := _wire_lost(result):
                warnings.warn(f"the wire itself lost {lost:,} frames: this machine was too busy for it", Doubt, 3)
            return result
        progress(message["done"], message["text"])


def main(message: Message) -> None:
    """In the child: play, and send the result."""
    module, _, function = message["scene"].partition(":")
    scene: Scene[Any, Any] = getattr(import_module(module), function)
    plan = _typed(_annotation(scene), message["plan"], message["scene"])
    send({"result": encode(scene(plan, _report_progress))})


def _report_progress(done: float, text: str) -> None:
    send({"done": done, "text": text})


def _name(scene: Scene[P, R]) -> str:
    """Where the child finds it."""
    return f"{scene.__module__}:{scene.__qualname__}"


def _annotation(scene: Scene[P, R], name: str = "") -> Any:
    """The type of the scene's first parameter, or of what it returns."""
    written: dict[str, Any] = scene.__annotations__
    form = written[name or next(iter(written))]
    return eval(form, scene.__globals__) if isinstance(form, str) else form


def _typed(form: Any, value: Json, where: str) -> Any:
    try:
        return decode(form, value, where)
    except DecodeError as error:
        raise NetlabError(error.message) from None


def _wire_lost(result: object) -> int:
    return int(getattr(getattr(result, "observation", result), "wire_lost", 0))


def _interrupted(result: R) -> R:
    return cast(R, dataclasses.replace(cast(Any, result), interrupted=True))
