"""The child's side: take the configuration, arm the lifeline, run, say what went wrong. See the package's docstring."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import select
import signal
import sys

from netlab.errors import NetlabError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Message = dict[str, "Any"]


def send(message: Message) -> None:
    """In the child: tell the parent. A parent that has gone away is no error; the lifeline sees to that."""
    try:
        os.write(1, json.dumps(message, separators=(",", ":")).encode() + b"\n")
    except BrokenPipeError:
        pass


def enter(function: str) -> None:
    """In the child: take the configuration, arm the lifeline, run, and report what goes wrong."""
    config = json.loads(sys.stdin.buffer.readline())
    module, _, name = function.partition(":")
    try:
        entry = getattr(__import__(module, fromlist=[name]), name)
        _arm_lifeline()
        _raise_descriptor_limit()
        entry(config)
    except NetlabError as error:
        send({"error": error.message, "hint": error.hint, "exit_code": error.exit_code})
        sys.exit(error.exit_code)


def _raise_descriptor_limit() -> None:
    """Up to the hard limit, which anybody may (getrlimit(2)): the usual soft limit of 1024 is there for select(2)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _arm_lifeline() -> None:
    fcntl.fcntl(0, fcntl.F_SETOWN, -os.getpgrp())  # negative: the whole process group
    fcntl.fcntl(0, 10, signal.SIGTERM)  # F_SETSIG; the fcntl module has no name for it before Python 3.12
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # the parent was gone before the lifeline was armed
        sys.exit(1)
