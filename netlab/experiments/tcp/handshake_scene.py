"""A connection is opened: the server listens and waits in accept(2), the client calls connect(2), and no more."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.linux.tcp_info import tcp_info
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import Call, TwoHosts, TwoHostsPlan


@dataclass(frozen=True, slots=True)
class HandshakeResult:
    """`rtt_s`: the round trip as the client's kernel measured it."""

    observation: Observation
    rtt_s: float


def play(plan: TwoHostsPlan, report_progress: ReportProgress) -> HandshakeResult:
    """Open one connection."""
    with TwoHosts(plan) as hosts:
        report_progress(0.2, "listening")
        listener = hosts.listen()
        accepting = Call(lambda: hosts.accept(listener))
        client = hosts.open_socket(hosts.pair.client)
        report_progress(0.4, "connecting")
        hosts.connect(client)
        with listener, client, accepting.result(hosts.timeout_s):
            hosts.wait_for_state("server", "ESTABLISHED")
            rtt_s = tcp_info(client).rtt_s
            return HandshakeResult(hosts.observation(), rtt_s)
