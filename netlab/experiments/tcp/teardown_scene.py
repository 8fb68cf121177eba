"""A connection is ended: in order, by both sides at once, by a reset, or by one side only (RFC 9293 §3.6)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import TwoHosts, TwoHostsPlan

LAST_WORDS = b"last words"
ORPHAN_S = 1  # net.ipv4.tcp_fin_timeout of the client in "orphan": 60 is more than one wants to wait


@dataclass(frozen=True, slots=True)
class TeardownPlan:
    """`variant`: a name of VARIANTS."""

    hosts: TwoHostsPlan
    variant: str


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Bytes that came to the side that had closed; for how long TIME-WAIT is set, if its timer was seen."""

    size: int
    time_wait_s: float | None


@dataclass(frozen=True, slots=True)
class TeardownResult:
    """`half_close`: of the orderly variant."""

    observation: Observation
    half_close: HalfClose | None = None


def play(plan: TeardownPlan, report_progress: ReportProgress) -> TeardownResult:
    """Open a connection, mark, and end it."""
    sysctls = {"client": {"net.ipv4.tcp_fin_timeout": ORPHAN_S}} if plan.variant == "orphan" else {}
    with TwoHosts(plan.hosts, sysctls=sysctls) as hosts:
        report_progress(0.2, "connecting")
        listener, client, server = hosts.establish()
        with listener, client, server:
            hosts.wait_for_state("server", "ESTABLISHED")
            hosts.timeline.mark("teardown")
            report_progress(0.5, plan.variant)
            half_close = VARIANTS[plan.variant](hosts, client, server)
            return TeardownResult(hosts.observation(), half_close)


def orderly(hosts: TwoHosts, client: socket.socket, server: socket.socket) -> HalfClose:
    """The client ends its side; the server still has something to say, then ends its own."""
    a, b = hosts.pair.hosts()
    hosts.shutdown_write(a, client)
    hosts.receive(b, server)
    hosts.wait_for_state("client", "FIN-WAIT-2")
    hosts.wait_for_state("server", "CLOSE-WAIT")
    hosts.send(b, server, LAST_WORDS)
    got = hosts.receive(a, client)
    hosts.close_socket(b, server)
    hosts.receive(a, client)
    hosts.close_socket(a, client)
    hosts.wait_for_state("client", "TIME-WAIT")
    hosts.wait_for_state("server", "CLOSED")
    timers = (event.expires_s for event in hosts.timeline.events if event.what == "TIME-WAIT")
    return HalfClose(len(got), max((timer for timer in timers if timer is not None), default=None))


def simultaneous(hosts: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """Both close before either can know of the other."""
    a, b = hosts.pair.hosts()
    with hosts.watcher.wire_held():
        hosts.close_socket(a, client)
        hosts.close_socket(b, server)
    hosts.wait_for_state("client", "TIME-WAIT")
    hosts.wait_for_state("server", "TIME-WAIT")


def reset_linger(hosts: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """SO_LINGER with a time of 0: close(2) throws away what is not sent, and the connection (socket(7))."""
    a, b = hosts.pair.hosts()

    def linger() -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    hosts.timeline.call("client", "setsockopt(SO_LINGER 0 s)", linger, lambda _: "", client)
    hosts.close_socket(a, client)
    hosts.receive(b, server)
    hosts.wait_for_state("client", "CLOSED")
    hosts.wait_for_state("server", "CLOSED")


def reset_unread(hosts: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes while data waits that it has not read (RFC 2525 §2.17)."""
    a, b = hosts.pair.hosts()
    hosts.send(b, server, LAST_WORDS)
    client.recv(1, socket.MSG_PEEK)  # it is here
    hosts.close_socket(a, client)
    hosts.receive(b, server)
    hosts.wait_for_state("client", "CLOSED")
    hosts.wait_for_state("server", "CLOSED")


def orphan(hosts: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes; the server never does, until the client's kernel has given up waiting for it."""
    a, b = hosts.pair.hosts()
    hosts.close_socket(a, client)
    hosts.receive(b, server)
    hosts.wait_for_state("client", "FIN-WAIT-2")
    hosts.wait_for_state("client", "CLOSED")
    hosts.close_socket(b, server)
    hosts.wait_for_state("server", "CLOSED")


VARIANTS: dict[str, Callable[[TwoHosts, socket.socket, socket.socket], HalfClose | None]] = {
    "orderly": orderly,
    "simultaneous": simultaneous,
    "reset-linger": reset_linger,
    "reset-unread": reset_unread,
    "orphan": orphan,
}
