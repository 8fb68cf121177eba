"""A client's ports, used up: what the four-tuple allows, what bind(2) before connect(2) takes away, and TIME-WAIT.

Each case has a network namespace of its own with a loopback interface and a small `ip_local_port_range` (ip(7)), so
that "all ports" are a hundred. Servers only listen: a connection that nobody accepts is ESTABLISHED all the same, and
costs no descriptor.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netlab.errors import NetlabError
from netlab.experiments.limits.limits_rows import PortsRow
from netlab.linux import rtnetlink
from netlab.linux.diag import Diag
from netlab.linux.tap import Tap
from netlab.network.namespace import Namespace, become_own_root, forbidden
from netlab.network.scene import ReportProgress
from netlab.packets.capture_file import CapturedFrame

SocketAddress = tuple[str, int]
SERVER, OTHER_PORT, OTHER_ADDRESS = ("127.0.0.1", 7001), ("127.0.0.1", 7002), ("127.0.0.2", 7001)
FIRST_PORT = 40000
_BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, linux/in.h; the socket module names it from Python 3.12 on
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class PortsPlan:
    """How many ports the range has; whether to keep the frames of the first case; how long to wait for TIME-WAIT."""

    ports: int
    keep_frames: bool
    timeout_s: float


@dataclass(frozen=True, slots=True)
class TimeWait:
    """How many ports were in TIME-WAIT and for how long; the errors of connect(2) to the same and another destination;
    after what time tcp_tw_reuse let one be used again, and the least that it wants (None: an older kernel's second)."""

    waiting: int
    lasts_s: float | None
    same: str | None
    other: str | None
    reused_after_s: float
    delay_s: float | None


@dataclass(frozen=True, slots=True)
class PortsResult:
    """Several destinations in turn; both ports of the server from an address bound with and without a port."""

    frames: tuple[CapturedFrame, ...]
    destinations: list[PortsRow]
    bound_first: PortsRow
    bound_late: PortsRow
    time_wait: TimeWait


def play(plan: PortsPlan, report_progress: ReportProgress) -> PortsResult:
    """All cases."""
    become_own_root()
    names = ("tuple", "bind", "no-port", "time-wait")
    try:
        four_tuple, early, late, waiting = (_SmallRange(name, plan.ports) for name in names)
    except OSError as error:
        raise forbidden("a network namespace with loopback", error) from None
    report_progress(0.2, "using up the ports")
    with four_tuple.namespace.entered(), Tap("lo") as tap:
        destinations = _destinations(four_tuple)
        frames = tuple(tap.waiting(0.1)) if plan.keep_frames else ()
    four_tuple.close()
    report_progress(0.5, "binding first")
    bound_first, bound_late = _two_destinations(early, late=False), _two_destinations(late, late=True)
    report_progress(0.7, "waiting out TIME-WAIT")
    return PortsResult(frames, destinations, bound_first, bound_late, _time_wait(waiting, plan.timeout_s))


class _SmallRange:
    """A namespace with loopback, a small range of ports, and servers that listen."""

    def __init__(self, name: str, ports: int) -> None:
        self.namespace = Namespace(name)
        with self.namespace.entered():
            rtnetlink.set_up("lo")
        self.namespace.sysctl("net.ipv4.ip_local_port_range", f"{FIRST_PORT} {FIRST_PORT + ports - 1}")
        self.namespace.sysctl("net.core.somaxconn", 4 * ports)
        self.ports = ports
        self.listeners = {address: self._listen(address) for address in (SERVER, OTHER_PORT, OTHER_ADDRESS)}
        self.open: list[socket.socket] = list(self.listeners.values())

    def _socket(self) -> socket.socket:
        with self.namespace.entered():
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def _listen(self, address: SocketAddress) -> socket.socket:
        listener = self._socket()
        listener.bind(address)
        listener.listen(4 * self.ports)
        return listener

    def connect(self, to: SocketAddress, source: str = "", *, late: bool = True) -> socket.socket:
        """A connection; `late`: a source address is bound without a port, which connect(2) then chooses. OSError."""
        client = self._socket()
        try:
            if source:
                if late:
                    client.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
                client.bind((source, 0))
            client.connect(to)
        except OSError:
            client.close()
            raise
        self.open.append(client)
        return client

    def connect_error(self, to: SocketAddress) -> str | None:
        """connect(2), once: None, or the name of its error."""
        try:
            self.connect(to)
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, "?")
        return None

    def connect_all(
        self, addresses: Sequence[SocketAddress], source: str = "", *, late: bool = True
    ) -> tuple[list[int], str | None]:
        """Connect to the addresses in turn, over and over, until it fails: the clients' ports, and the error."""
        ports: list[int] = []
        for number in range(4 * self.ports):  # more than there can be
            to = addresses[number % len(addresses)]
            try:
                client = self.connect(to, source, late=late)
            except OSError as error:
                return ports, errno.errorcode.get(error.errno or 0, "?")
            own: SocketAddress = client.getsockname()
            ports.append(own[1])
        return ports, None

    def close(self) -> None:
        for each in self.open:
            each.close()


def _destinations(place: _SmallRange) -> list[PortsRow]:
    """One destination until no port is left; then others, and another source, while all of these stay open."""
    rows: list[PortsRow] = []
    first: set[int] = set()
    for to, source in ((SERVER, ""), (OTHER_PORT, ""), (OTHER_ADDRESS, ""), (SERVER, "127.0.0.3")):
        ports, error = place.connect_all([to], source)
        again = len(first & set(ports)) if first else None
        first = first or set(ports)
        rows.append(PortsRow(source or "127.0.0.1", len(ports), again, f"{to[0]}:{to[1]}", error))
    return rows


def _two_destinations(place: _SmallRange, *, late: bool) -> PortsRow:
    """Two destinations in turn from an address that is bound first, with or without a port."""
    source = "127.0.0.4"
    ports, error = place.connect_all([SERVER, OTHER_PORT], source, late=late)
    place.close()
    again, bound = len(ports) - len(set(ports)), f"{source}, bound {'late' if late else 'first'}"
    return PortsRow(bound, len(ports), again, "both ports", error)


def _time_wait(place: _SmallRange, timeout_s: float) -> TimeWait:
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
    same, other = place.connect_error(SERVER), place.connect_error(OTHER_PORT)
    place.namespace.sysctl("net.ipv4.tcp_tw_reuse", 1)
    while (error := place.connect_error(SERVER)) is not None:
        if time.monotonic() - since_s > timeout_s:
            raise NetlabError(f"no port in TIME-WAIT was used again within {timeout_s:g} s: {error}")
        time.sleep(_LOOK_S)
    reused_after_s = time.monotonic() - since_s
    place.close()
    lasts_s = max((sock.expires_s for sock in waiting), default=None)
    return TimeWait(len(waiting), lasts_s, same, other, reused_after_s, delay_s)
