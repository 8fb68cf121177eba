"""A connection is ended: in order, by both sides at once, by a reset, or by one side only (RFC 9293 §3.6)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from netlab.network.two_hosts import TwoHosts

LAST_WORDS = b"last words"
ORPHAN_S = 1  # net.ipv4.tcp_fin_timeout of the client in "orphan": 60 is more than one wants to wait


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Open a connection, mark, and end it as `config["variant"]` says."""
    sysctls = {"client": {"net.ipv4.tcp_fin_timeout": ORPHAN_S}} if config["variant"] == "orphan" else {}
    with TwoHosts(config, sysctls=sysctls) as stage:
        report_progress(0.2, "connecting")
        listener, client, server = stage.establish()
        stage.wait_for_state("server", "ESTABLISHED")
        stage.timeline.mark("teardown")
        report_progress(0.5, config["variant"])
        more = VARIANTS[config["variant"]](stage, client, server)
        result = stage.finish(**(more or {}))
        for sock in (client, server, listener):
            sock.close()
        return result


def orderly(stage: TwoHosts, client: socket.socket, server: socket.socket) -> dict[str, Any]:
    """The client ends its side; the server still has something to say, then ends its own."""
    a, b = stage.pair.hosts()
    stage.shutdown_write(a, client)
    stage.receive(b, server)
    stage.wait_for_state("client", "FIN-WAIT-2")
    stage.wait_for_state("server", "CLOSE-WAIT")
    stage.send(b, server, LAST_WORDS)
    got = stage.receive(a, client)
    stage.close_socket(b, server)
    stage.receive(a, client)
    stage.close_socket(a, client)
    stage.wait_for_state("client", "TIME-WAIT")
    stage.wait_for_state("server", "CLOSED")
    timers = [event["expires_s"] for event in stage.timeline.events if event["what"] == "TIME-WAIT"]
    return {"half_closed_bytes": len(got), "time_wait_s": max(timers, default=None)}


def simultaneous(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """Both close before either can know of the other."""
    a, b = stage.pair.hosts()
    with stage.watcher.wire_held():
        stage.close_socket(a, client)
        stage.close_socket(b, server)
    stage.wait_for_state("client", "TIME-WAIT")
    stage.wait_for_state("server", "TIME-WAIT")


def reset_linger(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """SO_LINGER with a time of 0: close(2) throws away what is not sent, and the connection (socket(7))."""
    a, b = stage.pair.hosts()
    stage.timeline.call(
        "client",
        "setsockopt(SO_LINGER 0 s)",
        lambda: client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
        lambda _: "",
    )
    stage.close_socket(a, client)
    stage.receive(b, server)
    stage.wait_for_state("client", "CLOSED")
    stage.wait_for_state("server", "CLOSED")


def reset_unread(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes while data waits that it has not read (RFC 2525 §2.17)."""
    a, b = stage.pair.hosts()
    stage.send(b, server, LAST_WORDS)
    client.recv(1, socket.MSG_PEEK)  # it is here
    stage.close_socket(a, client)
    stage.receive(b, server)
    stage.wait_for_state("client", "CLOSED")
    stage.wait_for_state("server", "CLOSED")


def orphan(stage: TwoHosts, client: socket.socket, server: socket.socket) -> None:
    """The client closes; the server never does, until the client's kernel has given up waiting for it."""
    a, b = stage.pair.hosts()
    stage.close_socket(a, client)
    stage.receive(b, server)
    stage.wait_for_state("client", "FIN-WAIT-2")
    stage.wait_for_state("client", "CLOSED")
    stage.close_socket(b, server)
    stage.wait_for_state("server", "CLOSED")


VARIANTS: dict[str, Callable[[TwoHosts, socket.socket, socket.socket], dict[str, Any] | None]] = {
    "orderly": orderly,
    "simultaneous": simultaneous,
    "reset-linger": reset_linger,
    "reset-unread": reset_unread,
    "orphan": orphan,
}
