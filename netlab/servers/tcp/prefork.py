"""prefork: a fixed number of processes, forked before the first client comes.

All of them wait in accept(2) on the same listening socket, which fork(2) has duplicated; the kernel wakes one of them
for each connection, so there is no thundering herd (UNP §30.6 on systems that had it). A connection costs no fork:
with short connections this is two orders of magnitude cheaper than a process each. The price is a fixed bound: each
process serves one client at a time, so when all are busy the next client waits in the accept queue, connected and
unanswered, exactly as with the iterative server. `--workers` is that bound.

Source: UNP §30.6 (prefork, no locking around accept); Apache's prefork MPM adds and removes processes as needed, which
is left out here.
"""

from __future__ import annotations

import socket
from typing import Any

from netlab.child.shared_counters import Row
from netlab.servers.acceptor import Acceptor
from netlab.servers.server import Server
from netlab.servers.stopping import Stop
from netlab.servers.tcp.iterative import serve_one_by_one
from netlab.servers.workers import Workers, keep_up


def serve(server: Server) -> None:
    """Start the workers, replace those that die, see them out when told to stop."""
    workers = Workers(server)
    address = server.listener.getsockname()

    def worker(row: Row, _: int) -> None:
        listen_again(server, address)
        mine = Server(server.listener, server.limits, Stop(server.limits.drain_s), server.shared_counters, row)
        serve_one_by_one(mine, Acceptor(mine.listener, mine.limits, row, blocking_connections=True))

    keep_up(workers, worker, server)
    workers.see_out()


def listen_again(server: Server, address: Any) -> None:
    """If somebody told one worker alone to stop, it has shut the listening socket for all of us: open it again."""
    if server.listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return
    try:
        server.listener.bind(address)  # a port that the kernel had chosen goes with the shutdown(2)
    except OSError:
        pass  # one that was asked for stays
    server.listener.listen(server.limits.backlog)
