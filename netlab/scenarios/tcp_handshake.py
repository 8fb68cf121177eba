"""A connection is opened: the server listens and waits in accept(2), the client calls connect(2), and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from netlab.capture.tcp_info import tcp_info
from netlab.scenarios.session import Call, Session


def play(config: dict[str, Any], tell: Callable[[float, str], None]) -> dict[str, Any]:
    """Open one connection."""
    with Session(config) as session:
        tell(0.2, "listening")
        listener = session.listening()
        accepting = Call(lambda: session.accept(listener))
        client = session.opened(session.pair.client)
        tell(0.4, "connecting")
        session.connect(client)
        accepted = accepting.result(session.timeout_s)
        session.until(lambda: session.timeline.saw("server", "ESTABLISHED"), "ESTABLISHED at the server")
        result = session.finish(client_info=asdict(tcp_info(client)), server_info=asdict(tcp_info(accepted)))
        for sock in (client, accepted, listener):
            sock.close()
        return result
