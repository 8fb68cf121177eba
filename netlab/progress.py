"""How an experiment says how far it is. It does not know who listens: a bar on a terminal, a test, or nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then during a run; a call must be cheap, and must not raise."""

    def __call__(self, done: float, text: str) -> None:
        """`done` goes from 0 to 1 (it may stand still); `text` says in a few words what is going on."""


def silent(done: float, text: str) -> None:
    """The progress that nobody watches."""


def part(progress: Progress, first: float, last: float) -> Progress:
    """The progress of a part of a run, which goes from `first` to `last` of the whole."""

    def report(done: float, text: str) -> None:
        progress(first + done * (last - first), text)

    return report
