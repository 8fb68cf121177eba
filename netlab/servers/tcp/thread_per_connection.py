"""thread: a thread for each connection.

The course's "way two". A thread is a task like a process, but shares memory and descriptors with its fellows
(clone(2)), so there is nothing to copy: a thread costs a stack and some tens of microseconds, and it must not be
the one to leave a shared thing half-written. Each has its own row of counters, and only the end of a
connection takes a lock.

In CPython only one thread runs Python code at a time: a thread gives the interpreter lock (GIL) away while it waits
in read(2) or write(2), and must get it back afterwards. On two CPUs that hand-over costs more than it brings: measured,
the same server pinned to one CPU is about three times as quick. `--cpus` shows it.

`_thread.start_new_thread` instead of `threading.Thread`: the latter waits for the new thread to say that it lives,
and keeps books that we do not need; it is half as quick for short connections. A small stack lets glibc reuse the
freed ones.

Source: UNP ch. 26.4 and 30.10; pthread_create(3); course, lecture 13, "way two".
"""

from __future__ import annotations

import os
import socket
import time
from _thread import allocate_lock, error, stack_size

from netlab.servers.acceptor import Acceptor
from netlab.servers.counters import Count
from netlab.servers.echo import converse
from netlab.servers.server import Server
from netlab.servers.stopping import shut, start_thread

STACK_BYTES = 256 * 1024


def serve(server: Server) -> None:
    """Serve until told to stop."""
    stack_size(STACK_BYTES)
    shared_counters = server.shared_counters
    door = Acceptor(server.listener, server.limits, server.row, blocking_connections=True)
    open_fds: set[int] = set()
    finishing = allocate_lock()

    def one_client(fd: int, number: int) -> None:
        row = shared_counters.row(number)
        ended = converse(fd, row)
        with finishing:
            if ended is not None:
                row[ended] += 1
            row[Count.CLOSED] += 1
            shared_counters.fold(number)
            open_fds.discard(fd)
            os.close(fd)

    while not server.stop.requested:
        fd = door.admit(open_fds)  # blocks until somebody comes
        if fd is None:
            continue
        number = shared_counters.take()
        if number is None:
            door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
            continue
        open_fds.add(fd)
        try:
            start_thread(one_client, (fd, number))
        except error:  # pthread_create(3) failed: no memory for a stack, or too many threads
            open_fds.discard(fd)
            shared_counters.give_back(number)
            door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
    door.close()
    see_out(server, open_fds, finishing)


def see_out(server: Server, open_fds: set[int], finishing: object) -> None:
    """End every stream, let the threads echo the rest, and cut off those that cannot in time."""
    with finishing:  # type: ignore[attr-defined]
        shut(open_fds, socket.SHUT_RD)
    while open_fds and server.stop.remaining_s():
        time.sleep(0.002)
    with finishing:  # type: ignore[attr-defined]
        server.row[Count.CUT] += len(open_fds)
        shut(open_fds, socket.SHUT_RDWR)
    for _ in range(500):
        if not open_fds:
            break
        time.sleep(0.002)
