"""The two queues of a listening socket: connections that wait for accept(2), and half-open ones (listen(2)).

Nobody accepts here. Each case has a network of its own, since it turns sysctls: the server's, not the machine's.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

from netlab.errors import NetlabError
from netlab.linux import counters
from netlab.linux.diag import Diag, Sock
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.timeline import ours
from netlab.network.two_hosts import PORT, TwoHosts

_LOOK_S = 0.002


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Play `config["case"]` with listen(`config["backlog"]`) and `config["clients"]` connections."""
    with TwoHosts(config, sysctls={"server": config["sysctls"]}) as stage:
        backlog = _Backlog(stage, config["backlog"])
        told: dict[str, Any] = CASES[config["case"]](backlog, config["clients"])
        result = stage.finish(**told)
        backlog.close()
        return result


class _Backlog:
    """A listener that nobody accepts from, and what the kernel says of it."""

    def __init__(self, stage: TwoHosts, backlog: int) -> None:
        self.stage = stage
        self.listener = stage.listen(backlog)
        self.clients: list[socket.socket] = []
        with stage.pair.server.namespace.entered():
            self._diag = Diag()
            self.before = counters.read()

    def knock(self) -> socket.socket:
        """connect(2) that does not wait: a SYN is on its way."""
        client = self.stage.pair.client.socket()
        client.setblocking(False)
        error = client.connect_ex((self.stage.pair.server.ip, PORT))
        if error != errno.EINPROGRESS:
            raise NetlabError(f"connect(2): error {error}")
        self.clients.append(client)
        return client

    def socks(self) -> list[Sock]:
        """The server's sockets."""
        pair = self.stage.pair
        return [sock for sock in self._diag.tcp() if ours(sock, pair.server, pair.hosts())]

    def half_open(self) -> int:
        """How many are in SYN-RECEIVED."""
        return sum(sock.state == "SYN-RECEIVED" for sock in self.socks())

    def listening(self) -> Sock:
        """The listener: its receive queue counts those that wait, its send queue is how many may."""
        return next(sock for sock in self.socks() if sock.state == "LISTEN")

    def counted(self, name: str) -> int:
        """By how much a counter of the server has grown."""
        with self.stage.pair.server.namespace.entered():
            return counters.read().get(name, 0) - self.before.get(name, 0)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for the kernel; NetlabError when it takes too long."""
        deadline_s = time.monotonic() + self.stage.timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise NetlabError(f"{what} was not seen within {self.stage.timeout_s:g} s")
            time.sleep(_LOOK_S)

    def counts(self) -> dict[str, int]:
        """The counters that tell of queues."""
        names = (
            "ListenOverflows",
            "ListenDrops",
            "SyncookiesSent",
            "SyncookiesRecv",
            "TCPReqQFullDrop",
            "TCPReqQFullDoCookies",
        )
        return {name: self.counted(f"TcpExt{name}") for name in names}

    def close(self) -> None:
        """Close all of it."""
        self._diag.close()
        for sock in (*self.clients, self.listener):
            sock.close()


def accept_queue(backlog: _Backlog, clients: int) -> dict[str, Any]:
    """One connection after the other, until some are turned away; then one is accepted, and somebody gets in."""
    attempts = []
    for number in range(1, clients + 1):
        overflows = backlog.counted("TcpExtListenOverflows")
        client = backlog.knock()

        def decided(client: socket.socket = client, overflows: int = overflows, number: int = number) -> bool:
            waiting = sum(sock.state == "ESTABLISHED" for sock in backlog.socks())
            in_queue = (
                tcp_info(client).state == "ESTABLISHED" and waiting == backlog.listening().receive_queue >= number
            )
            return in_queue or backlog.counted("TcpExtListenOverflows") > overflows

        backlog.until(decided, f"the end of attempt {number}")
        attempts.append(
            {
                "attempt": number,
                "client": tcp_info(client).state,
                "queue": backlog.listening().receive_queue,
                "limit": backlog.listening().send_queue,
                "overflows": backlog.counted("TcpExtListenOverflows"),
            }
        )
    turned_away = [client for client in backlog.clients if tcp_info(client).state == "SYN-SENT"]
    got_in = believe = 0
    accepted = None
    if turned_away:
        full = backlog.listening().receive_queue
        accepted = backlog.stage.accept(backlog.listener)
        # The server's word counts: whose SYN+ACK was sent while there was room is ESTABLISHED to itself, and may find
        # the room taken by another's ACK.
        backlog.until(lambda: backlog.listening().receive_queue >= full, "a retry that gets in")
        got_in = backlog.listening().receive_queue - (full - 1)
        believe = sum(tcp_info(each).state == "ESTABLISHED" for each in turned_away)
    result = {
        "attempts": attempts,
        "got_in": got_in,
        "believe": believe,
        "counts": backlog.counts(),
        "limit": backlog.listening().send_queue,
    }
    if accepted is not None:
        accepted.close()
    return result


def half_open(backlog: _Backlog, clients: int) -> dict[str, Any]:
    """All SYNs at once, and not one ACK: the wire takes no more from the client."""
    with backlog.stage.watcher.wire_held():
        for _ in range(clients):
            backlog.knock()
        backlog.stage.pair.wire.change("client", Conditions(blocked=True), first=clients)
    counted = ("TcpExtSyncookiesSent", "TcpExtTCPReqQFullDrop")
    backlog.until(
        lambda: backlog.half_open() + sum(backlog.counted(name) for name in counted) >= clients, "the fate of every SYN"
    )
    return {"half_open": backlog.half_open(), "counts": backlog.counts(), "limit": backlog.listening().send_queue}


CASES: dict[str, Callable[[_Backlog, int], dict[str, Any]]] = {"accept-queue": accept_queue, "half-open": half_open}
