"""What UDP does and does not: sizes that stay, losses that nobody mends, a buffer that overflows, cut packets,
and datagrams for many (udp_groups.py)."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable
from typing import Any

from netlab.experiments.udp import groups_scene
from netlab.linux import counters
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import PORT, TwoHosts

_DROPPED = 40  # SO_RXQ_OVFL: how many datagrams this socket had no room for, with each that comes
_QUIET_S = 1.5  # nothing has come for so long: nothing more will
SIZES = (1, 1000, 0, 3000, 10)


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """All cases, one after the other, on one pair of hosts; on loopback those that need neither wire nor interface."""
    with TwoHosts(config, watched=False) as stage:
        told: dict[str, Any] = {
            "boundaries": _boundaries(stage),
            "refused": _refused(stage),
            "overrun": _overrun(stage, config["flood"]),
        }
        if stage.on_loopback:
            return stage.finish(**told)
        told |= {
            "broadcast": groups_scene.broadcast(stage),
            "multicast": groups_scene.multicast(stage),
            "disorder": _disorder(stage, config["numbered"], Conditions.read(config["bad"])),
        }
        return stage.finish(**told)


def _server(stage: TwoHosts) -> socket.socket:
    server = stage.pair.server.socket(socket.SOCK_DGRAM)
    server.bind((stage.pair.server.ip, PORT))
    server.settimeout(stage.timeout_s)
    return server


def _client(stage: TwoHosts) -> socket.socket:
    client = stage.pair.client.socket(socket.SOCK_DGRAM)
    client.connect((stage.pair.server.ip, PORT))
    return client


def _counted(stage: TwoHosts) -> dict[str, int]:
    with stage.pair.server.namespace.entered():
        return counters.read()


def _boundaries(stage: TwoHosts) -> dict[str, Any]:
    """Datagrams of several sizes, one that must be cut in two, and one for which the reader has too little room."""
    with _server(stage) as server, _client(stage) as client:
        before = _counted(stage)
        for size in SIZES:
            client.send(bytes(size))
        got = [len(server.recv(65536)) for _ in SIZES]
        client.send(b"x" * 100)
        data, _, flags, _ = server.recvmsg(40)
        changed = counters.difference(before, _counted(stage))
        return {
            "sent": list(SIZES),
            "got": got,
            "cut_to": len(data),
            "said_so": bool(flags & socket.MSG_TRUNC),
            "reassembled": changed.get("IpReasmOKs", 0),
        }


def _refused(stage: TwoHosts) -> dict[str, Any]:
    """Nobody listens: an ICMP error comes back, and the next call on a connected socket is told."""
    with _client(stage) as client:
        client.settimeout(stage.timeout_s)
        sent = client.send(b"anybody?")
        try:
            client.recv(10)
            error = ""
        except OSError as refused:
            error = refused.strerror or ""
    return {"sent": sent, "error": error}


def _overrun(stage: TwoHosts, flood: int) -> dict[str, Any]:
    """More datagrams than the receive buffer takes, while nobody reads."""
    with _server(stage) as server, _client(stage) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        server.setsockopt(socket.SOL_SOCKET, _DROPPED, 1)
        before = _counted(stage)
        for number in range(flood):
            client.send(struct.pack("!I", number) + bytes(496))
        while True:  # until the kernel has had them all
            changed = counters.difference(before, _counted(stage))
            if changed.get("IpInDelivers", 0) >= flood:
                break
            if not _waits(stage, before):
                break
        kept: list[int] = []
        while select.select([server], [], [], _QUIET_S if not kept else 0)[0]:
            kept.append(struct.unpack_from("!I", server.recv(2048))[0])
        client.send(struct.pack("!I", flood))
        _, ancillary, _, _ = server.recvmsg(2048, 64)
        told = next((struct.unpack("=I", data[:4])[0] for _, kind, data in ancillary if kind == _DROPPED), None)
        changed = counters.difference(before, _counted(stage))
        return {"flood": flood, "kept": kept, "dropped": told, "counted": changed.get("UdpRcvbufErrors", 0)}


def _waits(stage: TwoHosts, before: dict[str, int]) -> bool:
    """False once a pause has brought nothing new to the server."""
    first = counters.difference(before, _counted(stage))
    select.select([], [], [], _QUIET_S)
    return counters.difference(before, _counted(stage)) != first


def _disorder(stage: TwoHosts, count: int, bad: Conditions) -> dict[str, Any]:
    """Numbered datagrams over a wire that loses, doubles and holds back."""
    with _server(stage) as server, _client(stage) as client:
        stage.pair.wire.change("client", bad)
        for number in range(count):
            client.send(struct.pack("!I", number))
        got = []
        while select.select([server], [], [], _QUIET_S)[0]:
            got.append(struct.unpack("!I", server.recv(100))[0])
        return {"sent": count, "got": got}
