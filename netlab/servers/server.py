"""What a mode is given to serve with."""

from __future__ import annotations

import socket

from netlab.child.shared_counters import Row, SharedCounters
from netlab.servers.limits import Limits
from netlab.servers.stopping import Stop


class Server:
    """A listening (TCP) or bound (UDP) socket and the house around it. `row` is this process's own counters."""

    __slots__ = ("limits", "listener", "row", "shared_counters", "stop")

    def __init__(
        self, listener: socket.socket, limits: Limits, stop: Stop, shared_counters: SharedCounters, row: Row
    ) -> None:
        self.listener = listener
        self.limits = limits
        self.stop = stop
        self.shared_counters = shared_counters
        self.row = row
