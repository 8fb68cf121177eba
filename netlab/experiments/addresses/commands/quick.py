"""`netlab cidr ADDRESS [MASK]` and `netlab mac ADDRESS` without Typer: importing it alone takes longer than the answer.

Only lines that are nothing but one right address: what has options, sub-commands or mistakes takes the long way, which
gives the same answer (`netlab cidr address ADDRESS` always does; a test compares the two).
"""

from __future__ import annotations

from typing import Any

from netlab.cli.streams import written
from netlab.errors import NetlabError


def answered(words: list[str]) -> bool:
    """Answer the command line `words` (without the program's name); False where it is not such a line."""
    command, given = words[0], words[1:]
    if not given or any(word.startswith("-") for word in given):
        return False
    parameters: Any
    if command == "cidr" and len(given) <= 2:
        from netlab.experiments.addresses import cidr_address

        parameters = cidr_address.Parameters(*given)
    elif command == "mac" and len(given) == 1:
        from netlab.experiments.addresses import mac_address

        parameters = mac_address.Parameters(*given)
    else:
        return False
    from netlab.experiments.addresses.commands.calculated import calculated

    def answer() -> None:
        calculated(command, parameters, as_json=False, save=False)

    try:
        written(answer)
    except NetlabError:
        return False  # nothing has been written yet
    return True
