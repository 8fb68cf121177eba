"""A writer that never pauses and a reader that does: what the two kernels hold then, and how one asks the other.

The reader's silence ends when the sender's kernel has sent so many zero-window probes (RFC 9293 §3.8.6.1), not after a
time: so there are as many on a busy machine. Then it reads in small pieces first, to show that the window does not open
by small pieces (§3.8.6.2.2), and at last as fast as it can.
"""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
from dataclasses import dataclass

from netlab.errors import NetlabError
from netlab.linux.diag import Diag, Sock
from netlab.linux.tcp_info import tcp_info
from netlab.network.observation import Observation
from netlab.network.private import Host
from netlab.network.scene import ReportProgress
from netlab.network.timeline import CALL, RETURN, STATE, ours
from netlab.network.two_hosts import Call, TwoHosts, TwoHostsPlan

WRITE = 4096  # bytes per send(2)
PIECE, PIECES = 512, 48  # what the reader takes when it begins again, and how often
_BETWEEN_S = 0.004
_LOOK_S = 0.004
_PROBING = "zero window probe"


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """`size` bytes to a reader that stops after `read` of them until there were so many `probes`."""

    hosts: TwoHostsPlan
    size: int
    read: int
    buffer: int
    probes: int


@dataclass(frozen=True, slots=True)
class BlockedSend:
    """The send(2) that took longest; so many bytes were `written` before it."""

    begun_ns: int
    ended_ns: int
    written: int


@dataclass(frozen=True, slots=True)
class PausedReading:
    """The reader stopped, and went on when the kernels held so much of what was written: unread here, unsent there.
    `pieces`: when each had been read, and how many bytes by then."""

    received: int
    digest: str
    stopped_ns: int
    again_ns: int
    pieces: tuple[tuple[int, int], ...]
    held_unread: int
    held_unsent: int


@dataclass(frozen=True, slots=True)
class FlowResult:
    """`intact`: what came is what was sent."""

    observation: Observation
    blocked: BlockedSend
    reading: PausedReading
    intact: bool
    mss: int


def play(plan: FlowPlan, report_progress: ReportProgress) -> FlowResult:
    """Write and read at the same time, and look at both kernels meanwhile."""
    with TwoHosts(plan.hosts, watched=False) as hosts:
        client, server = _connected(hosts, plan.buffer)
        data = random.Random(plan.hosts.seed).randbytes(plan.size)
        with client, server:
            with _Looks(hosts, plan.probes, report_progress) as looks:
                sending = Call(lambda: _write(hosts, client, data))
                reading = Call(lambda: _read(hosts, server, looks, plan.read))
                blocked, read = sending.result(hosts.timeout_s), reading.result(hosts.timeout_s)
            mss, intact = tcp_info(client).mss, read.digest == hashlib.sha256(data).hexdigest()
            _wait_until_acknowledged(client, hosts.timeout_s)
            return FlowResult(hosts.observation(), blocked, read, intact, mss)


def _connected(hosts: TwoHosts, buffer: int) -> tuple[socket.socket, socket.socket]:
    """Buffers that are set do not grow by themselves (tcp(7)); before the SYN, whose window scale depends on them."""
    with hosts.listen_quietly(receive_buffer=buffer) as listener:
        client = hosts.pair.client.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        return client, hosts.connect_quietly(client, listener)


def _wait_until_acknowledged(client: socket.socket, timeout_s: float) -> None:
    """The FIN, and so every byte before it."""
    deadline_s = time.monotonic() + timeout_s
    while tcp_info(client).state != "FIN-WAIT-2" and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)


def _write(hosts: TwoHosts, client: socket.socket, data: bytes) -> BlockedSend:
    """send(2) until all is sent."""
    longest = (0, 0, 0, 0)
    at = 0
    while at < len(data):
        begun_ns = time.monotonic_ns()
        taken = client.send(data[at : at + WRITE])
        ended_ns = time.monotonic_ns()
        longest = max(longest, (ended_ns - begun_ns, begun_ns, ended_ns, at))
        at += taken
    client.shutdown(socket.SHUT_WR)
    took_ns, begun_ns, ended_ns, before = longest
    what = f"send({WRITE} B), after {before:,} B"
    hosts.timeline.note("client", CALL, what, at_ns=begun_ns)
    hosts.timeline.note("client", RETURN, what, f"{took_ns / 1e9:.2f} s later", at_ns=ended_ns)
    return BlockedSend(begun_ns, ended_ns, before)


def _read(hosts: TwoHosts, server: socket.socket, looks: _Looks, first: int) -> PausedReading:
    """`first` bytes, nothing until there were probes, small pieces, the rest."""
    digest, read = hashlib.sha256(), 0

    def take(most: int) -> int:
        nonlocal read
        data = server.recv(most)
        digest.update(data)
        read += len(data)
        return len(data)

    while read < first and take(min(WRITE, first - read)):
        pass
    hosts.timeline.note("server", CALL, f"recv(), the last for now: {read:,} B")
    stopped_ns = time.monotonic_ns()
    looks.wait(hosts.timeout_s)
    again_ns, unread, unsent = time.monotonic_ns(), looks.last["server"].receive_queue, looks.last["client"].send_queue
    hosts.timeline.note("server", CALL, f"recv({PIECE} B), again and again")
    pieces: list[tuple[int, int]] = []
    for _ in range(PIECES):
        take(PIECE)
        pieces.append((time.monotonic_ns(), read))
        time.sleep(_BETWEEN_S)
    hosts.timeline.note("server", CALL, "recv(), as fast as it can")
    while take(65536):
        pass
    return PausedReading(read, digest.hexdigest(), stopped_ns, again_ns, tuple(pieces), unread, unsent)


class _Looks:
    """A thread that asks both kernels for the connection's sockets, again and again; `last`: by host."""

    def __init__(self, hosts: TwoHosts, probes: int, report_progress: ReportProgress) -> None:
        self.last: dict[str, Sock] = {}
        self._hosts, self._probes, self._report_progress = hosts, probes, report_progress
        self._diags: list[tuple[Host, Diag]] = []
        for host in hosts.pair.hosts():
            with host.namespace.entered():
                self._diags.append((host, Diag()))
        self._over, self._probed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Looks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        for _host, diag in self._diags:
            diag.close()

    def wait(self, timeout_s: float) -> None:
        """Until there have been enough probes; NetlabError when there were not in time."""
        if not self._probed.wait(timeout_s):
            raise NetlabError(f"there were no {self._probes} zero-window probes within {timeout_s:g} s")

    def _run(self) -> None:
        while not self._over.is_set():
            for host, diag in self._diags:
                for sock in diag.tcp(info=True):
                    if sock.state == "ESTABLISHED" and ours(sock, host, self._hosts.pair.hosts()):
                        before, self.last[host.name] = self.last.get(host.name), sock
                        if sock.timer == _PROBING and (before is None or _probes(before) != _probes(sock)):
                            self._note_probe(host.name, sock)
            self._over.wait(_LOOK_S)

    def _note_probe(self, host: str, sock: Sock) -> None:
        _, probes = _probes(sock)
        self._hosts.timeline.note(host, STATE, f"{_PROBING} in {sock.expires_s:.2f} s", backoff=probes)
        self._report_progress(min(0.2 + 0.6 * probes / self._probes, 0.8), f"zero-window probes: {probes}")
        if probes >= self._probes:
            self._probed.set()


def _probes(sock: Sock) -> tuple[str, int]:
    """Its timer, and how many probes were sent: each doubles the timer."""
    return sock.timer, sock.info.backoff if sock.info else 0
