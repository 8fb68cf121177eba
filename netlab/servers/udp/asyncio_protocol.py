"""asyncio: the ecosystem's own, as its documentation would have one write it, for comparison.

There are no streams for UDP: asyncio calls a *protocol* object back for each datagram, and `transport.sendto`
answers. That makes the shortest server of all, and no task and no future is involved. Yet it is by far the
slowest: the transport receives each datagram into a fresh buffer of 256 KiB (`max_size`), four times what any
datagram can be, which the C library maps and unmaps each time; and it takes one datagram a turn of the event
loop. Both are the transport's own and undocumented, so we leave them as everybody gets them.

What the short version in the documentation leaves out: if the kernel does not take a datagram at once, the
transport keeps it, and there is no `drain()` here to wait for. A protocol that goes on sending regardless
fills the memory. `pause_writing` is the transport's word for "too much": until `resume_writing` the echoes
are given up and counted, as the other modes do at once.

Source: docs.python.org, asyncio "UDP echo server", and "Datagram protocols". Compare: epoll_loop.py.
"""

from __future__ import annotations

import asyncio

from netlab.servers.counters import Count
from netlab.servers.datagram import Address, Burst, count_failure
from netlab.servers.datagram_sockets import HEARTBEAT_S, count_overflow
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    asyncio.run(run(server))


async def run(server: Server) -> None:
    """Open the endpoint, wait until told to stop, and let the transport finish."""
    server.listener.setblocking(False)
    rest = Burst(server, server.listener.dup())  # the transport will close its own, whatever is still queued
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_reader(server.stop.alarm_fd, stopping.set)
    transport, echo = await loop.create_datagram_endpoint(lambda: DatagramEcho(server), sock=server.listener)
    while not stopping.is_set():
        count_overflow(server.listener, server.row)
        try:
            await asyncio.wait_for(stopping.wait(), HEARTBEAT_S)
        except TimeoutError:
            pass
    loop.remove_reader(server.stop.alarm_fd)
    transport.close()
    await asyncio.wait_for(echo.closed.wait(), server.stop.remaining_s())
    while not rest.ended:
        rest.echo()


class DatagramEcho(asyncio.DatagramProtocol):
    """What to do with a datagram. The event loop calls these."""

    def __init__(self, server: Server) -> None:
        self.row = server.row
        self.sock = server.listener
        self.closed = asyncio.Event()
        self.paused = False

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """The endpoint is open. "Connection" is only asyncio's word for it."""
        self.transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        """A datagram has come."""
        row = self.row
        row[Count.CHUNKS] += 1
        row[Count.WAKEUPS] += 1
        row[Count.BYTES_IN] += len(data)
        if self.paused:
            row[Count.UNSENT] += 1
            return
        if data:
            self.transport.sendto(data, address)
        else:
            self.send_empty(address)
        row[Count.BYTES_OUT] += len(data)

    def send_empty(self, address: Address) -> None:
        """Echo a datagram without content, which `transport.sendto` leaves out before Python 3.13."""
        try:
            self.sock.sendto(b"", address)
        except OSError as error:
            count_failure(self.row, error)

    def error_received(self, error: Exception) -> None:
        """A send or receive has failed."""
        if isinstance(error, OSError):
            count_failure(self.row, error)

    def pause_writing(self) -> None:
        """The transport keeps too much already."""
        self.paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self.paused = False

    def connection_lost(self, error: Exception | None) -> None:
        """The endpoint is closed."""
        self.closed.set()
