"""The door of a TCP server: accept(2), and what to do when it fails.

A failing accept must neither end the server nor make it spin. The connection that could not be accepted stays in the
queue, so a level-triggered loop would be told of it again at once, for ever. The way out for EMFILE is as old as libev:
keep one descriptor in reserve, give it up to accept the connection, close that, and take the reserve back.
(A blocking accept(2) takes its descriptor before it waits, so it may have waited long on the reserve: when that can be
replaced by then, there are descriptors again, and the connection is served.)
The policy when the server is full is the same: *shed*, that is accept and close at once, so that the client
learns it now instead of waiting in a queue that nobody serves.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Sized

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count
from netlab.servers.limits import Limits

# accept(2), "Error handling": these are about the connection that was lost, not about us; go on to the next one.
LOST_BEFORE_ACCEPTED = {
    errno.ECONNABORTED,
    errno.ECONNRESET,
    errno.EPROTO,
    errno.EPERM,
    errno.ENETDOWN,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.ENONET,
    errno.EHOSTUNREACH,
    errno.EOPNOTSUPP,
    errno.ENETUNREACH,
}
OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}
OUT_OF_MEMORY = {errno.ENOBUFS, errno.ENOMEM}
SHUT_DOWN = {errno.EINVAL, errno.EBADF}


# As plain numbers, since these are counted at every connection (see echo.py).
ACCEPTED, PEAK_OPEN = int(Count.ACCEPTED), int(Count.PEAK_OPEN)


class Acceptor:
    """Takes connections from one listening socket, within the limits, and counts them in `row`."""

    def __init__(self, listener: socket.socket, limits: Limits, row: Row, *, blocking_connections: bool) -> None:
        self.fd = listener.fileno()
        self._listener = listener
        # What socket.accept() is made of, without its object and its getsockname(2): a loop needs the number only.
        self._accept: Callable[[], tuple[int, object]] = listener._accept  # type: ignore[attr-defined]
        self._limits = limits
        self._row = row
        self._blocking = blocking_connections
        self._reserve = reserve()
        self._new_peak = False  # whether the one admitted last made it more than ever

    def admit(self, already_open: Sized) -> int | None:
        """Accept one connection: its descriptor, or None if there was none to be had. Blocks if the listener does."""
        row = self._row
        fd: int | None
        try:
            fd, _ = self._accept()
        except BlockingIOError:
            return None
        except OSError as error:
            fd = self._failed(error)
            if fd is None:
                return None
        open_now = len(already_open)  # now, not when the wait began: places may have become free meanwhile
        if open_now >= self._limits.max_connections:
            self.shed(fd)
            return None
        if not self._blocking:
            os.set_blocking(fd, False)
        elif self._limits.idle_timeout_s:
            limit_read_and_write(fd, self._limits.idle_timeout_s)
        row[ACCEPTED] += 1
        self._new_peak = open_now >= row[PEAK_OPEN]
        if self._new_peak:
            row[PEAK_OPEN] = open_now + 1
        return fd

    def shed(self, fd: int, why: Count | None = None) -> None:
        """Close a connection unserved, and count it."""
        os.close(fd)
        self._row[Count.SHED] += 1
        if why is not None:
            self._row[why] += 1

    def refuse_admitted(self, fd: int, why: Count) -> None:
        """Shed a connection that `admit` has already counted as accepted."""
        self._row[Count.ACCEPTED] -= 1
        self._row[Count.PEAK_OPEN] -= self._new_peak
        self.shed(fd, why)

    def _failed(self, error: OSError) -> int | None:
        if error.errno in OUT_OF_DESCRIPTORS:
            return self._accept_by_reserve()
        if error.errno in LOST_BEFORE_ACCEPTED:
            self._row[Count.ABORTED] += 1
        elif error.errno in OUT_OF_MEMORY:
            time.sleep(0.01)  # the kernel is short of memory; asking again at once would only burn CPU
        elif error.errno not in SHUT_DOWN:
            raise error
        return None

    def shed_waiting(self) -> None:
        """Out of descriptors: shed all that wait in the queue of a listener that does not block."""
        before = -1
        while before < self._row[Count.SHED]:
            before = self._row[Count.SHED]
            fd = self._accept_by_reserve()
            if fd is not None:
                self.shed(fd, Count.OUT_OF_DESCRIPTORS)

    def _accept_by_reserve(self) -> int | None:
        if self._reserve >= 0:
            os.close(self._reserve)
        fd = None
        try:
            fd, _ = self._accept()
        except BlockingIOError:
            pass  # it has gone meanwhile
        except OSError:
            time.sleep(0.01)  # somebody else took the descriptor: no spinning until one is free again
        self._reserve = reserve()
        if fd is not None and self._reserve < 0:
            self.shed(fd, Count.OUT_OF_DESCRIPTORS)
            self._reserve = reserve()
            return None
        return fd

    def close(self) -> None:
        """Stop listening: the kernel resets whoever is still in the queue."""
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1
        self._listener.close()


def reserve() -> int:
    """A descriptor to be given up when there is no other; -1 if there is none now."""
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def limit_read_and_write(fd: int, seconds: float) -> None:
    """Let the kernel end a read(2) or write(2) that takes longer than `seconds` (SO_RCVTIMEO, socket(7))."""
    timeval = struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))
    borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
    borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
    borrowed.detach()
