"""The way out of a calculator: a report without Rich, and a run record only if asked for.

What is calculated from the command line alone is the same every time: there is nothing to look up later.
"""

from __future__ import annotations

from typing import Any

from netlab.cli.terminal import terminal_width, wants_colour, write


def calculated(name: str, parameters: Any, *, as_json: bool, save: bool) -> None:
    """Run the experiment called `name` and print what it found."""
    from netlab.report import plain

    if as_json or save:
        from netlab.cli.output import present
        from netlab.registry import find
        from netlab.runner import run

        report = run(line := find(name), line.load(), parameters, save=save)
        if as_json:
            present(report, as_json=True)
            return
        found = report.measurement
    else:
        from netlab.progress import silent
        from netlab.registry import find

        found = find(name).load().measure(parameters, silent)
    write(plain.render(found, width=terminal_width(), colour=wants_colour()))
