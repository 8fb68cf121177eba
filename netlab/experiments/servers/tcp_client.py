"""`netlab tcp-client`: load on a TCP echo server that somebody else runs, measured from the outside."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiment import Experiment
from netlab.experiments.servers import client_trial
from netlab.progress import Progress
from netlab.report.quantity import Measurement


@dataclass(frozen=True, slots=True)
class Parameters(client_trial.ClientParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Connect, load, report. Raises NetlabError."""
    return client_trial.measure("tcp", parameters, progress)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Load a TCP echo server, check every byte that comes back, and report how long it took.

    Ctrl-C gives the report so far.
    """,
    examples=("netlab tcp-client 127.0.0.1:7007", "netlab tcp-client 127.0.0.1:7007 --rate 5000 --duration 10"),
    settle=client_trial.settle,
)
