"""A connection is ended: in order, by both sides at once, by a reset, or by one side only (RFC 9293 §3.6)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from netlab.network.two_hosts import TwoHosts

LAST_WORDS = b"last words"
ORPHAN_S = 1  # net.ipv4.tcp_fin_timeout of the client in "orphan": 60 is more than one wants to wait


def play(config: dict[str, Any], tell: Callable[[float, str], None]) -> dict[str, Any]:
    """Open a connection, mark, and end it as `config["variant"]` says."""
    sysctls = {"client": {"net.ipv4.tcp_fin_timeout": ORPHAN_S}} if config["variant"] == "orphan" else {}
    with TwoHosts(config, sysctls=sysctls) as stage:
        tell(0.2, "connecting")
        listener, client, server = stage.connected()
        stage.sees("server", "ESTABLISHED")
        stage.timeline.mark("teardown")
        tell(0.5, config["variant"])
        more = VARIANTS[config["variant"]](stage, client, server)
        result = stage.finish(**(more or {}))
        for sock in (client, server, listener):
            sock.close()
        return result


def orderly(stage: TwoHosts, client: socket.socket, server: socket.socket) -> dict[str, Any]:
    """The client ends its side; the server still has something to say, then ends its own."""
    a, b = stage.pair.hosts()
    stage.shut(a, client)
    stage.received(b, server)
    stage.sees("client", "FIN-WAIT-2")
    stage.sees("server", "CLOSE-WAIT")
    stage.sent(b, server, LAST_WORDS)
    got = stage.received(a, client)
    stage.closed(b, server)
    stage.received(a, client)
    stage.closed(a, client)
    stage.sees("client", "TIME-WAIT")
    stage.sees("server", "CLOSED")
    timers = [event["expires_s"] for event in stage.timeline.events if event["what"] == "TIME-WAIT"]
    return {"half_closed_bytes": len(got), "time_wait_s": max(timers, default=None)}


def simultaneous(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """Both close before either can know of the other."""
    a, b = stage.pair.hosts()
    with stage.watcher.wire_held():
        stage.closed(a, client)
        stage.closed(b, server)
    stage.sees("client", "TIME-WAIT")
    stage.sees("server", "TIME-WAIT")


def reset_linger(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """SO_LINGER with a time of 0: close(2) throws away what is not sent, and the connection (socket(7))."""
    a, b = stage.pair.hosts()
    stage.timeline.call(
        "client", "setsockopt(SO_LINGER 0 s)",
        lambda: client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)), lambda _: "",
    )  # fmt: skip
    stage.closed(a, client)
    stage.received(b, server)
    stage.sees("client", "CLOSED")
    stage.sees("server", "CLOSED")


def reset_unread(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes while data waits that it has not read (RFC 2525 §2.17)."""
    a, b = stage.pair.hosts()
    stage.sent(b, server, LAST_WORDS)
    client.recv(1, socket.MSG_PEEK)  # it is here
    stage.closed(a, client)
    stage.received(b, server)
    stage.sees("client", "CLOSED")
    stage.sees("server", "CLOSED")


def orphan(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes; the server never does, until the client's kernel has given up waiting for it."""
    a, b = stage.pair.hosts()
    stage.closed(a, client)
    stage.received(b, server)
    stage.sees("client", "FIN-WAIT-2")
    stage.sees("client", "CLOSED")
    stage.closed(b, server)
    stage.sees("server", "CLOSED")


VARIANTS: dict[str, Callable[[TwoHosts, socket.socket, socket.socket], dict[str, Any] | None]] = {
    "orderly": orderly, "simultaneous": simultaneous, "reset-linger": reset_linger, "reset-unread": reset_unread,
    "orphan": orphan,
}  # fmt: skip
