"""The closed loop over UDP: each client has one datagram in flight, and sends the next when its echo is back.

Or when it has not come for LOST_AFTER_S. TCP would send it again; UDP leaves that to the program, and this
one counts it as lost and goes on. A timer for each datagram would cost more than the datagram, so now and
then the loop goes over all clients and looks who has waited for too long.

As in closed_loop.py the inner loop is the hot path: descriptors, lists indexed by them, and one comparison
for an echo that is what it should be.
"""

from __future__ import annotations

from os import read, write

from netlab.clock import monotonic_ns as clock
from netlab.load.outcome import MAX_SAMPLES, LoadOutcome
from netlab.load.payload import VARIETY
from netlab.load.udp_client import ECHOED, HEADER, LOST, LOST_AFTER_S, SENT, UdpClient
from netlab.load.udp_engine import UdpEngine
from netlab.load.window import Timetable


class UdpClosedLoop(UdpEngine):
    """One datagram in flight for each client."""

    def __init__(
        self, clients: list[UdpClient], size: int, limit: int | None, window: Timetable, out: LoadOutcome
    ) -> None:
        """`limit`: datagrams a client sends; None is no limit."""
        super().__init__(clients, window, out)
        self.size = size
        self.expected = [b""] * len(self.turns)  # the echo of the datagram in flight
        self.sent_at = [0] * len(self.turns)
        self.number = [0] * len(self.turns)  # its number, with the client's own in it
        self.last = [0] * len(self.turns)  # and the number to end with
        self.tails: list[tuple[bytes, ...]] = [()] * len(self.turns)
        self.lost = [0] * len(self.turns)
        for fd, client in self.clients.items():
            self.number[fd], self.tails[fd] = client.base, client.tails
            self.last[fd] = client.base + (limit if limit is not None else 1 << 62)
        self._next_sweep_ns = 0

    def run(self) -> None:
        """Drive until the window ends and every datagram is back or lost."""
        poll, row, out, meter = self.poller.poll, self.window.row, self.out, self.meter
        expected, sent_at, number, last, tails = self.expected, self.sent_at, self.number, self.last, self.tails
        pack, numbered, want = HEADER.pack, self.size >= HEADER.size, self.size + 1
        record, done = out.latency_ns.append, 0

        for fd in list(self.clients):
            self._send_next(fd)
        while self.clients:
            for fd, _ in poll(LOST_AFTER_S / 4):
                try:
                    data = read(fd, want)
                    now = clock()
                    if data != expected[fd]:
                        self._unexpected(fd, data)
                        continue
                    record(now - sent_at[fd])
                    done += 1
                    count = number[fd]
                    if meter.over or count >= last[fd]:
                        self._retire(fd)
                        continue
                    number[fd] = count = count + 1
                    tail = tails[fd][count % VARIETY]
                    expected[fd] = message = pack(count) + tail if numbered else tail
                    sent_at[fd] = now
                    write(fd, message)
                except BlockingIOError:
                    pass  # nothing there after all; or no room to send: then this one is lost
                except OSError as error:
                    self.failed(error)
            row[1] = done  # Tally.MESSAGES
            now = clock()
            if now >= self._next_sweep_ns:
                self._sweep(now)
            if now >= meter.next_ns:
                self._count_turns()
                if not meter.look(done):
                    break
            if done - out.warmup_messages >= MAX_SAMPLES:
                record = out.drop
        self._lose_the_rest()
        meter.finish(done)
        self.fates[ECHOED] = done
        self.fates[SENT] = done + self.fates[LOST]
        self.poller.close()

    def _lose_the_rest(self) -> None:
        for fd in list(self.clients):
            self._lose(fd)
            self._retire(fd)

    def _send_next(self, fd: int) -> None:
        client = self.clients[fd]
        self.number[fd] += 1
        self.expected[fd] = message = client.message(self.number[fd] - client.base)
        self.sent_at[fd] = clock()
        try:
            write(fd, message)
        except BlockingIOError:
            pass
        except OSError as error:
            self.failed(error)

    def _unexpected(self, fd: int, data: bytes) -> None:
        client = self.clients[fd]
        client.sent = self.number[fd] - client.base
        self.unexpected(client, data)

    def _sweep(self, now: int) -> None:
        """Go over all clients: those who have waited for too long give up and send the next one."""
        self._next_sweep_ns = now + int(LOST_AFTER_S / 4 * 1e9)
        overdue = now - int(LOST_AFTER_S * 1e9)
        for fd in [fd for fd in self.clients if self.sent_at[fd] < overdue]:
            self._lose(fd)
            if self.meter.over or self.number[fd] >= self.last[fd]:
                self._retire(fd)
            else:
                self._send_next(fd)

    def _lose(self, fd: int) -> None:
        client = self.clients[fd]
        self.lost[fd] += 1
        self.lose(client, self.number[fd] - client.base)

    def _count_turns(self) -> None:
        """Note for the meter how many echoes each client has had: all that it has sent but the last, and the lost."""
        for fd, client in self.clients.items():
            self.turns[fd] = self.number[fd] - client.base - 1 - self.lost[fd]

    def _retire(self, fd: int) -> None:
        self.turns[fd] = self.number[fd] - self.clients[fd].base - self.lost[fd]
        self.retire(fd)
