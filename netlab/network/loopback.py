"""Two addresses of this machine in place of two hosts, for where nobody may build networks.

System calls and the kernel's states are real here, too, and need no privilege. But both "hosts" share one kernel with
its counters and sysctls; no wire between them could be slow, lose or be looked at; and a state that passes
within microseconds is not seen. 127.0.0.0/8 is this machine, all of it (RFC 1122 §3.2.1.3), so each run has a server
address of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from netlab.errors import NetlabError
from netlab.network.frame_record import FrameRecord
from netlab.network.namespace import Namespace
from netlab.network.private import Host
from netlab.network.wire import Wire


class _Here(Namespace):
    """The namespace that the process is in, for code that enters one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fd = -1

    @contextmanager
    def entered(self) -> Iterator[None]:
        yield


class Loopback:
    """What scenarios use of a Pair, without a wire."""

    gate = None
    lost = 0

    def __init__(self) -> None:
        number = os.getpid()
        self.client = Host("client", "127.0.0.1", "", _Here("client"))
        self.server = Host("server", f"127.77.{number >> 8 & 0xFF}.{number & 0xFF}", "", _Here("server"))

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def hosts(self) -> tuple[Host, Host]:
        """Client and server."""
        return self.client, self.server

    @property
    def wire(self) -> Wire:
        """There is none: NetlabError."""
        raise NetlabError("loopback has no wire")

    def stop(self) -> list[FrameRecord]:
        """Nothing was on a wire."""
        return []
