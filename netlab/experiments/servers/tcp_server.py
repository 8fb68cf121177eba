"""`netlab tcp-server`: one TCP server mode under load."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiments.servers import server_trial
from netlab.progress import Progress
from netlab.report.quantity import Measurement


@dataclass(frozen=True, slots=True)
class Parameters(server_trial.ServerParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the mode in a process of its own, load it, report. Raises NetlabError."""
    return server_trial.measure("tcp", parameters, progress)
