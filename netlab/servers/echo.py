"""What an echo is: every byte that came goes back, in order, and nothing is read that could not be sent.

RFC 862 in two forms. `converse` is for a process or thread that has one connection to itself and may block.
`EchoBuffers.echo` is for a loop that has many and must never block: it does what each ready descriptor is ready
for, and says which of them must be waited for differently from now on.

Both stop reading while a peer does not take its echo. So a peer that sends and never reads fills the kernel's buffers
and at most one chunk of ours, and then TCP's flow control stops *it* (RFC 9293 §3.8.6): that is the bounded buffer.
It also gives half-close for free: the end of the stream is seen only after everything before it has been echoed.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import read, write

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count

CHUNK_BYTES = 16384
"""Most bytes one read takes. Each read(2) fills a fresh bytes object, and small ones are cheap to make:
64 KiB were measured to be slower for large messages, and asyncio's 256 KiB are what makes it slow (docs/adr/0004)."""

# The columns that the loops below write to at every turn, as plain numbers: looking a member up in an enumeration costs
# as much as the store itself.
RESET, CHUNKS, BYTES_IN = int(Count.RESET), int(Count.CHUNKS), int(Count.BYTES_IN)
BYTES_OUT, WAKEUPS = int(Count.BYTES_OUT), int(Count.WAKEUPS)

# What `echo` answers. READ and WRITE have the values of EPOLLIN/POLLIN and EPOLLOUT/POLLOUT, ready to be registered.
EMPTY = 0  # nothing was there to read: only news to an edge-triggered loop
READ = 1  # wait until it is readable (again)
WRITE = 4  # wait until it is writable: the peer is slower than we are
GONE = 8  # the conversation is over: close it
ARRIVAL = 16  # not a conversation: the listening socket is ready
ALARM = 32  # not a conversation: the server has been told to stop


def converse(fd: int, row: Row) -> Count | None:
    """Echo on a blocking socket until the peer is done; None, or what else ended it (RESET, IDLED_OUT).

    An idle limit is the socket's own SO_RCVTIMEO and SO_SNDTIMEO (socket(7)): read(2) then fails with EAGAIN.
    """
    chunks, bytes_in, bytes_out, wakeups = row[CHUNKS], row[BYTES_IN], row[BYTES_OUT], row[WAKEUPS]
    try:
        while data := read(fd, CHUNK_BYTES):
            size = len(data)
            chunks += 1
            bytes_in += size
            wakeups += 1
            row[CHUNKS] = chunks
            row[BYTES_IN] = bytes_in
            row[WAKEUPS] = wakeups
            sent = write(fd, data)  # blocks until all is taken; less only when a signal came in the middle
            while sent < size:
                sent += write(fd, memoryview(data)[sent:])
            bytes_out += sent
            row[BYTES_OUT] = bytes_out
    except BlockingIOError:
        return Count.IDLED_OUT
    except OSError:
        return Count.RESET
    return None


class EchoBuffers:
    """The echoes of one event loop, by descriptor. Counts in plain attributes; `publish` copies them to the row."""

    __slots__ = ("bytes_in", "bytes_out", "chunks", "held", "resets", "special", "wakeups")

    def __init__(self, special: dict[int, int]) -> None:
        self.special = special  # descriptors that are no conversations, and what to answer for them: ARRIVAL, ALARM
        self.held: dict[int, memoryview] = {}  # what was read and not yet taken back by the peer: one chunk at most
        self.chunks = self.bytes_in = self.bytes_out = self.resets = self.wakeups = 0

    def echo(self, ready: Iterable[tuple[int, object]]) -> list[tuple[int, int]]:
        """Read once from each ready descriptor and write it back, or write what was left; (fd, what to wait for now).

        A descriptor that goes on as before is not in the answer, so mostly the answer is empty. All of a turn in one
        call, with local counters: a call a descriptor costs 4 % of the rate (docs/adr/0004).
        """
        special, held = self.special, self.held
        changes: list[tuple[int, int]] = []
        chunks = bytes_in = bytes_out = 0
        for fd, _ in ready:
            if fd in special:
                changes.append((fd, special[fd]))
                continue
            if held and fd in held:
                change = self._write_rest(fd)
                if change is not None:
                    changes.append((fd, change))
                continue
            data = b""
            try:
                data = read(fd, CHUNK_BYTES)
                if not data:
                    changes.append((fd, GONE))  # the peer has no more to say, and has been sent all it said
                    continue
                sent = write(fd, data)
            except BlockingIOError:
                if not data:
                    changes.append((fd, EMPTY))
                    continue
                sent = 0
            except OSError:
                self.resets += 1
                changes.append((fd, GONE))
                continue
            size = len(data)
            chunks += 1
            bytes_in += size
            bytes_out += sent
            if sent != size:
                held[fd] = memoryview(data)[sent:]
                changes.append((fd, WRITE))
        self.wakeups += 1
        self.chunks += chunks
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        return changes

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

    def publish(self, row: Row) -> None:
        """Copy the counts to shared memory. Done once a turn of the loop, not once a message."""
        row[RESET] = self.resets
        row[CHUNKS] = self.chunks
        row[BYTES_IN] = self.bytes_in
        row[BYTES_OUT] = self.bytes_out
        row[WAKEUPS] = self.wakeups
