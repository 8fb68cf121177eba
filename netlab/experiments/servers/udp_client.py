"""`netlab udp-client`: load on a UDP echo server that somebody else runs, measured from the outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.servers import client_trial
from netlab.experiments.servers.options import TCP_ONLY, Load
from netlab.option import Without


@dataclass(frozen=True, slots=True)
class Parameters(client_trial.ClientParameters):
    load: Annotated[Load, Without(*TCP_ONLY)] = field(default_factory=Load)


EXPERIMENT = Experiment(
    Parameters,
    partial(client_trial.measure, "udp"),
    about="""Load a UDP echo server and count what is lost, late, doubled or out of order.

    Ctrl-C gives the report so far.
    """,
    examples=("netlab udp-client 127.0.0.1:7007", "netlab udp-client 127.0.0.1:7007 --rate 20000 --duration 10"),
    settle=client_trial.settle,
)
