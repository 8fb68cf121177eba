"""What an experiment is: its parameters, how it is measured, and what its command says of it.

Each experiment's module ends with one:

    EXPERIMENT = Experiment(
        Parameters,
        measure,
        about="Open a TCP connection between two hosts of your own, and watch it four ways.",
        examples=("netlab tcp-handshake", "netlab tcp-handshake --loss 0.3 --seed 4"),
    )

Its name, title and lecture are its line in registry.py, which is read without importing the module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from netlab.progress import Progress
    from netlab.report.quantity import Measurement

P = TypeVar("P", bound="DataclassInstance")


class ExperimentName(Protocol):
    """What a run is recorded under: a line of the registry."""

    @property
    def name(self) -> str:
        """As on the command line."""

    @property
    def title(self) -> str:
        """The heading of its report."""


@dataclass(frozen=True, slots=True)
class Experiment(Generic[P]):
    """`measure` runs it: it deals with Ctrl-C itself and returns what it has so far, with `interrupted` set, and raises
    NetlabError where it cannot run.

    What the command made from it needs to know: `about` and `examples` are its help. `plots`: its report can be drawn.
    `saves`: a run is recorded unless --no-save, or else only with --save. `shows`: how its progress is shown, as a bar,
    as a log, or as a line that stays. `settle` turns the parameters as written into those that are run, and raises
    UsageError for options that make no sense together; it is told the names of the fields that stood on the command
    line. `exit_code` is asked where all checks passed.
    """

    parameters: type[P]
    measure: Callable[[P, Progress], Measurement]
    _: KW_ONLY
    about: str = ""
    examples: tuple[str, ...] = ()
    plots: bool = True
    saves: bool = True
    shows: Literal["bar", "log", "line"] = "bar"
    settle: Callable[[P, frozenset[str]], P] | None = None
    exit_code: Callable[[Measurement], int] | None = None
