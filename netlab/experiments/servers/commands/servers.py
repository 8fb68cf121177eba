"""What `netlab tcp-server` and `udp-server` do: one trial, or another experiment with --serve.

A server that is kept up for any client has no load: it is the experiment tcp-serve or udp-serve.
"""

from __future__ import annotations

from dataclasses import replace

from netlab.cli import derive
from netlab.cli.derive import Given
from netlab.experiment import Experiment, ExperimentName
from netlab.experiments.servers import serving
from netlab.experiments.servers.server_trial import SERVE_PORT, ServerParameters
from netlab.registry import find


def start(line: ExperimentName, experiment: Experiment[ServerParameters], given: Given[ServerParameters]) -> None:
    """One trial; or, with --serve, stay up: Ctrl-C and SIGTERM end it in order, with its report and exit code 0."""
    told = given.parameters
    if not told.serve:
        derive.run_and_show(line, experiment, given)
        return
    transport = line.name.partition("-")[0]
    server = told.server if "port" in given.written else replace(told.server, port=SERVE_PORT)
    duration_s = told.load.duration_s if "duration_s" in given.written else None
    parameters = serving.Parameters(transport, told.mode, server, duration_s)
    derive.run_and_show(find(f"{transport}-serve"), serving.EXPERIMENT, given.instead(parameters))
