"""Those who ask, at sockets: `Upstream` sends the queries of resolutions and waits for the replies."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial

from netlab.dns.exchange import Query, Reply
from netlab.dns.iterate import Asking
from netlab.dns.loop import BROKEN, READ, WRITE, Loop, Timer
from netlab.dns.message import FormatError, Message
from netlab.dns.steps import TracedAnswer
from netlab.dns.transport.listening import family_of

_LONGEST_REPLY_BYTES = 8192  # by UDP; we offer to take 1232
_DATAGRAMS_A_TURN = 64
_IP_RECVERR, _IPV6_RECVERR = (
    11,
    25,
)  # <linux/in.h>, <linux/in6.h>: errors also for sockets that are not connected, ip(7)

Done = Callable[[Reply], None]


class Upstream:
    """Sends queries and waits for replies. A socket is used again only after a clean exchange, and not for ever."""

    _KEPT, _USES = 16, 64

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._free: dict[socket.AddressFamily, list[_UdpSocket]] = {socket.AF_INET: [], socket.AF_INET6: []}
        self._busy: set[_UdpSocket | _TcpAsk] = set()

    def ask(self, exchange: Query, done: Done, more: Callable[[bytes], bool] | None = None) -> None:
        """Send it; call `done` once, with the reply or what went wrong, within its timeout.

        `more`, for transfers by TCP, is given each message and says whether another one is to follow. `done` is never
        called before this returns: a resolution that asks a thousand servers without a route must not recurse.
        """
        family = family_of(exchange.server.address)
        if exchange.transport == "tcp":
            try:
                sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            except OSError as error:
                self._no_socket(error, done)
            else:
                self._busy.add(_TcpAsk(self._loop, sock, exchange, done, more, self._busy.discard))
            return
        free = self._free[family]
        if free:
            # Which of the ports it is should not be foreseeable (RFC 5452 §9.2).
            udp = free.pop(int.from_bytes(os.urandom(1), "big") % len(free))
        else:
            try:
                udp = _UdpSocket(self._loop, family)
            except OSError as error:
                self._no_socket(error, done)
                return
        self._busy.add(udp)
        udp.send(exchange, partial(self._finished, udp, done))

    def drive(self, asking: Asking, done: Callable[[TracedAnswer], None]) -> None:
        """Run a resolution to its end; then call `done`."""

        def go_on(heard: Reply) -> None:
            try:
                exchange = asking.send(heard)
            except StopIteration as ended:
                done(ended.value)
            else:
                self.ask(exchange, go_on)

        try:
            first = next(asking)
        except StopIteration as ended:
            done(ended.value)
        else:
            self.ask(first, go_on)

    def resolve(self, asking: Asking) -> TracedAnswer:
        """Run a resolution to its end, turning the loop meanwhile."""
        answers: list[TracedAnswer] = []
        self.drive(asking, answers.append)
        while not answers:
            self._loop.turn()
        return answers[0]

    def wait(self, exchange: Query, more: Callable[[bytes], bool] | None = None) -> Reply:
        """Do one exchange, turning the loop meanwhile."""
        heard: list[Reply] = []
        self.ask(exchange, heard.append, more)
        while not heard:
            self._loop.turn()
        return heard[0]

    def close(self) -> None:
        """Close all sockets; exchanges under way are forgotten."""
        for each in (*self._busy, *self._free[socket.AF_INET], *self._free[socket.AF_INET6]):
            each.close()
        self._busy.clear()
        for free in self._free.values():
            free.clear()

    def _no_socket(self, error: OSError, done: Done) -> None:
        now_s = self._loop.now_s()
        self._loop.after(0.0, lambda: done(Reply(now_s, None, f"no socket: {(error.strerror or str(error)).lower()}")))

    def _finished(self, udp: _UdpSocket, done: Done, heard: Reply) -> None:
        self._busy.discard(udp)
        free = self._free[udp.family]
        if heard.message is not None and udp.uses < self._USES and len(free) < self._KEPT:
            free.append(udp)
        else:
            udp.close()  # a late reply must not meet the next query
        done(heard)


class _UdpSocket:
    """A socket on a random port (the kernel's choice) with at most one exchange under way."""

    def __init__(self, loop: Loop, family: socket.AddressFamily) -> None:
        self._loop, self.family, self.uses, self._sent_s = loop, family, 0, 0.0
        self._sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        if family == socket.AF_INET6:
            self._sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            self._sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        self._exchange: Query | None = None
        self._done: Done = _nobody
        self._timer: Timer | None = None
        loop.watch(self._sock.fileno(), self._ready)

    def send(self, exchange: Query, done: Done) -> None:
        self._exchange, self._done = exchange, done
        self.uses += 1
        self._sent_s = self._loop.now_s()
        self._timer = self._loop.after(exchange.timeout_s, partial(self._finish, None, ""))
        try:
            self._sock.sendto(exchange.payload, exchange.server[1:])
        except OSError as error:  # no route, not permitted, no such scope
            self._timer.cancel()
            said = (error.strerror or str(error)).lower()
            self._timer = self._loop.after(0.0, partial(self._finish, None, said))

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._loop.forget(self._sock.fileno())
        self._sock.close()

    def _ready(self, _: int) -> None:
        for _turn in range(_DATAGRAMS_A_TURN):
            exchange = self._exchange
            try:
                data, source = self._sock.recvfrom(_LONGEST_REPLY_BYTES)
            except BlockingIOError:
                return
            except OSError as error:  # ICMP said so (ip(7), IP_RECVERR)
                if exchange is not None:
                    self._finish(None, (error.strerror or str(error)).lower())
                return
            if exchange is None:
                continue
            try:
                message = exchange.accept(data, source[0], source[1])
            except FormatError as broken:
                self._finish(None, f"a broken reply: {broken}")
                return
            if message is not None:
                self._finish(message, "")
                return
            if exchange.case_lost:
                self._finish(None, "")
                return

    def _finish(self, message: Message | None, problem: str) -> None:
        if self._exchange is None:
            return
        self._exchange = None
        if self._timer:
            self._timer.cancel()
        self._done(Reply(self._loop.now_s(), message, problem, self._sent_s))


class _TcpAsk:
    """One exchange over a connection of its own."""

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        exchange: Query,
        done: Done,
        more: Callable[[bytes], bool] | None,
        gone: Callable[[_TcpAsk], None],
    ) -> None:
        self._loop, self._sock, self._exchange = loop, sock, exchange
        self._done, self._more, self._gone = done, more, gone
        self._out = len(exchange.payload).to_bytes(2, "big") + exchange.payload
        self._in = bytearray()
        self._finished = False
        self._sent_s = loop.now_s()
        self._timer = loop.after(exchange.timeout_s, partial(self._finish, None, ""))
        loop.watch(self._sock.fileno(), self._ready, READ | WRITE)
        try:
            self._sock.connect(exchange.server[1:])
        except BlockingIOError:
            pass
        except OSError as error:  # told in the next turn: the caller does not have us in its set yet
            self._timer.cancel()
            self._timer = loop.after(0.0, partial(self._finish, None, (error.strerror or str(error)).lower()))

    def close(self) -> None:
        self._timer.cancel()
        self._loop.forget(self._sock.fileno())
        self._sock.close()

    def _ready(self, events: int) -> None:
        try:
            if self._out and events & WRITE:
                self._out = self._out[self._sock.send(self._out) :]
                if not self._out:
                    self._loop.change(self._sock.fileno(), READ)
            if events & (READ | BROKEN):
                data = self._sock.recv(1 << 18)
                if not data:
                    self._finish(None, "the connection was closed before the reply was complete")
                    return
                self._in += data
        except BlockingIOError:
            return
        except OSError as error:
            self._finish(None, (error.strerror or str(error)).lower())
            return
        while not self._finished and len(self._in) >= 2:
            length = int.from_bytes(self._in[:2], "big")
            if len(self._in) < 2 + length:
                return
            frame = bytes(self._in[2 : 2 + length])
            del self._in[: 2 + length]
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        server = self._exchange.server
        try:
            message = self._exchange.accept(frame, server.address, server.port)
        except FormatError as broken:
            self._finish(None, f"a broken reply: {broken}")
            return
        if message is None or (self._more is not None and self._more(frame)):
            return
        self._finish(message, "")

    def _finish(self, message: Message | None, problem: str) -> None:
        if not self._finished:
            self._finished = True
            self._gone(self)
            self.close()
            self._done(Reply(self._loop.now_s(), message, problem, self._sent_s))


def _nobody(_: Reply) -> None:
    """Before the first exchange."""
