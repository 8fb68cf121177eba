"""`netlab doctor`."""

from __future__ import annotations

from netlab.cli import options
from netlab.cli.help import examples


@examples("netlab doctor", "netlab doctor --json > this-machine.json")
def doctor(as_json: options.Json = False, save: options.Save = False) -> None:
    """Say what this machine can do, what that enables, and how to get what is missing. Changes nothing."""
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.machine.doctor import Parameters
    from netlab.runner import run

    with progress_bar() as progress:
        report = run("doctor", Parameters(), save=save, progress=progress)
    present(report, as_json=as_json)
