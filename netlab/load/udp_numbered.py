"""Any number of datagrams in flight for each client: told apart by their numbers, in whatever order they come back."""

from __future__ import annotations

import socket
import time
from os import read, write

from netlab.clock import monotonic_ns as clock
from netlab.load.outcome import MAX_SAMPLES, LoadOutcome
from netlab.load.stream import SO_TIMESTAMPNS, TIMESPEC
from netlab.load.udp_client import ECHOED, LOST_AFTER_S, REORDERED, SENT, UdpClient
from netlab.load.udp_engine import UdpEngine
from netlab.load.window import Tally, Timetable

MOST_AT_ONCE = 16
"""Datagrams taken from one socket before the others have their turn."""


class Numbered(UdpEngine):
    """Sends and receives numbered datagrams. Subclasses decide when."""

    def __init__(
        self, clients: list[UdpClient], size: int, window: Timetable, out: LoadOutcome, timestamps: bool
    ) -> None:
        super().__init__(clients, window, out)
        self.size = size
        self.done = self.sent = 0
        self._sockets: dict[int, socket.socket] = {}  # where the kernel's time stamps are wanted
        if timestamps:
            for fd in self.clients:
                self._sockets[fd] = stamped = socket.socket(fileno=fd)
                stamped.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._realtime_offset_ns = time.time_ns() - clock()
        self._next_sweep_ns = 0

    def send(self, client: UdpClient, now: int, due: int) -> None:
        """Send the next datagram; its latency counts from `due`."""
        client.sent = number = client.sent + 1
        client.in_flight[number] = (now, due)
        self.sent += 1
        try:
            write(client.fd, client.message(number))
        except BlockingIOError:
            pass  # no room: it is lost when its time is over
        except OSError as error:
            self.failed(error)

    def turn_around(self, timeout_s: float) -> bool:
        """Wait for echoes and take them; False when the time for that is over."""
        for fd, _ in self.poller.poll(timeout_s):
            if fd in self.clients:
                self.received(self.clients[fd])
        self.window.row[Tally.MESSAGES] = self.done
        now = clock()
        if now >= self._next_sweep_ns:
            self._sweep(now)
        return now < self.meter.next_ns or self.meter.look(self.done)

    def received(self, client: UdpClient) -> None:
        """Take what has come for one client."""
        in_flight, out = client.in_flight, self.out
        for _ in range(MOST_AT_ONCE):
            try:
                data, stamp_ns = self._receive(client.fd)
            except BlockingIOError:
                return
            except OSError as error:
                self.failed(error)
                return
            now = clock()
            number = client.number_of(data)
            times = in_flight.pop(number, None) if number is not None else None
            if number is None or times is None:
                self.unexpected(client, data)
                continue
            self.done += 1
            self.turns[client.fd] += 1
            if number < client.highest:
                self.fates[REORDERED] += 1
            else:
                client.highest = number
            if len(out.latency_ns) < MAX_SAMPLES:
                out.latency_ns.append(max(0, now - times[1]))
                if stamp_ns:
                    out.kernel_ns.append(max(0, stamp_ns - self._realtime_offset_ns - times[1]))
            else:
                out.unrecorded += 1
            if not in_flight:
                return  # nothing else can be there, so spare the call that would say so

    def _receive(self, fd: int) -> tuple[bytes, int]:
        """One datagram, and when the kernel received it: nanoseconds of CLOCK_REALTIME, 0 if that was not asked for."""
        if fd not in self._sockets:
            return read(fd, self.size + 1), 0
        data, controls, _, _ = self._sockets[fd].recvmsg(self.size + 1, 64)
        for level, kind, content in controls:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack(content[: TIMESPEC.size])
                return data, seconds * 1_000_000_000 + nanoseconds
        return data, 0

    def _sweep(self, now: int) -> None:
        """Give up what has been under way for too long. Each client's oldest comes first, so a look at that will do."""
        self._next_sweep_ns = now + int(LOST_AFTER_S / 4 * 1e9)
        overdue = now - int(LOST_AFTER_S * 1e9)
        for client in list(self.clients.values()):
            for number, (sent_at, _) in list(client.in_flight.items()):
                if sent_at >= overdue:
                    break
                del client.in_flight[number]
                self.lose(client, number)
            self.swept(client)

    def swept(self, client: UdpClient) -> None:
        """Called for each client after its overdue datagrams were given up."""

    def retire(self, fd: int) -> None:
        """The client has done its part."""
        stamped = self._sockets.pop(fd, None)
        if stamped is not None:
            stamped.detach()
        super().retire(fd)

    def finish(self) -> None:
        """Close the books."""
        self.meter.finish(self.done)
        for fd, client in list(self.clients.items()):
            for number in client.in_flight:
                self.lose(client, number)
            self.retire(fd)
        self.fates[ECHOED], self.fates[SENT] = self.done, self.sent
        self.poller.close()
