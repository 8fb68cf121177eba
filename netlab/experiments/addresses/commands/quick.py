"""`netlab cidr ADDRESS [MASK]` and `netlab mac ADDRESS` without Typer: importing it alone takes longer than the answer.

Only lines that are nothing but one right address: what has options, sub-commands or mistakes takes the long way, which
gives the same answer (`netlab cidr address ADDRESS` always does; a test compares the two).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlab.cli.at_once import written
from netlab.errors import NetlabError

if TYPE_CHECKING:
    from netlab.experiment import Experiment, P


def answered(words: list[str]) -> bool:
    """Answer the command line `words` (without the program's name); False where it is not such a line."""
    command, given = words[0], words[1:]
    if not given or any(word.startswith("-") for word in given):
        return False
    if command == "cidr" and len(given) <= 2:
        from netlab.experiments.addresses import cidr_address

        return _answered(cidr_address.EXPERIMENT, cidr_address.Parameters(*given))
    if command == "mac" and len(given) == 1:
        from netlab.experiments.addresses import mac_address

        return _answered(mac_address.EXPERIMENT, mac_address.Parameters(*given))
    return False


def _answered(experiment: Experiment[P], parameters: P) -> bool:
    from netlab.experiments.addresses.commands.calculated import show

    try:
        written(lambda: show(experiment, parameters))
    except NetlabError:
        return False  # nothing has been written yet
    return True
