"""thread-pool: a fixed number of threads, started before the first client comes.

Each thread waits in accept(2) itself, on the one listening socket, serves its client, and waits again: prefork with
threads. No thread is made or ended while serving, so short connections are cheap; and `--workers` clients at most are
served at once, the others wait in the accept queue.

Letting one thread accept and pass the connection on through a queue is the other classic; it costs a hand-over
between threads for each connection, and UNP found it slower (§30.11 against §30.12).

Source: UNP §30.11; accept(2); course, lecture 13, "way two".
"""

from __future__ import annotations

import select
import socket
from _thread import error, stack_size

from netlab.errors import MachineLacks
from netlab.servers.acceptor import Acceptor
from netlab.servers.echo import converse
from netlab.servers.server import Server
from netlab.servers.stopping import shut, shut_listener, start_thread
from netlab.servers.tcp.thread_per_connection import STACK_BYTES, ThreadConnections


def serve(server: Server) -> None:
    """Serve until told to stop."""
    stack_size(STACK_BYTES)
    connections = ThreadConnections()

    def worker(number: int) -> None:
        row = server.shared_counters.row(number)
        door = Acceptor(server.listener, server.limits, row, blocking_connections=True)
        while not server.stop.requested:
            fd = door.admit(())  # blocks; the kernel wakes one of the waiting threads
            if fd is None:
                continue
            with connections.finishing:
                connections.open.add(fd)
                if server.stop.asked():  # the signal came while we were in accept(2): nobody else shuts it
                    shut([fd], socket.SHUT_RD)
            ended = converse(fd, row)
            with connections.finishing:
                connections.close(fd, row, ended)

    for _ in range(server.limits.workers):
        number = server.shared_counters.take()
        assert number is not None
        try:
            start_thread(worker, (number,))
        except error:
            raise MachineLacks("cannot start so many threads", "fewer --workers, or a higher ulimit -u") from None
    server.stop.arm(shut_listener(server.listener))
    select.select([server.stop.alarm_fd], [], [])  # not signal.pause(): the signal may come just before it
    connections.see_out(server)
