"""The way out of a calculator: a report without Rich, and a run record only if asked for.

What is calculated from the command line alone is the same every time: there is nothing to look up later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlab.cli.terminal import terminal_width, wants_colour, write

if TYPE_CHECKING:
    from netlab.cli.derive import Given
    from netlab.experiment import Experiment, ExperimentName, P


def start(line: ExperimentName, experiment: Experiment[P], given: Given[P]) -> None:
    """Calculate, and print or record what was found."""
    if not given.as_json and not given.save:
        show(experiment, given.parameters)
        return
    from netlab.cli.output import present
    from netlab.report import plain_text
    from netlab.runner import run

    report = run(line, experiment, given.parameters, save=given.save)
    if given.as_json:
        present(report, as_json=True)
    else:
        write(plain_text.render(report.measurement, width=terminal_width(), colour=wants_colour()))


def show(experiment: Experiment[P], parameters: P) -> None:
    """Calculate, and print what was found."""
    from netlab.progress import silent
    from netlab.report import plain_text

    found = experiment.measure(parameters, silent)
    write(plain_text.render(found, width=terminal_width(), colour=wants_colour()))
