"""What TCP does when segments do not arrive: on a lossy wire, on one that is cut for a while, with a silent peer."""

from __future__ import annotations

import errno
import hashlib
import random
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

from netlab.errors import NetlabError
from netlab.linux import network_counters
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.observation import Observation
from netlab.network.private import Host
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import PORT, Call, TwoHosts, TwoHostsPlan

_CONGESTION = b"reno"  # the one that every kernel has, and that textbooks describe
_RETRIES, _LINEAR = "net.ipv4.tcp_syn_retries", "net.ipv4.tcp_syn_linear_timeouts"  # the latter since Linux 6.5
_SYN_RETRIES = 2  # the third pause of the textbook's would be eight seconds long
DOUBLINGS = 2  # of the timeout, while the wire is cut
_LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """`loss`: the chance that a segment from the client is lost."""

    hosts: TwoHostsPlan
    loss: float
    size: int


@dataclass(frozen=True, slots=True)
class TransferResult:
    """How many bytes came, whether they are those that were sent; fast retransmits and timeouts of the sender."""

    observation: Observation
    received: int
    intact: bool
    took_s: float
    fast: int
    timeouts: int


@dataclass(frozen=True, slots=True)
class RtoStep:
    """The retransmission timeout and the window as TCP_INFO first had them at `at_s`, doubled `backoff` times."""

    backoff: int
    rto_s: float
    cwnd: int
    at_s: float


@dataclass(frozen=True, slots=True)
class OutageResult:
    """`arrived`: how many bytes came when the wire was whole again."""

    observation: Observation
    timeouts: tuple[RtoStep, ...]
    arrived: int


@dataclass(frozen=True, slots=True)
class SilentResult:
    """tcp_syn_linear_timeouts of this kernel, None if it has none; how connect(2) ended on client and server."""

    observation: Observation
    linear: int | None
    outcome: tuple[str, str]


def transfer(plan: TransferPlan, report_progress: ReportProgress) -> TransferResult:
    """Bytes from client to server, and how often the kernel had to send again."""
    with TwoHosts(plan.hosts, watched=False) as hosts:
        client, server = _connected(hosts)
        # The handshake is spared (frames 0 and 1 of the client), and so are the ACKs: one thing at a time.
        hosts.pair.wire.change("client", replace(plan.hosts.conditions["client"], loss=plan.loss), first=2)
        data = random.Random(plan.hosts.seed).randbytes(plan.size)
        with client, server:
            before = _counters(hosts.pair.client)
            receiving = Call(lambda: _digest(server))
            begun_s = time.monotonic()
            Call(lambda: _send(client, data)).result(hosts.timeout_s)
            received, digest = receiving.result(hosts.timeout_s)
            took_s = time.monotonic() - begun_s
            grown = network_counters.difference(before, _counters(hosts.pair.client))
            fast, timeouts = grown.get("TcpExtTCPFastRetrans", 0), grown.get("TcpExtTCPTimeouts", 0)
            intact = digest == hashlib.sha256(data).hexdigest()
            return TransferResult(hosts.observation(), received, intact, took_s, fast, timeouts)


def outage(plan: TwoHostsPlan, report_progress: ReportProgress) -> OutageResult:
    """The wire is cut, the client sends; some doublings of its timeout later the wire is whole again."""
    with TwoHosts(plan, watched=False) as hosts:
        client, server = _connected(hosts)
        with client, server:
            hosts.pair.wire.change("client", Conditions(blocked=True))
            client.sendall(b"is anybody there?")
            timeouts = _doublings(client, hosts.timeout_s)
            hosts.pair.wire.change("client", plan.conditions["client"])
            server.settimeout(hosts.timeout_s)
            arrived = len(server.recv(100))
            return OutageResult(hosts.observation(), timeouts, arrived)


def _doublings(client: socket.socket, timeout_s: float) -> tuple[RtoStep, ...]:
    """The timeout at first and each time it has doubled, until it was often enough."""
    timeouts: list[RtoStep] = []
    begun_s = time.monotonic()
    while not timeouts or timeouts[-1].backoff < DOUBLINGS:
        info, at_s = tcp_info(client), time.monotonic() - begun_s
        if not timeouts or info.backoff != timeouts[-1].backoff:
            timeouts.append(RtoStep(info.backoff, info.rto_s, info.cwnd, at_s))
        if at_s > timeout_s:
            raise NetlabError(f"the timeout did not double {DOUBLINGS} times")
        time.sleep(_LOOK_S)
    return tuple(timeouts)


def silent(plan: TwoHostsPlan, report_progress: ReportProgress) -> SilentResult:
    """Each host calls the other, and hears nothing: the client as in the textbook, the server as its kernel has it."""
    with TwoHosts(plan, watched=False, sysctls={"both": {_RETRIES: _SYN_RETRIES}}) as hosts:
        client, server = hosts.pair.hosts()
        _linear(client, 0)
        linear = _linear(server, None)
        calling, calling_back = Call(lambda: _call(client, server)), Call(lambda: _call(server, client))
        outcome = calling.result(hosts.timeout_s), calling_back.result(hosts.timeout_s)
        return SilentResult(hosts.observation(), linear, outcome)


def _linear(host: Host, wanted: int | None) -> int | None:
    """The host's tcp_syn_linear_timeouts, set to `wanted` if that is a number; None: this kernel has none."""
    try:
        if wanted is not None:
            host.namespace.sysctl(_LINEAR, wanted)
        with host.namespace.entered():
            return int(Path("/proc/sys", _LINEAR.replace(".", "/")).read_text())
    except FileNotFoundError:
        return None


def _call(host: Host, other: Host) -> str:
    with host.socket() as sock:
        try:
            sock.connect((other.ip, PORT))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
    return "connected"


def _connected(hosts: TwoHosts) -> tuple[socket.socket, socket.socket]:
    with hosts.listen_quietly() as listener:
        client = hosts.pair.client.socket()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, _CONGESTION)
        return client, hosts.connect_quietly(client, listener)


def _counters(host: Host) -> dict[str, int]:
    with host.namespace.entered():
        return network_counters.read()


def _send(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def _digest(server: socket.socket) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while data := server.recv(65536):
        digest.update(data)
        size += len(data)
    return size, digest.hexdigest()
