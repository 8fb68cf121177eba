"""The two queues of a listening socket: connections that wait for accept(2), and half-open ones (listen(2)).

Nobody accepts here. Each case has a network of its own, since it turns sysctls: the server's, not the machine's.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from netlab.errors import NetlabError
from netlab.experiments.tcp.backlog_rows import AttemptRow
from netlab.linux import network_counters
from netlab.linux.diag import Diag, Sock
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.timeline import ours
from netlab.network.two_hosts import PORT, TwoHosts, TwoHostsPlan

_LOOK_S = 0.002
_OVERFLOWS, _DROPS = "TcpExtListenOverflows", "TcpExtListenDrops"
_COOKIES, _FULL = "TcpExtSyncookiesSent", "TcpExtTCPReqQFullDrop"


@dataclass(frozen=True, slots=True)
class BacklogPlan:
    """listen(`backlog`), `clients` that connect, sysctls of the server."""

    hosts: TwoHostsPlan
    backlog: int
    clients: int
    sysctls: dict[str, int]


@dataclass(frozen=True, slots=True)
class BacklogResult:
    """`limit`: how many the kernel lets wait for accept(2). Counters of the server: ListenOverflows, ListenDrops,
    SyncookiesSent, TCPReqQFullDrop. `half_open`: connections in SYN-RECEIVED. Of those who were turned away `got_in`
    are in the queue after one accept(2), and `established` believe to be."""

    observation: Observation
    limit: int
    overflows: int
    drops: int
    cookies: int
    requests_dropped: int
    half_open: int = 0
    attempts: tuple[AttemptRow, ...] = ()
    got_in: int = 0
    established: int = 0


class _Backlog:
    """A listener that nobody accepts from, and what the kernel says of it."""

    def __init__(self, hosts: TwoHosts, backlog: int) -> None:
        self.hosts = hosts
        self.listener = hosts.listen(backlog)
        self.clients: list[socket.socket] = []
        with hosts.pair.server.namespace.entered():
            self._diag = Diag()
            self._before = network_counters.read()

    def __enter__(self) -> _Backlog:
        return self

    def __exit__(self, *_: object) -> None:
        self._diag.close()
        for sock in (*self.clients, self.listener):
            sock.close()

    def knock(self) -> socket.socket:
        """connect(2) that does not wait: a SYN is on its way."""
        client = self.hosts.pair.client.socket()
        client.setblocking(False)
        error = client.connect_ex((self.hosts.pair.server.ip, PORT))
        if error != errno.EINPROGRESS:
            raise NetlabError(f"connect(2): error {error}")
        self.clients.append(client)
        return client

    def count(self, state: str) -> int:
        """How many of the server's sockets are in this state."""
        return sum(sock.state == state for sock in self._socks())

    def listening(self) -> Sock:
        """The listener: its receive queue counts those that wait, its send queue is how many may."""
        return next(sock for sock in self._socks() if sock.state == "LISTEN")

    def _socks(self) -> list[Sock]:
        pair = self.hosts.pair
        return [sock for sock in self._diag.tcp() if ours(sock, pair.server, pair.hosts())]

    def counted(self, name: str) -> int:
        """By how much a counter of the server has grown."""
        with self.hosts.pair.server.namespace.entered():
            return network_counters.read().get(name, 0) - self._before.get(name, 0)

    def result(self) -> BacklogResult:
        """The queue's limit, the counters that tell of queues, and all that was seen."""
        limit, names = self.listening().send_queue, (_OVERFLOWS, _DROPS, _COOKIES, _FULL)
        overflows, drops, cookies, requests_dropped = map(self.counted, names)
        return BacklogResult(self.hosts.observation(), limit, overflows, drops, cookies, requests_dropped)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for the kernel; NetlabError when it takes too long."""
        deadline_s = time.monotonic() + self.hosts.timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise NetlabError(f"{what} was not seen within {self.hosts.timeout_s:g} s")
            time.sleep(_LOOK_S)


def fill_accept_queue(plan: BacklogPlan, report_progress: ReportProgress) -> BacklogResult:
    """One connection after the other, until some are turned away; then one is accepted, and somebody gets in."""
    with TwoHosts(plan.hosts, sysctls={"server": plan.sysctls}) as hosts, _Backlog(hosts, plan.backlog) as backlog:
        attempts = tuple(_attempt(backlog, number) for number in range(1, plan.clients + 1))
        got_in, established = _accept_one(backlog)
        return replace(backlog.result(), attempts=attempts, got_in=got_in, established=established)


def _attempt(backlog: _Backlog, number: int) -> AttemptRow:
    overflows = backlog.counted(_OVERFLOWS)
    client = backlog.knock()

    def decided() -> bool:
        waiting, queue = backlog.count("ESTABLISHED"), backlog.listening().receive_queue
        in_queue = tcp_info(client).state == "ESTABLISHED" and waiting == queue >= number
        return in_queue or backlog.counted(_OVERFLOWS) > overflows

    backlog.until(decided, f"the end of attempt {number}")
    waiting, overflows = backlog.listening().receive_queue, backlog.counted(_OVERFLOWS)
    return AttemptRow(number, tcp_info(client).state, waiting, overflows)


def _accept_one(backlog: _Backlog) -> tuple[int, int]:
    """Make room for one: how many then get in by trying again, and how many are ESTABLISHED at their own end.

    The server's word counts: whose SYN+ACK was sent while there was room is ESTABLISHED to itself, and may find the
    room taken by another's ACK.
    """
    turned_away = [client for client in backlog.clients if tcp_info(client).state == "SYN-SENT"]
    if not turned_away:
        return 0, 0
    full = backlog.listening().receive_queue
    with backlog.hosts.accept(backlog.listener):
        backlog.until(lambda: backlog.listening().receive_queue >= full, "a retry that gets in")
        got_in = backlog.listening().receive_queue - (full - 1)
        return got_in, sum(tcp_info(each).state == "ESTABLISHED" for each in turned_away)


def fill_half_open_queue(plan: BacklogPlan, report_progress: ReportProgress) -> BacklogResult:
    """All SYNs at once, and not one ACK: the wire takes no more from the client."""
    with TwoHosts(plan.hosts, sysctls={"server": plan.sysctls}) as hosts, _Backlog(hosts, plan.backlog) as backlog:
        with hosts.watcher.wire_held():
            for _ in range(plan.clients):
                backlog.knock()
            hosts.pair.wire.change("client", Conditions(blocked=True), first=plan.clients)

        def all_decided() -> bool:
            decided = backlog.count("SYN-RECEIVED") + backlog.counted(_COOKIES) + backlog.counted(_FULL)
            return decided >= plan.clients

        backlog.until(all_decided, "the fate of every SYN")
        half_open = backlog.count("SYN-RECEIVED")
        return replace(backlog.result(), half_open=half_open)
