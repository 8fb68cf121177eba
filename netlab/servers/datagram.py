"""What a UDP echo is: every datagram goes back, whole, to where it came from (RFC 862, its second half).

UDP has no connections, so there is nothing to accept and nothing to close: one socket hears everybody, and
each datagram says whom it is from. One receive is one datagram, never a part of one nor two at once; an empty
datagram is a datagram. There is no flow control either. A server that is slower than its clients loses what
its receive queue has no room for (OVERFLOWED), and an echo that the kernel does not take at once is given up
(UNSENT): nobody waits for anybody. A client may have gone before its echo came. If the socket is connected to
it, the ICMP message "port unreachable" that comes back is reported by a later call as ECONNREFUSED (udp(7)):
counted as REFUSED, and no reason to stop.

Here is the echo in two forms: for a socket that hears everybody (`Burst`), and for one that is connected to a
single client (`converse`). batch.py and asyncio_protocol.py receive in ways of their own.
"""

from __future__ import annotations

import socket
from itertools import repeat
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count
from netlab.servers.datagram_sockets import HEARTBEAT_S, block_at_most_a_heartbeat, count_overflow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from netlab.servers.server import Server

Address = tuple["Any", ...]
"""A client: (host, port), and for IPv6 (host, port, flow label, scope)."""

BUFFER_BYTES = 65536
"""A UDP datagram is at most 65,535 bytes with its header; IPv4 leaves 65,507 to the user, IPv6 65,527."""

BURST = 64
"""Datagrams that a loop takes from one socket before it looks at anything else."""


def new_buffer(size: int = BUFFER_BYTES) -> memoryview:
    """Room for any datagram. Anonymous memory (mmap(2)): pages that no datagram has reached yet cost nothing.

    Private, so that a forked child has its own: Python's default would let all children receive in the same pages.
    """
    return memoryview(mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS))


def count_failure(row: Row, error: OSError) -> None:
    """An echo did not go out: no room, no route, a firewall; or the call failed to report on an earlier one."""
    row[Count.UNSENT] += 1
    if isinstance(error, ConnectionRefusedError):
        row[Count.REFUSED] += 1


def converse(
    sock: socket.socket, client: Address, first: memoryview, buffer: memoryview, row: Row, idle_s: float
) -> None:
    """Echo `first` and what else `client` sends to its own socket, until it is silent for `idle_s` or told to stop.

    On a connected socket the kernel knows where an echo goes, and looks up the route only once (UNP §8.11).
    Whatever reached the socket before it was connected may be somebody else's: it goes back to them, and is
    counted as ALIEN.
    """
    beat_s = min(HEARTBEAT_S, idle_s)
    block_at_most_a_heartbeat(sock, beat_s)
    receive, send = sock.recvfrom_into, sock.send
    datagrams = bytes_in = bytes_out = 0
    size, sender, echo = len(first), client, first
    while sender is not None:
        datagrams += 1
        bytes_in += size
        row[11] = row[14] = datagrams  # Count.CHUNKS, Count.WAKEUPS
        row[12] = bytes_in  # Count.BYTES_IN
        try:
            if sender == client:
                bytes_out += send(echo)
            else:
                row[Count.ALIEN] += 1
                bytes_out += sock.sendto(echo, sender)
        except OSError as error:
            count_failure(row, error)
        row[13] = bytes_out  # Count.BYTES_OUT
        silent_s = 0.0
        while True:
            try:
                size, sender = receive(buffer)
                break
            except BlockingIOError:
                count_overflow(sock, row)
                silent_s += beat_s
                if silent_s >= idle_s:
                    row[Count.IDLED_OUT] += 1
                    return
            except ConnectionRefusedError:
                row[Count.REFUSED] += 1
        echo = buffer[:size]


class Burst:
    """The echoes of a socket that hears everybody."""

    __slots__ = ("_blocking", "_buffer", "_row", "_sock", "_stop", "ended")

    def __init__(self, server: Server, sock: socket.socket | None = None) -> None:
        """`sock`: where it is not the server's own."""
        self.ended = False  # the server has been told to stop, and all that had come has been echoed
        self._sock = sock or server.listener
        self._blocking = self._sock.getblocking()
        self._stop = server.stop
        self._row = server.row
        self._buffer = new_buffer()

    def echo(self) -> int:
        """Echo one datagram after the other, BURST at most; how many there were.

        On a non-blocking socket until the queue is empty, on a blocking one until nothing has come for a
        heartbeat. This is the loop that is measured. So counts are published once a burst, and the part of
        the buffer that goes out is cut anew only when the size changes.
        """
        row, buffer = self._row, self._buffer
        receive, send = self._sock.recvfrom_into, self._sock.sendto
        last = self._stop.requested  # asked before the queue is seen to be empty: nothing can have come in between
        echo, previous = buffer, BUFFER_BYTES
        datagrams = bytes_in = unsent = 0
        try:
            for _ in repeat(None, BURST):
                size, sender = receive(buffer)
                if sender is None:
                    self.ended = True
                    break
                datagrams += 1
                bytes_in += size
                if size != previous:
                    echo, previous = buffer[:size], size
                try:
                    send(echo, sender)
                except OSError as error:  # EAGAIN among them: to wait for room would make all others wait too
                    count_failure(row, error)
                    unsent += size
        except BlockingIOError:
            self.ended = last
        row[Count.CHUNKS] += datagrams
        row[Count.BYTES_IN] += bytes_in
        row[Count.BYTES_OUT] += bytes_in - unsent
        row[Count.WAKEUPS] += datagrams if self._blocking else 1
        return datagrams

    def pause(self) -> None:
        """Nothing came for a heartbeat: time for what can wait."""
        count_overflow(self._sock, self._row)
