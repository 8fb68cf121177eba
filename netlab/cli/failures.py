"""How a command ends: every way that is not success, in one or two lines on stderr and an exit code.

0 done · 1 a check failed · 2 usage · 3 this machine lacks something · 4 the peer (see errors.py) ·
70 a mistake in netlab (EX_SOFTWARE of sysexits.h) · 74 the output cannot be written (EX_IOERR) ·
130 Ctrl-C (128 + SIGINT) · 141 the reader of our output has gone, as in `netlab runs | head` (128 + SIGPIPE).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import typer

from netlab.cli.click_parts import ClickException, ClickUsageError, NoSuchOption
from netlab.cli.standard_streams import open_what_is_closed
from netlab.errors import INTERRUPTED, NetlabError, UsageError
from netlab.report.glyphs import printable

__all__ = ["UsageError", "complain", "guarded"]

INTERNAL_ERROR = 70
CANNOT_WRITE = 74
READER_GONE = 141

_OUR_WORDS = {
    "a valid int range": "a whole number",
    "a valid integer range": "a whole number",
    "a valid integer": "a whole number",
    "a valid float range": "a number",
    "a valid float": "a number",
    "in the range x>=": "at least ",
}


def guarded(main: Callable[[], int]) -> int:
    """Call `main` and return the exit code; whatever it raises becomes a line on stderr."""
    open_what_is_closed()
    try:
        code = main()
        sys.stdout.flush()  # here, where a reader that has gone can still be dealt with
        return code
    except NetlabError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except ClickException as error:
        complain(*_in_our_words(error))
        return 2
    except BrokenPipeError:
        _forget_stdout()
        return READER_GONE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            complain(f"the output cannot be written: {error.strerror}")
            _forget_stdout()
            return CANNOT_WRITE
        if os.environ.get("NETLAB_DEBUG"):
            raise
        _admit(error)
        return INTERNAL_ERROR


def complain(message: str, hint: str | None = None) -> None:
    """One line that says what happened and, where we know, one that says what to try."""
    text = f"netlab: {printable(message)}\n"
    if hint:
        text += f"  hint: {printable(hint)}\n"
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass  # nobody can be told


def _in_our_words(error: ClickException) -> tuple[str, str | None]:
    """Click's message without capital and full stop, and the help of the command it happened in."""
    message = error.format_message().replace("\n", " ").rstrip(".")
    message = message[:1].lower() + message[1:]
    for theirs, ours in _OUR_WORDS.items():
        message = message.replace(theirs, ours)
    if isinstance(error, NoSuchOption):
        near = sorted(error.possibilities or ())
        message = f"there is no option '{error.option_name}'"
        if near:
            return message, near[0]
    context = error.ctx if isinstance(error, ClickUsageError) else None
    return message, f"{context.command_path} --help" if context else None


def _forget_stdout() -> None:
    """Point stdout at /dev/null, so that the interpreter's last flush does not complain again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _admit(error: Exception) -> None:
    """A mistake of ours: one line, and the traceback in a file that can be sent to us."""
    from netlab import __version__
    from netlab.report.store import state_folder

    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"mistake in netlab {__version__}: {type(error).__name__}: {error} ({last.name}, line {last.lineno})"
    path = state_folder() / f"mistake-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"netlab {__version__}, Python {sys.version}\n{sys.argv}\n\n{traceback.format_exc()}")
    except OSError:
        complain(what, "please report it; NETLAB_DEBUG=1 shows all of it")
    else:
        complain(what, f"please report it, with {path}")
