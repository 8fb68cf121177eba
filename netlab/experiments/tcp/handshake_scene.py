"""A connection is opened: the server listens and waits in accept(2), the client calls connect(2), and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from netlab.linux.tcp_info import tcp_info
from netlab.network.two_hosts import Call, TwoHosts


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Open one connection."""
    with TwoHosts(config) as stage:
        report_progress(0.2, "listening")
        listener = stage.listen()
        accepting = Call(lambda: stage.accept(listener))
        client = stage.open_socket(stage.pair.client)
        report_progress(0.4, "connecting")
        stage.connect(client)
        accepted = accepting.result(stage.timeout_s)
        stage.wait_until(lambda: stage.timeline.saw("server", "ESTABLISHED"), "ESTABLISHED at the server")
        result = stage.finish(client_info=asdict(tcp_info(client)), server_info=asdict(tcp_info(accepted)))
        for sock in (client, accepted, listener):
            sock.close()
        return result
