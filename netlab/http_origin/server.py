"""All connections: a thread each, a limit on their number, counts, and an end that leaves nothing.

Threads, because a conversation is then read from top to bottom: it waits where it waits. The limit on connections
bounds what they cost.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable

from netlab.http_origin.channel import Channel
from netlab.http_origin.conversation import Conversation, Exchange
from netlab.http_origin.listening import listening
from netlab.http_origin.settings import Settings
from netlab.http_origin.site import Site

_HANDSHAKE_S = 5.0
_ACCEPT_PAUSE_S = 0.05  # where the process is out of descriptors: the waiting connection stays in the backlog
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\n"
    b"too many connections\n"
)


class OriginServer:
    """The origin at its sockets. `counts`: what it has seen, by name."""

    def __init__(
        self, settings: Settings, site: Site, tls: ssl.SSLContext | None, log: Callable[[Exchange], None] | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._settings, self._site, self._tls, self._log = settings, site, tls, log
        self._open: dict[int, socket.socket] = {}  # by a number of its own: descriptors come again
        self._key = 0
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._stopped = False
        self._alarm_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._listeners: dict[int, tuple[socket.socket, str]] = {}
        self.port = self._listen("http", settings.port)
        self.tls_port = self._listen("https", settings.tls_port) if settings.tls_port is not None and tls else None

    def _listen(self, scheme: str, port: int) -> int:
        try:
            listener = listening(self._settings.host, port)
        except BaseException:
            self._close_listeners()
            raise
        self._listeners[listener.fileno()] = (listener, scheme)
        return int(listener.getsockname()[1])

    def stop(self) -> None:
        """Let `run` return in order; may be called in a signal handler and from any thread."""
        self._stopped = True
        os.eventfd_write(self._alarm_fd, 1)

    def _is_stopped(self) -> bool:
        return self._stopped

    def run(self, duration_s: float | None = None) -> None:
        """Serve until `stop()`, or for so long."""
        deadline_s = None if duration_s is None else time.monotonic() + duration_s
        poll = select.poll()
        for fd in (*self._listeners, self._alarm_fd):
            poll.register(fd, select.POLLIN)
        while not self._stopped:
            left_s = None if deadline_s is None else deadline_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                return
            for fd, _ in poll.poll(None if left_s is None else left_s * 1000 + 1):
                if fd in self._listeners:
                    self._accept(*self._listeners[fd])

    def close(self) -> None:
        """Accept no more, let responses that are under way be finished within `drain_s`, then end everything."""
        self._stopped = True
        self._close_listeners()
        with self._lock:
            for sock in self._open.values():
                _shut(sock, socket.SHUT_RD)  # whoever waits for a request reads "end of stream"
            self._ended.wait_for(lambda: not self._open, self._settings.drain_s)
            self.counts["cut off at the end"] += len(self._open)
            for sock in self._open.values():
                _shut(sock, socket.SHUT_RDWR)
            self._ended.wait_for(lambda: not self._open, 5.0)
        if self._alarm_fd >= 0:
            os.close(self._alarm_fd)
            self._alarm_fd = -1

    def _close_listeners(self) -> None:
        for listener, _ in self._listeners.values():
            listener.close()
        self._listeners = {}

    def _accept(self, listener: socket.socket, scheme: str) -> None:
        try:
            sock, source = listener.accept()
        except OSError as error:  # it went away again, or there are no descriptors left
            self.counts["accept errors"] += 1
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                time.sleep(_ACCEPT_PAUSE_S)
            return
        client = f"[{source[0]}]:{source[1]}" if ":" in source[0] else f"{source[0]}:{source[1]}"
        with self._lock:
            crowded = len(self._open) >= self._settings.max_connections
            self.counts["connections shed" if crowded else "connections"] += 1
            if not crowded:
                key = self._key = self._key + 1
                self._open[key] = sock
                self.counts["most connections at once"] = max(self.counts["most connections at once"], len(self._open))
        if crowded:
            _turn_away(sock, scheme)
            return
        try:
            threading.Thread(target=self._converse, args=(key, sock, client, scheme), daemon=True).start()
        except RuntimeError:  # no more threads to be had
            self._forget(key, "no thread")
            sock.close()

    def _converse(self, key: int, sock: socket.socket, client: str, scheme: str) -> None:
        how = "failed"
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https" and self._tls:
                how = "handshake failed"
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._enter(key, sock)
                sock.settimeout(_HANDSHAKE_S)
                sock.do_handshake()
            how = "failed"
            channel = Channel(sock, self._settings.write_s, self._is_stopped)
            talk = Conversation(channel, client, scheme, self._site, self._settings, self._is_stopped, self._note)
            try:
                how = talk.run()
            finally:
                with self._lock:
                    self.counts["bytes received"] += channel.received_bytes
                    self.counts["bytes sent"] += channel.sent_bytes
        except OSError:
            pass  # counted as what `how` says
        finally:
            self._forget(key, how)
            sock.close()

    def _enter(self, key: int, sock: socket.socket) -> None:
        with self._lock:
            self._open[key] = sock

    def _forget(self, key: int, how: str) -> None:
        with self._lock:
            self._open.pop(key, None)
            self.counts[f"ended: {how}"] += 1
            self._ended.notify_all()

    def _note(self, exchange: Exchange) -> None:
        with self._lock:
            self.counts["requests"] += 1
            self.counts[f"status {exchange.status or 'raw'}"] += 1
            if self._log:
                self._log(exchange)


def _turn_away(sock: socket.socket, scheme: str) -> None:
    """One connection too many: say so, without waiting for anything."""
    try:
        sock.setblocking(False)
        if scheme == "http":
            sock.send(_BUSY)
            sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    sock.close()


def _shut(sock: socket.socket, how: int) -> None:
    try:
        socket.socket.shutdown(sock, how)  # not SSLSocket's, which would take TLS away under its thread's feet
    except OSError:
        pass
