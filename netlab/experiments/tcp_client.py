"""`netlab tcp-client`: load on a TCP echo server that somebody else runs, measured from the outside."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiments import client_trial
from netlab.measure.progress import Progress
from netlab.measure.quantity import Measurement


@dataclass(frozen=True, slots=True)
class Parameters(client_trial.ClientParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Connect, load, report. Raises NetlabError."""
    return client_trial.measure("tcp", parameters, progress)
