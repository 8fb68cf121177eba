"""`netlab cidr ADDRESS [MASK]` and `netlab mac ADDRESS` without Typer: importing it alone takes longer than the answer.

Only lines that are nothing but one right address: what has options, sub-commands or mistakes takes the long way, which
gives the same answer (`netlab cidr address ADDRESS` always does; a test compares the two).
"""

from __future__ import annotations

import sys
from typing import Any

from netlab.errors import NetlabError


def answered(words: list[str]) -> bool:
    """Answer the command line `words` (without the program's name); False where it is not such a line."""
    command, given = words[0], words[1:]
    if not given or any(word.startswith("-") for word in given):
        return False
    parameters: Any
    if command == "cidr" and len(given) <= 2:
        from netlab.experiments import cidr_address

        parameters = cidr_address.Parameters(*given)
    elif command == "mac" and len(given) == 1:
        from netlab.experiments import mac_address

        parameters = mac_address.Parameters(*given)
    else:
        return False
    from netlab.cli.calculated import calculated

    try:
        calculated(command, parameters, as_json=False, save=False)
        sys.stdout.flush()
    except NetlabError:
        return False  # nothing has been written yet
    except (OSError, KeyboardInterrupt) as end:
        _end_as_others_do(end)
    return True


def _end_as_others_do(end: BaseException) -> None:
    """A reader that has gone, Ctrl-C: with the exit code that every command has for it."""
    from netlab.cli.failures import guarded

    def again() -> int:
        raise end

    sys.exit(guarded(again))
