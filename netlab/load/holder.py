"""A process that holds connections: dial so many, say so, and at the end ask some of them for an echo (holding.py).

Nothing is sent on a connection before that: it costs what an idle connection costs. It waits at two gates, pipes that
the parent closes: a read(2) that blocks wakes nobody, while many processes that look now and then would disturb what is
being measured.
"""

from __future__ import annotations

import os
import random
import select
import time
from collections.abc import Callable
from enum import IntEnum

from netlab.child.child_side import Message, send
from netlab.child.shared_counters import SharedCounters
from netlab.clock import monotonic_ns
from netlab.load.dialling import Dialler
from netlab.load.outcome import kind_of

_LOOK_EVERY = 32  # connections, to see whether the server keeps up
_LOOK_S = 0.001
_PATIENCE_S = 1.0  # with a server that accepts nothing
_IN_A_ROW = 5  # failures, one after the other, after which more is not to be had
_ECHO_TIMEOUT_S = 10.0


class HolderCount(IntEnum):
    """A column of the holders' table of counters."""

    ENOUGH = 0  # row 0 only: not 0 when no more connections are wanted
    OPEN = 1  # connections that a holder has


def main(config: Message) -> None:
    """Hold `config["connections"]` as holding.py says; end by SIGTERM."""
    shared_counters = SharedCounters(*config["shared_counters"])
    control, row = shared_counters.row(SharedCounters.OWN), shared_counters.row(config["row"])
    dialler = Dialler(
        config["family"], tuple(config["address"]), config["sources"], first=config["first_source"], abortive=True
    )
    send({"ready": True})
    os.read(config["go"], 1)
    fds, errors = _dial(dialler, config["connections"], control, row, _queue(shared_counters, config["queue"]))
    send({"held": len(fds), "at_ns": monotonic_ns(), "errors": errors})
    os.read(config["ask"], 1)
    asked = random.Random(config["seed"]).sample(fds, min(config["sample"], len(fds)))
    send({"asked": len(asked), "echoed": sum(_echoes(fd, number) for number, fd in enumerate(asked))})
    os.read(0, 1)  # until the parent ends it


def _queue(shared_counters: SharedCounters, config: Message | None) -> Callable[[], bool]:
    """Whether as many as may be are waiting for accept(2), by the counters of all the holders and of the server."""
    if config is None:
        return lambda: False
    server, column, most = SharedCounters(*config["shared_counters"]), config["column"], config["most"]
    return lambda: sum(shared_counters.column(HolderCount.OPEN)) - sum(server.column(column)) > most


def _dial(
    dialler: Dialler, wanted: int, control: memoryview, row: memoryview, full: Callable[[], bool]
) -> tuple[list[int], dict[str, int]]:
    """Dial; never faster than the server accepts: a SYN that finds its queue full is dropped, and sent again only after
    a second."""
    fds: list[int] = []
    errors: dict[str, int] = {}
    in_a_row = 0
    while len(fds) < wanted and in_a_row < _IN_A_ROW and not control[HolderCount.ENOUGH]:
        if len(fds) % _LOOK_EVERY == 0:
            deadline_s = time.monotonic() + _PATIENCE_S
            while full() and not control[HolderCount.ENOUGH] and time.monotonic() < deadline_s:
                time.sleep(_LOOK_S)
        try:
            fds.append(dialler.connect())
        except OSError as error:
            kind = kind_of(error)
            errors[kind] = errors.get(kind, 0) + 1
            in_a_row += 1
        else:
            in_a_row = 0
            row[HolderCount.OPEN] = len(fds)
    return fds, errors


def _echoes(fd: int, number: int) -> bool:
    """Whether one byte comes back, the same."""
    byte = bytes([number & 0xFF])
    try:
        os.write(fd, byte)
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(_ECHO_TIMEOUT_S * 1e3)) and os.read(fd, 2) == byte
    except OSError:
        return False
