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

from netlab.child.shared_counters import Row
from netlab.servers.acceptor import Acceptor
from netlab.servers.counters import Count, count_force_closed
from netlab.servers.echo import converse
from netlab.servers.server import Server
from netlab.servers.stopping import shut, start_thread

STACK_BYTES = 256 * 1024


def serve(server: Server) -> None:
    """Serve until told to stop."""
    stack_size(STACK_BYTES)
    shared_counters = server.shared_counters
    door = Acceptor(server.listener, server.limits, server.row, blocking_connections=True)
    connections = ThreadConnections()

    def one_client(fd: int, number: int) -> None:
        row = shared_counters.row(number)
        ended = converse(fd, row)
        with connections.finishing:
            connections.close(fd, row, ended)
            shared_counters.fold(number)

    while not server.stop.requested:
        fd = door.admit(connections.open)  # blocks until somebody comes
        if fd is None:
            continue
        number = shared_counters.take()
        if number is None:
            door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
            continue
        connections.open.add(fd)
        try:
            start_thread(one_client, (fd, number))
        except error:  # pthread_create(3) failed: no memory for a stack, or too many threads
            connections.open.discard(fd)
            shared_counters.give_back(number)
            door.refuse_admitted(fd, Count.OUT_OF_WORKERS)
    door.close()
    connections.see_out(server)


class ThreadConnections:
    """The open connections of a server in threads, and how they end. `finishing` is held while one is closed."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.finishing = allocate_lock()
        self._forcing = False  # the drain time is over: what is closed from now on is closed by force

    def close(self, fd: int, row: Row, ended: Count | None) -> None:
        """The conversation is over, by what `ended` says. Call it with `finishing` held."""
        if ended is not None:
            row[ended] += 1
        if self._forcing:
            count_force_closed(row, 1)
        else:
            row[Count.CLOSED] += 1
        self.open.discard(fd)
        os.close(fd)

    def see_out(self, server: Server) -> None:
        """End every stream, let the threads echo the rest, and force closed what they cannot end in time."""
        with self.finishing:
            shut(self.open, socket.SHUT_RD)
        while self.open and server.stop.remaining_s():
            time.sleep(0.002)
        with self.finishing:
            self._forcing = True
            shut(self.open, socket.SHUT_RDWR)
        for _ in range(500):
            if not self.open:
                break
            time.sleep(0.002)
