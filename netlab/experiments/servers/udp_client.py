"""`netlab udp-client`: load on a UDP echo server that somebody else runs, measured from the outside."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiments.servers import client_trial
from netlab.progress import Progress
from netlab.report.quantity import Measurement


@dataclass(frozen=True, slots=True)
class Parameters(client_trial.ClientParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Send, listen, report. Raises NetlabError."""
    return client_trial.measure("udp", parameters, progress)
