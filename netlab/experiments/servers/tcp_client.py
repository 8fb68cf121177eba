"""`netlab tcp-client`: load on a TCP echo server that somebody else runs, measured from the outside."""

from __future__ import annotations

from functools import partial

from netlab.experiment import Experiment
from netlab.experiments.servers import client_trial

Parameters = client_trial.ClientParameters

EXPERIMENT = Experiment(
    Parameters,
    partial(client_trial.measure, "tcp"),
    about="""Load a TCP echo server, check every byte that comes back, and report how long it took.

    Ctrl-C gives the report so far.
    """,
    examples=("netlab tcp-client 127.0.0.1:7007", "netlab tcp-client 127.0.0.1:7007 --rate 5000 --duration 10"),
    settle=client_trial.settle,
)
