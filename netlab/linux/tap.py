"""Every frame of an interface, as the kernel sees it: an AF_PACKET socket (packet(7)). Needs CAP_NET_RAW.

A tap sees a frame before the network card has finished it (checksums, cutting of large segments) when it is sent, and
after the card has put it together when it is received. On loopback, where each frame is sent and received, it is taken
when it is received.
"""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator

from netlab.errors import MachineLacks, UsageError
from netlab.packets.capture_file import CapturedFrame

_ALL = 0x0003  # ETH_P_ALL
_SOL_PACKET, _IGNORE_OUTGOING, _STATISTICS = 263, 23, 6
_TIMESTAMPS = 35  # SO_TIMESTAMPNS
_LOOPBACK = 772  # ARPHRD_LOOPBACK
_BUFFER = 8 << 20
_LARGEST = 1 << 18


class Tap:
    """An open tap. Close it, or use it as a context manager."""

    def __init__(self, interface: str) -> None:
        """At `interface` of the calling thread's namespace. Raises UsageError and MachineLacks."""
        self.interface = interface
        try:
            self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise MachineLacks(
                "capturing on this machine's interfaces needs CAP_NET_RAW",
                "--during 'COMMAND' captures on a private network without it; or run this one command with sudo",
            ) from None
        try:
            self._open()
        except OSError as error:
            self._sock.close()
            names = ", ".join(name for _, name in socket.if_nameindex())
            raise UsageError(f"interface {interface}: {error.strerror}", f"there are: {names}") from None

    def _open(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._sock.bind((self.interface, _ALL))
        if self._sock.getsockname()[3] == _LOOPBACK:
            self._sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        self._sock.setblocking(False)

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._sock.close()

    def waiting(self, timeout_s: float) -> Iterator[CapturedFrame]:
        """The frames that are there now, or that come first within `timeout_s`."""
        if not select.select([self._sock], [], [], timeout_s)[0]:
            return
        while True:
            try:
                frame, ancillary, _, _ = self._sock.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return
            except OSError:
                return  # the interface has gone down
            yield CapturedFrame(_time_ns(ancillary), frame, len(frame), interface=self.interface)

    def lost(self) -> int:
        """How many frames the kernel dropped since this was asked last, because we were too slow."""
        data = self._sock.getsockopt(_SOL_PACKET, _STATISTICS, 8)
        return int(struct.unpack("=II", data)[1])


def _time_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMPS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack_from("=qq", data)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return None
