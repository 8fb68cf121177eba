"""thread: a thread for each client, although there are no connections.

As in fork_per_client.py the server makes what UDP does not have: the first datagram of an unknown sender gets
a socket of its own, bound to the same address and connected to that sender, and a thread that serves it until
it has been silent for the idle time. The table of clients is shared memory here, so a thread takes itself out
of it when it ends.

Is it worth it? For an echo, no: one thread with one socket answers everybody, in the order in which they
come, without a switch from thread to thread for each datagram. A thread for each client pays where serving
takes long and has a state: a file transfer (TFTP, RFC 1350), a QUIC connection. Then the connected socket
brings real things: the kernel sorts the datagrams by client, each client has a receive queue of its own, so
that a noisy one fills only its own, and "port unreachable" becomes an error on the socket of the one that has
gone.

In CPython the threads take turns at the interpreter (tcp/thread_per_connection.py says what that costs on two
CPUs).

Source: UNP §22.7 with threads for processes (§26.4); udp(7); socket(7), SO_REUSEPORT; course, lecture 13,
"way two".
"""

from __future__ import annotations

import socket
import time
from _thread import LockType, allocate_lock, error, stack_size

from netlab.servers.counters import Count, count_force_closed
from netlab.servers.datagram import Address, converse, new_buffer
from netlab.servers.datagram_clients import Reception
from netlab.servers.datagram_sockets import end_queue
from netlab.servers.server import Server
from netlab.servers.stopping import start_thread

STACK_BYTES = 256 * 1024


def serve(server: Server) -> None:
    """Serve until told to stop."""
    stack_size(STACK_BYTES)
    shared_counters = server.shared_counters
    served: dict[Address, tuple[socket.socket, int]] = {}  # by client: its socket, and the number of its row
    finishing = allocate_lock()
    reception = Reception(server, served)

    def one_client(client: Address, first: memoryview) -> None:
        sock, number = served[client]
        row = shared_counters.row(number)
        converse(sock, client, first, new_buffer(), row, reception.idle_s)
        with finishing:
            if served.pop(client, None) is None:
                return  # the drain time is over: see_out has counted us
            row[Count.CLOSED] += 1
            shared_counters.fold(number)
            sock.close()

    for sock, client, first in reception:  # blocks until somebody new comes
        number = shared_counters.take()
        if number is None:
            reception.refuse(sock)
            continue
        served[client] = sock, number
        try:
            start_thread(one_client, (client, memoryview(bytes(first))))  # a copy: we go on receiving
        except error:  # pthread_create(3) failed: no memory for a stack, or too many threads
            del served[client]
            shared_counters.give_back(number)
            reception.refuse(sock)
    see_out(server, served, finishing)


def see_out(server: Server, served: dict[Address, tuple[socket.socket, int]], finishing: LockType) -> None:
    """End every client's queue, let the threads echo what is left in it, and give up those that cannot in time."""
    with finishing:
        for sock, number in served.values():
            end_queue(sock, server.shared_counters.row(number))()
    while served and server.stop.remaining_s():
        time.sleep(0.002)
    with finishing:
        count_force_closed(server.row, len(served))
        served.clear()
