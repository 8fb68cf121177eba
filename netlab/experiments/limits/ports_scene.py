"""A client's ports, used up: what the four-tuple allows, what bind(2) before connect(2) takes away, and TIME-WAIT.

Each case has a network namespace of its own with a loopback interface and a small `ip_local_port_range` (ip(7)), so
that "all ports" are a hundred. Servers only listen: a connection that nobody accepts is ESTABLISHED all the same, and
costs no descriptor.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from netlab.errors import NetlabError
from netlab.linux import rtnetlink
from netlab.linux.diag import Diag
from netlab.linux.tap import Tap
from netlab.network.namespace import Namespace, become_own_root, forbidden

Where = tuple[str, int]
SERVER, OTHER_PORT, OTHER_ADDRESS = ("127.0.0.1", 7001), ("127.0.0.1", 7002), ("127.0.0.2", 7001)
FIRST_PORT = 40000
_BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, linux/in.h; the socket module names it from Python 3.12 on
_LOOK_S = 0.01


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """All cases with `config["ports"]` ports; `config["frames"]`: keep those of the first."""
    become_own_root()
    ports: int = config["ports"]
    try:
        four_tuple, early, late, waiting = (_Place(name, ports) for name in ("tuple", "bind", "no-port", "time-wait"))
    except OSError as error:
        raise forbidden("a network namespace with loopback", error) from None
    report_progress(0.2, "using up the ports")
    result: dict[str, Any] = {"frames": []}
    with four_tuple.namespace.entered(), Tap("lo") as tap:
        result["destinations"] = _destinations(four_tuple)
        if config["frames"]:
            result["frames"] = [{"time_ns": each.time_ns, "frame": each.frame.hex()} for each in tap.waiting(0.1)]
    four_tuple.close()
    report_progress(0.5, "binding first")
    result["bound first"] = _two_destinations(early, late=False)
    result["bound late"] = _two_destinations(late, late=True)
    report_progress(0.7, "waiting out TIME-WAIT")
    result["time_wait"] = _time_wait(waiting, config["timeout_s"])
    return result


class _Place:
    """A namespace with loopback, a small range of ports, and servers that listen."""

    def __init__(self, name: str, ports: int) -> None:
        self.namespace = Namespace(name)
        with self.namespace.entered():
            rtnetlink.set_up("lo")
        self.namespace.sysctl("net.ipv4.ip_local_port_range", f"{FIRST_PORT} {FIRST_PORT + ports - 1}")
        self.namespace.sysctl("net.core.somaxconn", 4 * ports)
        self.ports = ports
        self.listeners = {where: self._listening(where) for where in (SERVER, OTHER_PORT, OTHER_ADDRESS)}
        self.open: list[socket.socket] = list(self.listeners.values())

    def made(self) -> socket.socket:
        with self.namespace.entered():
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def _listening(self, where: Where) -> socket.socket:
        listener = self.made()
        listener.bind(where)
        listener.listen(4 * self.ports)
        return listener

    def connect(self, to: Where, source: str | None = None, *, late: bool = True) -> socket.socket:
        """A connection; `late`: a source address is bound without a port, which connect(2) then chooses. OSError."""
        client = self.made()
        try:
            if source is not None:
                if late:
                    client.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
                client.bind((source, 0))
            client.connect(to)
        except OSError:
            client.close()
            raise
        self.open.append(client)
        return client

    def until_refused(self, tos: Iterable[Where], source: str | None = None, *, late: bool = True) -> dict[str, Any]:
        """Connect to each of `tos` in turn, over and over, until one cannot: how many could, their ports, the error."""
        wanted = list(tos)
        ports: list[int] = []
        for number in range(4 * self.ports):  # more than there can be
            try:
                client = self.connect(wanted[number % len(wanted)], source, late=late)
            except OSError as error:
                return {"connected": len(ports), "ports": ports, "error": errno.errorcode.get(error.errno or 0, "?")}
            ports.append(client.getsockname()[1])
        return {"connected": len(ports), "ports": ports, "error": None}

    def close(self) -> None:
        for each in self.open:
            each.close()


def _destinations(place: _Place) -> list[dict[str, Any]]:
    """One destination until no port is left; then others, and another source, while all of these stay open."""
    rows: list[dict[str, Any]] = []
    steps: tuple[tuple[str | None, Where], ...] = (
        (None, SERVER),
        (None, OTHER_PORT),
        (None, OTHER_ADDRESS),
        ("127.0.0.3", SERVER),
    )
    first: set[int] = set()
    for source, to in steps:
        seen = place.until_refused([to], source)
        ports = set(seen.pop("ports"))
        first = first or ports
        rows.append({"source": source or "127.0.0.1", "to": f"{to[0]}:{to[1]}", "again": len(ports & first), **seen})
    return rows


def _two_destinations(place: _Place, *, late: bool) -> dict[str, Any]:
    """Two destinations in turn from an address that is bound first, with or without a port."""
    seen = place.until_refused([SERVER, OTHER_PORT], "127.0.0.4", late=late)
    place.close()
    return {"connected": seen["connected"], "error": seen["error"], "ports": len(set(seen["ports"]))}


def _time_wait(place: _Place, timeout_s: float) -> dict[str, Any]:
    """All ports in TIME-WAIT: who is refused, who is not, and what tcp_tw_reuse changes."""
    place.namespace.sysctl("net.ipv4.tcp_tw_reuse", 0)
    with place.namespace.entered():
        delay = Path("/proc/sys/net/ipv4/tcp_tw_reuse_delay")  # new in Linux 6.14, milliseconds; before: a second
        delay_s = int(delay.read_text()) / 1e3 if delay.exists() else None
        diag = Diag()
    for _ in range(place.ports):
        client = place.connect(SERVER)
        server, _ = place.listeners[SERVER].accept()
        client.close()  # first, and so the one to wait
        server.recv(1)
        server.close()
    since_s = time.monotonic()
    waiting = [sock for sock in diag.tcp() if sock.state == "TIME-WAIT" and sock.remote == SERVER]
    diag.close()
    same, other = _attempt(place, SERVER), _attempt(place, OTHER_PORT)
    place.namespace.sysctl("net.ipv4.tcp_tw_reuse", 1)
    while (again := _attempt(place, SERVER)) is not None:
        if time.monotonic() - since_s > timeout_s:
            raise NetlabError(f"no port in TIME-WAIT was used again within {timeout_s:g} s: {again}")
        time.sleep(_LOOK_S)
    result = {
        "waiting": len(waiting),
        "lasts_s": max((sock.expires_s for sock in waiting), default=None),
        "same": same,
        "other": other,
        "reused_after_s": time.monotonic() - since_s,
        "delay_s": delay_s,
    }
    place.close()
    return result


def _attempt(place: _Place, to: Where) -> str | None:
    """connect(2), once: None, or the name of its error."""
    try:
        place.connect(to)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    return None
