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
from netlab.load.outcome import MAX_SAMPLES, Outcome
from netlab.load.payload import VARIETY
from netlab.load.udp_client import ECHOED, HEADER, LOST, LOST_AFTER_S, SENT, UdpClient
from netlab.load.udp_engine import UdpEngine
from netlab.load.window import Window


class UdpClosedLoop(UdpEngine):
    """One datagram in flight for each client."""

    def __init__(self, clients: list[UdpClient], size: int, limit: int | None, window: Window, out: Outcome) -> None:
        """`limit`: datagrams a client sends; None is no limit."""
        super().__init__(clients, window, out)
        self.size = size
        self.limit = limit if limit is not None else 1 << 62
        self.number = [0] * len(self.turns)  # of the datagram in flight
        self.expected = [b""] * len(self.turns)  # its echo
        self.sent_at = [0] * len(self.turns)
        self._next_sweep_ns = 0

    def run(self) -> None:
        """Drive until the window ends and every datagram is back or lost."""
        poll, row, out, meter = self.poller.poll, self.window.row, self.out, self.meter
        number, expected, sent_at, turns = self.number, self.expected, self.sent_at, self.turns
        base = [0] * len(turns)
        tails: list[tuple[bytes, ...]] = [()] * len(turns)
        for fd, client in self.clients.items():
            base[fd], tails[fd] = client.base, client.tails
        pack, numbered, want, limit = HEADER.pack, self.size >= HEADER.size, self.size + 1, self.limit
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
                    turns[fd] += 1
                    count = number[fd]
                    if meter.over or count >= limit:
                        self.retire(fd)
                        continue
                    number[fd] = count = count + 1
                    tail = tails[fd][count % VARIETY]
                    expected[fd] = message = pack(base[fd] + count) + tail if numbered else tail
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
            if now >= meter.next_ns and not meter.look(done):
                break
            if done - out.warmup_messages >= MAX_SAMPLES:
                record = out.drop
        meter.finish(done)
        for fd in list(self.clients):
            self.lose(self.clients[fd], number[fd])
            self.retire(fd)
        self.fates[ECHOED] = done
        self.fates[SENT] = done + self.fates[LOST]
        self.poller.close()

    def _send_next(self, fd: int) -> None:
        self.number[fd] += 1
        self.expected[fd] = message = self.clients[fd].message(self.number[fd])
        self.sent_at[fd] = clock()
        try:
            write(fd, message)
        except BlockingIOError:
            pass
        except OSError as error:
            self.failed(error)

    def _unexpected(self, fd: int, data: bytes) -> None:
        client = self.clients[fd]
        client.sent = self.number[fd]
        self.unexpected(client, data)

    def _sweep(self, now: int) -> None:
        """Go over all clients: those who have waited for too long give up and send the next one."""
        self._next_sweep_ns = now + int(LOST_AFTER_S / 4 * 1e9)
        overdue = now - int(LOST_AFTER_S * 1e9)
        for fd in [fd for fd in self.clients if self.sent_at[fd] < overdue]:
            self.lose(self.clients[fd], self.number[fd])
            if self.meter.over or self.number[fd] >= self.limit:
                self.retire(fd)
            else:
                self._send_next(fd)
