"""What all UDP engines have: clients by descriptor, and the count of what became of their datagrams."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from select import EPOLLIN, epoll

from netlab.load.meter import Meter
from netlab.load.outcome import CORRUPT, LoadOutcome, kind_of
from netlab.load.udp_client import CORRUPT_ONES, LOST, OVERFLOWED, REFUSED, UdpClient
from netlab.load.window import Tally, Timetable

SO_MEMINFO = 55  # asm-generic/socket.h; the socket module has no name for it
MEMINFO = struct.Struct("@9I")  # SK_MEMINFO_… of linux/sock_diag.h; the last one is SK_MEMINFO_DROPS


class UdpEngine:
    """Clients whose sockets are connected and non-blocking. Subclasses decide when a datagram is sent."""

    def __init__(self, clients: list[UdpClient], window: Timetable, out: LoadOutcome) -> None:
        self.clients = {client.fd: client for client in clients}
        self.turns = [0] * (max(self.clients, default=0) + 1)  # echoes that have come, by descriptor
        self.window = window
        self.out = out
        self.fates: Counter[str] = Counter()
        self.meter = Meter(window, out, self.turns, list(self.clients))
        self.poller = epoll()
        for fd in self.clients:
            self.poller.register(fd, EPOLLIN)

    def unexpected(self, client: UdpClient, data: bytes) -> None:
        """Something has come that was not waited for."""
        fate = client.judge(data)
        if fate is not None:
            self.fates[fate] += 1
        if fate == CORRUPT_ONES:
            self.error(CORRUPT)

    def failed(self, error: OSError) -> None:
        """A send or receive has failed. The datagram under way counts as lost when its time is over."""
        if isinstance(error, ConnectionRefusedError):
            self.fates[REFUSED] += 1
        self.error(kind_of(error))

    def error(self, kind: str) -> None:
        """Count what should not be."""
        self.out.error(kind)
        self.window.row[Tally.ERRORS] += 1

    def lose(self, client: UdpClient, number: int) -> None:
        """Nobody waits for that one any more."""
        self.fates[LOST] += 1
        client.give_up(number)

    def retire(self, fd: int) -> None:
        """The client has done its part."""
        del self.clients[fd]
        borrowed = socket.socket(fileno=fd)
        self.fates[OVERFLOWED] += MEMINFO.unpack(borrowed.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))[-1]
        borrowed.close()
