"""Flows from client to server over one bottleneck, each with a congestion control of its own: what their senders knew.

The bottleneck is the wire's direction from the client, with a rate and a queue (drop-tail). TCP_INFO is asked every few
milliseconds; what waited in the queue is in the wire's record. The sysctls take out of it what would blur the lesson:
what the kernel remembers of earlier connections (tcp_no_metrics_save), and receive windows that are smaller than cwnd.
"""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
from dataclasses import dataclass

from netlab.experiments.tcp.congestion_run import CongestionRun, Flow, TcpInfoSample
from netlab.linux import network_counters
from netlab.linux.tcp_info import tcp_info
from netlab.network.frame_record import FrameRecord
from netlab.network.private import Pair
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import PORT, Call, TwoHostsPlan, port_of

SYSCTLS = {
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.tcp_rmem": "4096 1048576 33554432",
    "net.ipv4.tcp_wmem": "4096 1048576 33554432",
}
_SNAP = 96  # all headers, and no data
_LOOK_S = 0.004
_CONGESTION, _NOTSENT_LOWAT = 13, 25  # TCP_CONGESTION, TCP_NOTSENT_LOWAT of <linux/tcp.h>
_AHEAD = 65_536  # bytes that an application may be ahead of its connection: what is left to send when time is up
_TOLD_S = 0.2  # between two words of progress


@dataclass(frozen=True, slots=True)
class CongestionPlan:
    """A flow for each of the `algorithms`, all for `duration_s`. `capture`: return the frames, too."""

    hosts: TwoHostsPlan
    algorithms: tuple[str, ...]
    duration_s: float
    capture: bool


def play(plan: CongestionPlan, report_progress: ReportProgress) -> CongestionRun:
    """Send until the time is up, and look at the senders meanwhile."""
    with Pair(plan.hosts.conditions, plan.hosts.seed, snap=_SNAP, sysctls={"both": SYSCTLS}) as pair:
        listener = pair.server.socket()
        listener.bind((pair.server.ip, PORT))
        listener.listen(len(plan.algorithms))
        connections = [_Connection(pair, listener, name, plan.hosts) for name in plan.algorithms]
        with pair.client.namespace.entered():
            before = network_counters.read()
        start_ns = time.monotonic_ns()
        calls = [connection.start(start_ns + round(plan.duration_s * 1e9)) for connection in connections]
        told_s = 0.0
        while any(not connection.all_sent.is_set() for connection in connections):
            for connection in connections:
                connection.look(start_ns)
            now_s = (time.monotonic_ns() - start_ns) / 1e9
            if now_s - told_s >= _TOLD_S:
                report_progress(min(now_s / plan.duration_s, 1.0), "sending")
                told_s = now_s
            time.sleep(_LOOK_S)
        for sending, receiving in calls:
            sending.result(plan.hosts.timeout_s)
            receiving.result(plan.hosts.timeout_s)
        with pair.client.namespace.entered():
            changed = network_counters.difference(before, network_counters.read())
        flows = tuple(connection.flow() for connection in connections)
        frames = pair.stop()
        queue, drops = _queue(frames, start_ns)
        epoch_ns, capture = time.time_ns() - time.monotonic_ns(), tuple(frames) if plan.capture else ()
        return CongestionRun(flows, queue, drops, changed, pair.lost, epoch_ns, capture)


def _queue(frames: list[FrameRecord], start_ns: int) -> tuple[tuple[tuple[float, int], ...], ...]:
    """When each frame of the client came, and how many it found in the queue; the same of those that were dropped."""
    came = sorted((each for each in frames if each.sender == "client"), key=_sent_ns)
    found = [((each.sent_ns - start_ns) / 1e9, each.waiting, each.fate) for each in came]
    queue = tuple((at_s, waiting) for at_s, waiting, _ in found if waiting is not None and at_s >= 0)
    drops = tuple((at_s, waiting) for at_s, waiting, fate in found if waiting is not None and fate == "queue full")
    return queue, drops


def _sent_ns(frame: FrameRecord) -> int:
    return frame.sent_ns


class _Connection:
    """A connection, two threads that send and receive, and what TCP_INFO said of it."""

    def __init__(self, pair: Pair, listener: socket.socket, algorithm: str, plan: TwoHostsPlan) -> None:
        self.all_sent = threading.Event()
        self._sock = pair.client.socket()
        self._sock.setsockopt(socket.IPPROTO_TCP, _CONGESTION, algorithm.encode())
        self._sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _AHEAD)
        self._sock.connect((pair.server.ip, PORT))
        self._peer = listener.accept()[0]
        self._sock.settimeout(plan.timeout_s)
        self._peer.settimeout(plan.timeout_s)
        self._block = random.Random(f"{plan.seed} {port_of(self._sock)}").randbytes(16_384)
        self._sent, self._received = hashlib.sha256(), hashlib.sha256()
        self._bytes = 0
        self._samples: list[TcpInfoSample] = []

    def start(self, until_ns: int) -> tuple[Call[None], Call[None]]:
        """Send until then, and receive until the end of the stream."""
        return Call(lambda: self._send(until_ns)), Call(self._receive)

    def _send(self, until_ns: int) -> None:
        try:
            while time.monotonic_ns() < until_ns:
                self._sent.update(self._block[: self._sock.send(self._block)])
        finally:
            self.all_sent.set()
        self._sock.shutdown(socket.SHUT_WR)

    def _receive(self) -> None:
        while data := self._peer.recv(65_536):
            self._received.update(data)
            self._bytes += len(data)

    def look(self, start_ns: int) -> None:
        """One more sample, with the bytes received by then and the time after both."""
        info, received = tcp_info(self._sock), self._bytes
        at_s = (time.monotonic_ns() - start_ns) / 1e9
        window = info.cwnd, info.ssthresh, info.rtt_s, info.delivered, info.congestion
        self._samples.append(TcpInfoSample(at_s, *window, received, info.pacing_rate))

    def flow(self) -> Flow:
        """All of it, once the receiver has come to the end."""
        algorithm = self._sock.getsockopt(socket.IPPROTO_TCP, _CONGESTION, 16).rstrip(b"\0").decode()
        info, intact = tcp_info(self._sock), self._sent.digest() == self._received.digest()
        return Flow(algorithm, tuple(self._samples), info.total_retransmits, intact, info.mss)
