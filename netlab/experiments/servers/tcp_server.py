"""`netlab tcp-server`: one TCP server mode under load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from netlab.experiment import Experiment
from netlab.experiments.servers import server_trial
from netlab.progress import Progress
from netlab.report.quantity import Measurement


@dataclass(frozen=True, slots=True)
class Parameters(server_trial.ServerParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the mode in a process of its own, load it, report. Raises NetlabError."""
    return server_trial.measure("tcp", parameters, progress)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Run a TCP echo server in one of its modes, load it, and report what was measured.

    With --serve it stays up instead, and reports what it served.
    """,
    examples=(
        "netlab tcp-server --mode epoll",
        "netlab tcp-server --mode select --idle 900",
        "netlab tcp-server --mode thread --serve",
    ),
    settle=partial(server_trial.settle, "tcp"),
)
