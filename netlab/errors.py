"""One tree of errors, each with the exit code that the command line ends in.

0 done · 1 ran, but a check failed · 2 usage or bad input · 3 this machine lacks something · 4 the peer broke
the protocol or could not be reached. An error's text says what happened and where; `hint` says what to try.
"""

from __future__ import annotations

INTERRUPTED = 130
"""The exit code of Ctrl-C before there was anything to report: 128 + SIGINT."""


class NetlabError(Exception):
    """Anything netlab stops for on purpose; shown as one or two lines, never as a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Doubt(UserWarning):
    """Something that limits what a run's numbers mean. Told by warnings.warn from wherever it is noticed; the runner
    puts it among the report's warnings."""


class CheckFailed(NetlabError):
    """The experiment ran, and something it claims did not hold."""

    exit_code = 1


class UsageError(NetlabError):
    """An option, argument, file or address that cannot be used as given."""

    exit_code = 2


class MachineLacks(NetlabError):
    """This machine has not got what the experiment needs; `hint` says how to get it."""

    exit_code = 3


class PeerError(NetlabError):
    """The other side could not be reached or broke the protocol."""

    exit_code = 4
