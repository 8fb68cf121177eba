"""`netlab udp-server`: one UDP server mode under load."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.servers import server_trial
from netlab.experiments.servers.options import TCP_ONLY, Load, Mode
from netlab.option import Without


@dataclass(frozen=True, slots=True)
class Parameters(server_trial.ServerParameters):
    mode: Mode = "iterative"
    load: Annotated[Load, Without(*TCP_ONLY)] = field(default_factory=Load)


EXPERIMENT = Experiment(
    Parameters,
    partial(server_trial.measure, "udp"),
    about="""Run a UDP echo server in one of its modes, load it, and report what was measured: loss, too.

    With --serve it stays up instead, and reports what it served.
    """,
    examples=(
        "netlab udp-server --mode batch",
        "netlab udp-server --mode iterative --rate 20000",
        "netlab udp-server --serve",
    ),
    settle=partial(server_trial.settle, "udp"),
)
