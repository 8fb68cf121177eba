"""Numbered datagrams to the server and back: what a wire by itself does, and what it does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from netlab.linux import counters
from netlab.network.two_hosts import PORT, TwoHosts

_SIZE = 400
_PATIENCE_S = 0.5  # after the last echo


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Send `config["datagrams"]`, one after the other, and take what comes back."""
    with TwoHosts(config, watched=False) as stage:
        server, client = stage.pair.server.socket(socket.SOCK_DGRAM), stage.pair.client.socket(socket.SOCK_DGRAM)
        server.bind((stage.pair.server.ip, PORT))
        client.connect((stage.pair.server.ip, PORT))
        client.settimeout(_PATIENCE_S)
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        sent = [number.to_bytes(4, "big") * (_SIZE // 4) for number in range(config["datagrams"])]
        echoed: list[bytes] = []
        for data in sent:
            client.send(data)
        try:
            while len(echoed) < len(sent):
                echoed.append(client.recv(2048))
        except TimeoutError:
            pass  # some are lost
        with stage.pair.server.namespace.entered():
            counted = counters.read()
        server.close()
        return stage.finish(
            sent=len(sent), echoed=len(echoed), intact=all(data in sent for data in echoed), counters=counted
        )


def _serve(server: socket.socket) -> None:
    while True:
        try:
            data, where = server.recvfrom(2048)
            server.sendto(data, where)
        except OSError:
            return  # closed: the experiment is over
