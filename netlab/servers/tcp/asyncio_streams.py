"""asyncio: the ecosystem's own, as its documentation would have one write it, for comparison.

Underneath is the same epoll(7). Each connection is a coroutine that looks as simple as the thread's loop: `await
read`, write, `await drain`; where a thread would block, the coroutine hands control back to the event loop. That is
its lesson: the readability of a thread each at the memory of an event loop. The price is what lies between epoll and
the coroutine: selector, handle, protocol, stream, future, task, all in Python and for each message.

The largest part of it is none of these: at every wake-up the transport reads into a fresh buffer of 256 KiB
(`max_size`), which the C library maps and unmaps each time. The attribute is the transport's own and undocumented, so
we leave it as everybody gets it. `drain()` is the bounded buffer: past the high-water mark it waits for the peer.
When accept(2) says EMFILE, asyncio tells the exception handler, looks away from its listener for a second, and tries
again.

Source: docs.python.org, asyncio "TCP echo server using streams". Compare: epoll_loop.py.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from netlab.servers.acceptor import OUT_OF_DESCRIPTORS, Acceptor
from netlab.servers.counters import Count, count_force_closed
from netlab.servers.echo import CHUNK_BYTES
from netlab.servers.server import Server


def serve(server: Server) -> None:
    """Serve until told to stop."""
    asyncio.run(StreamEcho(server).run())


class StreamEcho:
    """The server and its open connections."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.row = server.row
        self.limits = server.limits
        self.door = Acceptor(
            server.listener, server.limits, server.row, blocking_connections=False
        )  # asyncio accepts; it sheds
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.forcing = False  # the drain time is over: what is closed from now on is closed by force

    async def run(self) -> None:
        """Accept until the alarm goes, then drain."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self.failed)
        alarm_fd = self.server.stop.alarm_fd
        loop.add_reader(alarm_fd, stopping.set)
        self.server.stop.arm()  # asyncio closes the listener itself; nobody is blocked in accept(2)
        self.server.listener.setblocking(False)
        acceptor = await asyncio.start_server(
            self.client, sock=self.server.listener, limit=CHUNK_BYTES, backlog=self.limits.backlog
        )
        await stopping.wait()
        loop.remove_reader(alarm_fd)
        acceptor.close()
        for writer in self.writers:
            try:
                writer.transport.get_extra_info("socket").shutdown(socket.SHUT_RD)
            except OSError:
                pass  # its peer has reset it, and its task does not know yet
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=self.server.stop.remaining_s())
        self.forcing = True
        for writer in list(self.writers):
            writer.transport.abort()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=1.0)

    def failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio calls when something fails that is nobody's: accept(2) above all."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS:
            self.door.shed_waiting()
        else:
            loop.default_exception_handler(context)

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from accept to close."""
        row = self.row
        if len(self.writers) >= self.limits.max_connections:
            row[Count.SHED] += 1
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.writers.add(writer)
        row[Count.ACCEPTED] += 1
        row[Count.PEAK_OPEN] = max(row[Count.PEAK_OPEN], len(self.writers))
        try:
            while data := await asyncio.wait_for(reader.read(CHUNK_BYTES), self.limits.idle_timeout_s):
                row[Count.CHUNKS] += 1
                row[Count.WAKEUPS] += 1
                row[Count.BYTES_IN] += len(data)
                writer.write(data)
                row[Count.BYTES_OUT] += len(data)
                await asyncio.wait_for(writer.drain(), self.limits.idle_timeout_s)
            writer.close()
            await writer.wait_closed()
        except TimeoutError:
            row[Count.IDLED_OUT] += 1
            writer.transport.abort()
        except OSError:
            row[Count.RESET] += 1
            writer.transport.abort()
        finally:
            if self.forcing:
                count_force_closed(row, 1)
            else:
                row[Count.CLOSED] += 1
            self.writers.discard(writer)
            self.tasks.discard(task)
