"""Flows from client to server over one bottleneck, each with a congestion control of its own: what their senders knew.

The bottleneck is the wire's direction from the client, with a rate and a queue (drop-tail). TCP_INFO is asked every few
milliseconds; what waited in the queue is in the wire's record. The sysctls take out of it what would blur the lesson:
what the kernel remembers of earlier connections (tcp_no_metrics_save), and receive windows that are smaller than cwnd.
"""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from netlab.linux import counters
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord
from netlab.network.private import Pair
from netlab.network.two_hosts import PORT, Call

SYSCTLS = {
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.tcp_rmem": "4096 1048576 33554432",
    "net.ipv4.tcp_wmem": "4096 1048576 33554432",
}
_SNAP = 96  # all headers, and no data
_LOOK_S = 0.004
_CONGESTION, _NOTSENT_LOWAT = 13, 25  # TCP_CONGESTION, TCP_NOTSENT_LOWAT of <linux/tcp.h>
_AHEAD = 65_536  # bytes that an application may be ahead of its connection: what is left to send when time is up
_TCP = 14 + 20  # where the TCP header is: IPv4 without options


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """A flow for each of `config["algorithms"]`, all for `duration_s`."""
    conditions = {host: Conditions.read(plain) for host, plain in config["conditions"].items()}
    with Pair(conditions, config["seed"], snap=_SNAP, sysctls={"both": SYSCTLS}) as pair:
        listener = pair.server.socket()
        listener.bind((pair.server.ip, PORT))
        listener.listen(len(config["algorithms"]))
        flows = [_Flow(pair, listener, name, config) for name in config["algorithms"]]
        with pair.client.namespace.entered():
            before = counters.read()
        start_ns = time.monotonic_ns()
        told_s = 0.0
        sending = [flow.start(start_ns + round(config["duration_s"] * 1e9)) for flow in flows]
        while any(not flow.all_sent.is_set() for flow in flows):
            for flow in flows:
                flow.look(start_ns)
            told_s = _tell(report_progress, (time.monotonic_ns() - start_ns) / 1e9, told_s, config)
            time.sleep(_LOOK_S)
        for call in (each for calls in sending for each in calls):
            call.result(config["timeout_s"])
        with pair.client.namespace.entered():
            changed = counters.difference(before, counters.read())
        told = [flow.told(start_ns) for flow in flows]
        passed = pair.stop()
        return {
            "flows": told,
            "counters": changed,
            "wire_lost": pair.lost,
            "frames": [_row(each, start_ns) for each in passed if each.sender == "client"],
            "capture": [
                [each.sender, each.sent_ns, each.arrived_ns, each.frame.hex(), each.size]
                for each in (passed if config["capture"] else ())
            ],
            "epoch_ns": time.time_ns() - time.monotonic_ns(),
        }


def _tell(report_progress: Callable[[float, str], None], now_s: float, told_s: float, config: dict[str, Any]) -> float:
    """Say how far it is, a few times a second; when that was last."""
    if now_s - told_s < 0.2:
        return told_s
    report_progress(min(now_s / config["duration_s"], 1.0), "sending")
    return now_s


def _row(each: FrameRecord, start_ns: int) -> list[Any]:
    """[sent, fate, frames waiting, bytes of data, client's port]."""
    port, length = struct.unpack_from("!H", each.frame, _TCP)[0], struct.unpack_from("!H", each.frame, 16)[0]
    data = length - 20 - (each.frame[_TCP + 12] >> 4) * 4
    return [(each.sent_ns - start_ns) / 1e9, each.fate, each.waiting, data, port]


class _Flow:
    """A connection, two threads that send and receive, and what TCP_INFO said of it."""

    def __init__(self, pair: Pair, listener: socket.socket, algorithm: str, config: dict[str, Any]) -> None:
        self.sock = pair.client.socket()
        self.sock.setsockopt(socket.IPPROTO_TCP, _CONGESTION, algorithm.encode())
        self.sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _AHEAD)
        self.sock.connect((pair.server.ip, PORT))
        self.peer = listener.accept()[0]
        self.sock.settimeout(config["timeout_s"])
        self.peer.settimeout(config["timeout_s"])
        self.algorithm = self.sock.getsockopt(socket.IPPROTO_TCP, _CONGESTION, 16).rstrip(b"\0").decode()
        self.all_sent = threading.Event()
        self.port = self.sock.getsockname()[1]
        self._block = random.Random(f"{config['seed']} {self.port}").randbytes(16_384)
        self._sent, self._received = hashlib.sha256(), hashlib.sha256()
        self._bytes = 0
        self._samples: list[list[Any]] = []

    def start(self, until_ns: int) -> tuple[Call[None], Call[None]]:
        """Send until then, and receive until the end of the stream."""
        return Call(lambda: self._send(until_ns)), Call(self._receive)

    def _send(self, until_ns: int) -> None:
        try:
            while time.monotonic_ns() < until_ns:
                self._sent.update(self._block[: self.sock.send(self._block)])
        finally:
            self.all_sent.set()
        self.sock.shutdown(socket.SHUT_WR)

    def _receive(self) -> None:
        while data := self.peer.recv(65_536):
            self._received.update(data)
            self._bytes += len(data)

    def look(self, start_ns: int) -> None:
        """One more sample, with the bytes received by then and the time after both."""
        told, received = tcp_info(self.sock), self._bytes
        self._samples.append(
            [
                (time.monotonic_ns() - start_ns) / 1e9,
                told.cwnd,
                told.ssthresh,
                told.rtt_s,
                told.delivered,
                told.congestion,
                received,
                told.pacing_rate,
            ]
        )

    def told(self, start_ns: int) -> dict[str, Any]:
        """All of it, once the receiver has come to the end."""
        end_s, told = (time.monotonic_ns() - start_ns) / 1e9, tcp_info(self.sock)
        return {
            "algorithm": self.algorithm,
            "port": self.port,
            "samples": self._samples,
            "mss": told.mss,
            "retransmitted": told.total_retransmits,
            "bytes": self._bytes,
            "end_s": end_s,
            "intact": self._sent.digest() == self._received.digest(),
        }
