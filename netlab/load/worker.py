"""A process that generates load over TCP: connect, say so, wait for the start, drive, hand over what was measured."""

from __future__ import annotations

import os
import resource
import socket
from typing import TYPE_CHECKING

from netlab.child.child_side import Message, send
from netlab.child.shared_counters import SharedCounters
from netlab.clock import monotonic_ns as clock
from netlab.errors import MachineLacks
from netlab.load.churn import Churn
from netlab.load.closed_loop import LARGEST, ClosedLoop
from netlab.load.dialling import Dialler, sources_for
from netlab.load.open_loop import OpenLoop
from netlab.load.outcome import UNEXPECTED_END, LoadOutcome, kind_of
from netlab.load.payload import message_rings
from netlab.load.pipelined import Pipelined
from netlab.load.window import Tally, Timetable

if TYPE_CHECKING:
    from array import array


SPARE_DESCRIPTORS = 32
"""What a worker needs beside its connections: pipes, shared memory, epoll, and Python's own."""


def main(config: Message) -> None:
    """Drive as `config` says (generator.py writes it)."""
    shared_counters = SharedCounters(*config["shared_counters"])
    check_descriptors(config["connections"] + config["idle"])
    row = shared_counters.row(config["row"])
    window = Timetable(shared_counters, row, config["warmup_s"], config["duration_s"], config["drain_s"])
    out = LoadOutcome()
    churning = config["per_connection"] is not None
    sources = sources_for(config["idle"] + config["connections"], churning=churning)
    dialler = Dialler(config["family"], tuple(config["address"]), sources)

    # The busy ones first: a server that has a limit shall reach it with the idle ones.
    held = dial_many(0 if churning else config["connections"], dialler, row, out)
    idle = dial_many(config["idle"], dialler, row, out)
    rings = message_rings(config["connections"], config["size"], config["seed"])
    send({"connected": len(held), "idle": len(idle), "errors": out.errors})
    window.wait_for_go()
    try:
        drive(config, window, out, dialler, held, rings)
    finally:
        gone = sum(has_ended(fd) for fd in idle)
        if gone:
            out.error(f"idle connection {UNEXPECTED_END}", gone)
        for fd in idle:
            os.close(fd)
    deliver(config["samples_fd"], out)


def check_descriptors(connections: int) -> None:
    """Raise MachineLacks if this process may not have so many descriptors: each connection is one."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if connections + SPARE_DESCRIPTORS > limit:
        raise MachineLacks(
            f"{connections:,} connections from one load process: it may have {limit:,} descriptors",
            "more load processes (--load-workers, or --workers of a client), or a higher ulimit -Hn",
        )


def dial_many(number: int, dialler: Dialler, row: memoryview, out: LoadOutcome) -> list[int]:
    """Open so many connections to hold; those that could be opened."""
    return [fd for fd in (dial(dialler, row, out) for _ in range(number)) if fd is not None]


def dial(dialler: Dialler, row: memoryview, out: LoadOutcome) -> int | None:
    """Open one connection to hold; None, and a count, if that fails."""
    began = clock()
    try:
        fd = dialler.connect()
    except OSError as error:
        out.error(kind_of(error))
        return None
    out.connect_ns.append(clock() - began)
    out.connections += 1
    row[Tally.CONNECTIONS] += 1
    return fd


def drive(
    config: Message,
    window: Timetable,
    out: LoadOutcome,
    dialler: Dialler,
    fds: list[int],
    rings: list[tuple[bytes, ...]],
) -> None:
    """Choose the engine and run it to its end."""
    size, limit, rings = config["size"], config["messages"], rings[: len(fds)] if fds else rings
    if config["per_connection"] is not None:
        Churn(dialler, rings, size, config["per_connection"], limit, window, out).run()
    elif not fds:
        return
    elif config["rate"] is not None:
        schedule = OpenLoop(fds, rings, size, window, out, config["timestamps"])
        schedule.interval_ns = config["workers"] / config["rate"] * 1e9
        schedule.offset_ns = config["worker"] / config["rate"] * 1e9
        schedule.run()
    elif config["depth"] > 1 or size > LARGEST or config["timestamps"]:
        pipelined = Pipelined(fds, rings, size, window, out, config["timestamps"])
        pipelined.depth = config["depth"]
        pipelined.limit = limit or pipelined.limit
        pipelined.run()
    else:
        ClosedLoop(fds, rings, size, limit, window, out).run()


def has_ended(fd: int) -> bool:
    """Whether the server has closed or reset an idle connection."""
    borrowed = socket.socket(fileno=os.dup(fd))
    try:
        return borrowed.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        borrowed.close()


def deliver(samples_fd: int, out: LoadOutcome, datagrams: dict[str, int] | None = None) -> None:
    """Raw samples go through a memory file, everything else in a message. `datagrams`: their fates, UDP only."""
    arrays: tuple[array[int], ...] = (out.latency_ns, out.kernel_ns, out.connect_ns)
    with open(samples_fd, "wb", closefd=False) as file:
        for values in arrays:
            values.tofile(file)
    names = "messages warmup_messages window_messages window_ns busy_ns connections errors late_sends"
    counts = {name: getattr(out, name) for name in f"{names} per_connection unrecorded".split()}
    send({"samples": [len(values) for values in arrays], "datagrams": datagrams or {}, **counts})
