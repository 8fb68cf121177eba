"""One connection with any number of messages in flight: what must come back is known byte by byte.

TCP is a stream (RFC 9293 §3.3): echoes may come in pieces and several at once, wherever the kernel cut them.
"""

from __future__ import annotations

import os
import socket
import struct
from array import array
from collections import deque
from os import read, write

from netlab.load.outcome import CORRUPT, UNEXPECTED_END
from netlab.load.payload import VARIETY

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the control message carries a struct timespec of CLOCK_REALTIME
TIMESPEC = struct.Struct("@qq")
READ_BYTES = 65536


class Broken(Exception):
    """The connection can't go on; `kind` is counted."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Stream:
    """Messages out, echoes in. Times are given by the caller, in nanoseconds."""

    __slots__ = ("_expecting", "_offset", "_ring", "_size", "_socket", "_unsent", "fd", "in_flight", "sent", "turn")

    def __init__(self, fd: int, ring: tuple[bytes, ...], size: int, timestamps: bool) -> None:
        self.fd = fd
        self._ring = ring
        self._size = size
        self._unsent: deque[memoryview] = deque()
        self._offset = 0  # bytes of the next echo that have come
        self.in_flight: deque[int] = deque()  # when each message that is under way was sent (open loop: was due)
        self.sent = 0
        self.turn = 0  # echoes received
        self._socket: socket.socket | None = None
        if timestamps:
            self._socket = socket.socket(fileno=os.dup(fd))
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def send(self, at_ns: int) -> None:
        """Send the next message; what the kernel does not take waits here. Raises OSError."""
        message = memoryview(self._ring[self.sent & (VARIETY - 1)])
        self.sent += 1
        self.in_flight.append(at_ns)
        self._unsent.append(message)
        if len(self._unsent) == 1:
            self.flush()

    def flush(self) -> bool:
        """Write what waits; True when nothing is left."""
        unsent = self._unsent
        while unsent:
            try:
                taken = write(self.fd, unsent[0])
            except BlockingIOError:
                return False
            if taken == len(unsent[0]):
                unsent.popleft()
            else:
                unsent[0] = unsent[0][taken:]
        return True

    @property
    def waiting_to_send(self) -> bool:
        """Whether the kernel still owes us room."""
        return bool(self._unsent)

    def receive(self, now_ns: int, latencies: array[int], kernel: array[int], realtime_offset_ns: int) -> int:
        """Read once, check, and record the latency of each message that is now complete: their number.

        Raises Broken, OSError. `realtime_offset_ns`: CLOCK_REALTIME minus the caller's clock, for kernel time stamps.
        """
        data, stamp_ns = self._read()
        if not data:
            raise Broken(UNEXPECTED_END)
        position = finished = 0
        view = memoryview(data)
        while position < len(data):
            if not self.in_flight:
                raise Broken(CORRUPT)  # more came back than was sent
            take = min(len(data) - position, self._size - self._offset)
            message = self._ring[self.turn & (VARIETY - 1)]
            # bytes, not views: comparing two memoryviews goes element by element
            if bytes(view[position : position + take]) != message[self._offset : self._offset + take]:
                raise Broken(CORRUPT)
            position += take
            self._offset += take
            if self._offset == self._size:
                self._offset = 0
                self.turn += 1
                finished += 1
                sent_ns = self.in_flight.popleft()
                latencies.append(max(0, now_ns - sent_ns))
                if stamp_ns:
                    kernel.append(max(0, stamp_ns - realtime_offset_ns - sent_ns))
        return finished

    def _read(self) -> tuple[bytes, int]:
        if self._socket is None:
            return read(self.fd, READ_BYTES), 0
        data, controls, _, _ = self._socket.recvmsg(READ_BYTES, 64)
        for level, kind, content in controls:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack(content[: TIMESPEC.size])
                return data, seconds * 1_000_000_000 + nanoseconds
        return data, 0

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
        os.close(self.fd)
