"""What an echo is: every byte that came goes back, in order, and nothing is read that could not be sent.

RFC 862 in two forms. `converse` is for a process or thread that has one connection to itself and may block.
`Conversations` is for a loop that has many and must never block: `step` does what one ready descriptor is ready for,
and says what to wait for next.

Both stop reading while a peer does not take its echo. So a peer that sends and never reads fills the kernel's buffers
and at most one chunk of ours, and then TCP's flow control stops *it* (RFC 9293 §3.8.6): that is the bounded buffer.
It also gives half-close for free: the end of the stream is seen only after everything before it has been echoed.
"""

from __future__ import annotations

from os import read, write

from netlab.measure.ledger import Row
from netlab.servers.counters import Count

CHUNK_BYTES = 65536
"""Most bytes one read takes. A fresh buffer of 256 KiB a read is what makes asyncio's streams slow (docs/adr/0004)."""

# What `step` answers. READ and WRITE have the values of EPOLLIN/POLLIN and EPOLLOUT/POLLOUT, ready to be registered.
EMPTY = 0  # nothing was there to read
READ = 1  # wait until it is readable (again)
WRITE = 4  # wait until it is writable: the peer is slower than we are
GONE = 8  # the conversation is over: close it


def converse(fd: int, row: Row) -> Count | None:
    """Echo on a blocking socket until the peer is done; None, or what else ended it (RESET, IDLED_OUT).

    An idle limit is the socket's own SO_RCVTIMEO and SO_SNDTIMEO (socket(7)): read(2) then fails with EAGAIN.
    """
    chunks, bytes_in, wakeups = row[Count.CHUNKS], row[Count.BYTES_IN], row[Count.WAKEUPS]
    try:
        while data := read(fd, CHUNK_BYTES):
            size = len(data)
            chunks += 1
            bytes_in += size
            row[11] = chunks  # Count.CHUNKS; plain numbers, because this is the loop that is measured
            row[12] = bytes_in  # Count.BYTES_IN
            sent = write(fd, data)  # blocks until all is taken; less only when a signal came in the middle
            while sent < size:
                sent += write(fd, memoryview(data)[sent:])
            row[13] += sent  # Count.BYTES_OUT
            row[14] = wakeups = wakeups + 1  # Count.WAKEUPS
    except BlockingIOError:
        return Count.IDLED_OUT
    except OSError:
        return Count.RESET
    return None


class Conversations:
    """The echoes of one event loop, by descriptor. Counts in plain attributes; `publish` copies them to the row."""

    __slots__ = ("bytes_in", "bytes_out", "chunks", "held", "resets", "wakeups")

    def __init__(self) -> None:
        self.held: dict[int, memoryview] = {}  # what was read and not yet taken back by the peer: one chunk at most
        self.chunks = self.bytes_in = self.bytes_out = self.resets = self.wakeups = 0

    def step(self, fd: int) -> int | None:
        """Read once and write it back, or write what was left. None means: as before, keep waiting for the same."""
        if self.held and fd in self.held:
            return self._write_rest(fd)
        data = b""
        try:
            data = read(fd, CHUNK_BYTES)
            if not data:
                return GONE
            sent = write(fd, data)
        except BlockingIOError:
            if not data:
                return EMPTY
            sent = 0
        except OSError:
            self.resets += 1
            return GONE
        size = len(data)
        self.chunks += 1
        self.bytes_in += size
        self.bytes_out += sent
        if sent == size:
            return None
        self.held[fd] = memoryview(data)[sent:]
        return WRITE

    def _write_rest(self, fd: int) -> int | None:
        rest = self.held[fd]
        try:
            sent = write(fd, rest)
        except BlockingIOError:
            return None
        except OSError:
            self.resets += 1
            return GONE
        self.bytes_out += sent
        if sent == len(rest):
            del self.held[fd]
            return READ
        self.held[fd] = rest[sent:]
        return None

    def forget(self, fd: int) -> None:
        """Drop what is held for a descriptor that is about to be closed."""
        self.held.pop(fd, None)

    def publish(self, row: Row) -> None:
        """Copy the counts to shared memory. Done once a turn of the loop, not once a message."""
        row[8] = self.resets  # Count.RESET
        row[11] = self.chunks  # Count.CHUNKS
        row[12] = self.bytes_in  # Count.BYTES_IN
        row[13] = self.bytes_out  # Count.BYTES_OUT
        row[14] = self.wakeups  # Count.WAKEUPS
