"""Numbered datagrams to the server and back: what a wire by itself does, and what it does not."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

from netlab.linux import network_counters
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import PORT, TwoHosts, TwoHostsPlan

_SIZE = 400
_PATIENCE_S = 0.5  # after the last echo


@dataclass(frozen=True, slots=True)
class EchoPlan:
    """How many datagrams to send."""

    hosts: TwoHostsPlan
    datagrams: int


@dataclass(frozen=True, slots=True)
class EchoResult:
    """How many were sent and came back, whether all were those that were sent; the server's kernel counters."""

    observation: Observation
    sent: int
    echoed: int
    intact: bool
    counters: dict[str, int]


def play(plan: EchoPlan, report_progress: ReportProgress) -> EchoResult:
    """Send the datagrams, one after the other, and take what comes back."""
    with TwoHosts(plan.hosts, watched=False) as stage:
        server, client = stage.pair.server.socket(socket.SOCK_DGRAM), stage.pair.client.socket(socket.SOCK_DGRAM)
        server.bind((stage.pair.server.ip, PORT))
        client.connect((stage.pair.server.ip, PORT))
        client.settimeout(_PATIENCE_S)
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        sent = [number.to_bytes(4, "big") * (_SIZE // 4) for number in range(plan.datagrams)]
        echoed: list[bytes] = []
        for data in sent:
            client.send(data)
        try:
            while len(echoed) < len(sent):
                echoed.append(client.recv(2048))
        except TimeoutError:
            pass  # some are lost
        with stage.pair.server.namespace.entered():
            counted = network_counters.read()
        server.close()
        intact = all(data in sent for data in echoed)
        return EchoResult(stage.observation(), len(sent), len(echoed), intact, counted)


def _serve(server: socket.socket) -> None:
    while True:
        try:
            data, where = server.recvfrom(2048)
            server.sendto(data, where)
        except OSError:
            return  # closed: the experiment is over
