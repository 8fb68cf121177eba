"""The registry of server modes: a literal list, one line a file. A test holds it against the folders tcp/ and udp/."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import cast

from netlab.errors import UsageError
from netlab.servers.server import Server


@dataclass(frozen=True, slots=True)
class Mode:
    """A line of the registry.

    workers:        what `--workers` counts here ("processes", "threads"); "" where the number is not fixed
    per_connection: for a mode with a process or thread for each connection: how many it makes at most by default
    reuse_port:     every worker binds a socket of its own to the same port (SO_REUSEPORT)
    """

    name: str
    module: str
    waits_in: str
    summary: str
    workers: str = ""
    per_connection: int = 0
    reuse_port: bool = False

    @property
    def path(self) -> str:
        """The full name of the mode's module."""
        return f"netlab.servers.{self.module}"

    def load(self) -> ModuleType:
        """Import the mode's file."""
        return import_module(self.path)

    def loop(self) -> Callable[[Server], None]:
        """The function that serves."""
        return cast(Callable[[Server], None], self.load().serve)

    def paragraph(self) -> str:
        """What the mode is and does: its file's docstring."""
        return inspect.getdoc(self.load()) or ""

    def source(self) -> str:
        """The mode's file, as it is."""
        return inspect.getsource(self.load())


TCP_MODES: tuple[Mode, ...] = (
    Mode("iterative", "tcp.iterative", "accept, read", "one client at a time: the baseline"),
    Mode("fork", "tcp.fork_per_connection", "accept, read", "a process for each connection", per_connection=1024),
    Mode("prefork", "tcp.prefork", "accept, read", "processes forked in advance, one client each", workers="processes"),
    Mode("thread", "tcp.thread_per_connection", "accept, read", "a thread for each connection", per_connection=4096),
    Mode(
        "thread-pool",
        "tcp.thread_pool",
        "accept, read",
        "threads started in advance, one client each",
        workers="threads",
    ),
    Mode("select", "tcp.select_loop", "select", "one thread asks about all descriptors below 1024, each time"),
    Mode("poll", "tcp.poll_loop", "poll", "one thread asks about all descriptors, each time"),
    Mode("epoll", "tcp.epoll_loop", "epoll_wait", "one thread; the kernel keeps the list and says who is ready"),
    Mode("epoll-et", "tcp.epoll_et", "epoll_wait", "edge-triggered: told once, so read until it is empty"),
    Mode(
        "epoll-multi", "tcp.epoll_multi", "epoll_wait", "an epoll loop a CPU on one port", "processes", reuse_port=True
    ),
    Mode("busy-poll", "tcp.busy_poll", "nothing", "epoll that never sleeps"),
    Mode("asyncio", "tcp.asyncio_streams", "epoll_wait", "coroutines on an event loop: the ecosystem's own"),
)

UDP_MODES: tuple[Mode, ...] = (
    Mode("iterative", "udp.iterative", "recvfrom", "one datagram after the other, whoever sends: the baseline"),
    Mode("fork", "udp.fork_per_client", "recvfrom", "a process for each client", per_connection=1024, reuse_port=True),
    Mode(
        "thread", "udp.thread_per_client", "recvfrom", "a thread for each client", per_connection=4096, reuse_port=True
    ),
    Mode("select", "udp.select_loop", "select", "ask for the one socket, then take what is queued"),
    Mode("epoll", "udp.epoll_loop", "epoll_wait", "be told of the one socket, then take what is queued"),
    Mode(
        "epoll-multi", "udp.epoll_multi", "epoll_wait", "an epoll loop a CPU on one port", "processes", reuse_port=True
    ),
    Mode("batch", "udp.batch", "recvmmsg", "many datagrams with one system call"),
    Mode("asyncio", "udp.asyncio_protocol", "epoll_wait", "callbacks on an event loop: the ecosystem's own"),
)

MODES: dict[str, tuple[Mode, ...]] = {"tcp": TCP_MODES, "udp": UDP_MODES}


def find(transport: str, name: str) -> Mode:
    """The mode of `transport` ("tcp" or "udp") called `name`; UsageError names the ones there are."""
    for mode in MODES[transport]:
        if mode.name == name:
            return mode
    from difflib import get_close_matches

    known = [mode.name for mode in MODES[transport]]
    near = get_close_matches(name, known, 1)
    hint = f"{near[0]}?" if near else f"there are: {', '.join(known)}"
    raise UsageError(f"no {transport.upper()} mode is called '{name}'", hint)
