"""A connection is ended: in order, by both sides at once, by a reset, or by one side only (RFC 9293 §3.6)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from netlab.scenarios.session import Session

LAST_WORDS = b"last words"
ORPHAN_S = 1  # net.ipv4.tcp_fin_timeout of the client in "orphan": 60 is more than one wants to wait


def play(config: dict[str, Any], tell: Callable[[float, str], None]) -> dict[str, Any]:
    """Open a connection, mark, and end it as `config["variant"]` says."""
    sysctls = {"client": {"net.ipv4.tcp_fin_timeout": ORPHAN_S}} if config["variant"] == "orphan" else {}
    with Session(config, sysctls=sysctls) as session:
        tell(0.2, "connecting")
        listener, client, server = session.connected()
        session.sees("server", "ESTABLISHED")
        session.timeline.mark("teardown")
        tell(0.5, config["variant"])
        more = VARIANTS[config["variant"]](session, client, server)
        result = session.finish(**(more or {}))
        for sock in (client, server, listener):
            sock.close()
        return result


def orderly(session: Session, client: socket.socket, server: socket.socket) -> dict[str, Any]:
    """The client ends its side; the server still has something to say, then ends its own."""
    a, b = session.pair.hosts()
    session.shut(a, client)
    session.received(b, server)
    session.sees("client", "FIN-WAIT-2")
    session.sent(b, server, LAST_WORDS)
    got = session.received(a, client)
    session.closed(b, server)
    session.received(a, client)
    session.closed(a, client)
    session.sees("client", "TIME-WAIT")
    session.sees("server", "CLOSED")
    timers = [event["expires_s"] for event in session.timeline.events if event["what"] == "TIME-WAIT"]
    return {"half_closed_bytes": len(got), "time_wait_s": max(timers, default=None)}


def simultaneous(session: Session, client: socket.socket, server: socket.socket) -> None:
    """Both close before either can know of the other."""
    a, b = session.pair.hosts()
    with session.watcher.wire_held():
        session.closed(a, client)
        session.closed(b, server)
    session.sees("client", "TIME-WAIT")
    session.sees("server", "TIME-WAIT")


def reset_linger(session: Session, client: socket.socket, server: socket.socket) -> None:
    """SO_LINGER with a time of 0: close(2) throws away what is not sent, and the connection (socket(7))."""
    a, b = session.pair.hosts()
    session.timeline.call(
        "client", "setsockopt(SO_LINGER 0 s)",
        lambda: client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)), lambda _: "",
    )  # fmt: skip
    session.closed(a, client)
    session.received(b, server)
    session.sees("client", "CLOSED")
    session.sees("server", "CLOSED")


def reset_unread(session: Session, client: socket.socket, server: socket.socket) -> None:
    """The client closes while data waits that it has not read (RFC 2525 §2.17)."""
    a, b = session.pair.hosts()
    session.sent(b, server, LAST_WORDS)
    client.recv(1, socket.MSG_PEEK)  # it is here
    session.closed(a, client)
    session.received(b, server)
    session.sees("client", "CLOSED")
    session.sees("server", "CLOSED")


def orphan(session: Session, client: socket.socket, server: socket.socket) -> None:
    """The client closes; the server never does, until the client's kernel has given up waiting for it."""
    a, b = session.pair.hosts()
    session.closed(a, client)
    session.received(b, server)
    session.sees("client", "FIN-WAIT-2")
    session.sees("client", "CLOSED")
    session.closed(b, server)
    session.sees("server", "CLOSED")


VARIANTS: dict[str, Callable[[Session, socket.socket, socket.socket], dict[str, Any] | None]] = {
    "orderly": orderly, "simultaneous": simultaneous, "reset-linger": reset_linger, "reset-unread": reset_unread,
    "orphan": orphan,
}  # fmt: skip
