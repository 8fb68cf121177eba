"""The way out of a calculator: a report without Rich, and a run record only if asked for.

What is calculated from the command line alone is the same every time: there is nothing to look up later.
"""

from __future__ import annotations

from typing import Any

from netlab.cli.output import present, terminal_width, wants_colour, write
from netlab.runner import run


def calculated(name: str, parameters: Any, *, as_json: bool, save: bool) -> None:
    """Run the experiment called `name` and print what it found."""
    report = run(name, parameters, save=save)
    if as_json:
        present(report, as_json=True)
        return
    from netlab.report import plain

    write(plain.render(report, width=terminal_width(), colour=wants_colour()))
