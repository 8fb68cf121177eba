"""`netlab tcp-server`: one TCP server mode under load."""

from __future__ import annotations

from functools import partial

from netlab.experiment import Experiment
from netlab.experiments.servers import server_trial

Parameters = server_trial.ServerParameters

EXPERIMENT = Experiment(
    Parameters,
    partial(server_trial.measure, "tcp"),
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
