"""A connection's socket with a deadline for everything: the only file here, beside server.py, that knows sockets."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import time
from collections.abc import Callable

_READ_BYTES = 4096  # small, so that h11's limit for heads bites: it is looked at between pieces only
_LINGER_BYTES = 1 << 20
_LINGER_S = 1.0
_HALF_CLOSED_S = 2.0


class Gone(Exception):
    """The connection is of no more use; the word says why, as it is counted."""


class Channel:
    """Read and write with deadlines. `write_s`: for the peer to take one piece; `stopping`: is the origin to end?"""

    def __init__(self, sock: socket.socket, write_s: float, stopping: Callable[[], bool]) -> None:
        self.sock, self._write_s, self._stopping = sock, write_s, stopping
        self.received_bytes = self.sent_bytes = 0

    def receive(self, deadline_s: float, why: str) -> bytes:
        """What has come, b"" at the end of the stream. Raises Gone(`why`) at `deadline_s` of the monotonic clock."""
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise Gone(why)
        try:
            self.sock.settimeout(left_s)
            data = self.sock.recv(_READ_BYTES)
        except TimeoutError:
            raise Gone(why) from None
        except ssl.SSLEOFError:
            return b""  # closed without close_notify: a client that has its response need not wait (RFC 9112 §9.8)
        except OSError:
            raise Gone("reset") from None
        self.received_bytes += len(data)
        return data

    def send(self, data: bytes) -> None:
        """All of it. Raises Gone where the peer does not take it."""
        try:
            self.sock.settimeout(self._write_s)
            for start in range(0, len(data), 65536):  # each piece has the time anew: slow is not dead
                piece = data[start : start + 65536]
                self.sock.sendall(piece)
                self.sent_bytes += len(piece)
        except TimeoutError:
            raise Gone("slow to read") from None
        except OSError:
            raise Gone("reset") from None

    def wait(self, seconds: float) -> bool:
        """Stay silent so long; True where the peer has gone meanwhile. What it sends is left for later.

        A peer that has shut down its sending side may have closed, or may still be listening (shutdown(2)): from here
        they look the same, so it gets a little time. And when the origin stops, it has itself ended the receiving.
        """
        deadline_s = time.monotonic() + seconds
        if not self._poll(select.POLLRDHUP, seconds):
            return False
        left_s = deadline_s - time.monotonic()
        grace_s = left_s if self._stopping() else min(left_s, _HALF_CLOSED_S)
        return self._poll(0, grace_s) or grace_s < left_s

    def _poll(self, events: int, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self.sock.fileno(), events)  # errors and POLLHUP are always told
        return bool(poll.poll(max(0.0, seconds) * 1000))

    def end(self) -> None:
        """Close so that the peer gets all that was sent: say that it is the end, take in what still comes, close.

        A close(2) with unread bytes in the receive buffer sends RST, and an RST can take the response from the peer's
        own buffer (RFC 9112 §9.6).
        """
        try:
            if isinstance(self.sock, ssl.SSLSocket):
                self._say_close_notify()
            self.sock.shutdown(socket.SHUT_WR)  # from here on an SSLSocket is a plain one
            deadline_s, taken = time.monotonic() + _LINGER_S, 0
            while taken < _LINGER_BYTES and (left_s := deadline_s - time.monotonic()) > 0:
                self.sock.settimeout(left_s)
                data = self.sock.recv(65536)
                if not data:
                    break
                taken += len(data)
        except (OSError, ValueError):
            pass  # it was gone already
        self.close()

    def _say_close_notify(self) -> None:
        """Without waiting for the peer's: RFC 8446 §6.1 lets each side close for itself, and we close first."""
        assert isinstance(self.sock, ssl.SSLSocket)
        self.sock.settimeout(0)
        try:
            self.sock.unwrap()
        except ssl.SSLWantReadError:
            pass  # ours is sent

    def cut(self) -> None:
        """Close TCP without a word of TLS."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.close()

    def reset(self) -> None:
        """Close with RST: socket(7), SO_LINGER with a time of 0."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def close(self) -> None:
        """Give the descriptor back."""
        self.sock.close()
