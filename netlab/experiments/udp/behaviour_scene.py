"""What UDP does and does not: sizes that stay, losses that nobody mends, a buffer that overflows, cut packets,
and datagrams for many (groups_scene.py)."""

from __future__ import annotations

import select
import socket
import struct
import sys
from dataclasses import dataclass

from netlab.experiments.udp import groups_scene
from netlab.linux import network_counters
from netlab.network.conditions import Conditions
from netlab.network.observation import Observation
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import PORT, TwoHosts, TwoHostsPlan

_RXQ_OVFL = 40  # SO_RXQ_OVFL: how many datagrams this socket had no room for, told with each that comes
_QUIET_S = 1.5  # a pause after which nothing more is expected
_SIZES = (1, 1000, 0, 3000, 10)


@dataclass(frozen=True, slots=True)
class BehaviourPlan:
    """How many datagrams flood a full buffer, and how many numbered ones go over a wire with `bad` conditions."""

    hosts: TwoHostsPlan
    flood: int
    numbered: int
    bad: Conditions


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Sizes sent and received; what a too small buffer got of 100 bytes; packets that IP put together again."""

    sent: tuple[int, ...]
    received: tuple[int, ...]
    cut_to: int
    truncated: bool  # MSG_TRUNC was set
    reassembled: int


@dataclass(frozen=True, slots=True)
class Overrun:
    """Numbers that the full buffer kept; how many it dropped, by SO_RXQ_OVFL and by the host's counters."""

    kept: tuple[int, ...]
    dropped: int | None
    counted: int


@dataclass(frozen=True, slots=True)
class OverWire:
    """What needs a wire and interfaces: copies for many, and `arrived`, the numbers that came over the bad wire."""

    broadcast: groups_scene.Broadcast
    multicast: dict[str, list[str]]
    arrived: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BehaviourResult:
    """All cases. `refused`: the error of a call on a socket whose peer does not listen. On loopback, no `over_wire`."""

    observation: Observation
    boundaries: Boundaries
    refused: str
    overrun: Overrun
    over_wire: OverWire | None


def play(plan: BehaviourPlan, report_progress: ReportProgress) -> BehaviourResult:
    """All cases, one after the other, on one pair of hosts; on loopback those that need neither wire nor interface."""
    with TwoHosts(plan.hosts, watched=False) as hosts:
        boundaries, refused, overrun = _boundaries(hosts), _refused(hosts), _overrun(hosts, plan.flood)
        over_wire = None
        if not hosts.on_loopback:
            copies = groups_scene.broadcast(hosts), groups_scene.multicast(hosts)
            over_wire = OverWire(*copies, _numbered(hosts, plan.numbered, plan.bad))
        return BehaviourResult(hosts.observation(), boundaries, refused, overrun, over_wire)


def _server(hosts: TwoHosts) -> socket.socket:
    server = hosts.pair.server.socket(socket.SOCK_DGRAM)
    server.bind((hosts.pair.server.ip, PORT))
    server.settimeout(hosts.timeout_s)
    return server


def _client(hosts: TwoHosts) -> socket.socket:
    client = hosts.pair.client.socket(socket.SOCK_DGRAM)
    client.connect((hosts.pair.server.ip, PORT))
    return client


def _counters(hosts: TwoHosts) -> dict[str, int]:
    with hosts.pair.server.namespace.entered():
        return network_counters.read()


def _counted(hosts: TwoHosts, before: dict[str, int], name: str) -> int:
    return network_counters.difference(before, _counters(hosts)).get(name, 0)


def _boundaries(hosts: TwoHosts) -> Boundaries:
    """Datagrams of several sizes, one that must be cut in two, and one for which the reader has too little room."""
    with _server(hosts) as server, _client(hosts) as client:
        before = _counters(hosts)
        for size in _SIZES:
            client.send(bytes(size))
        received = tuple(len(server.recv(65536)) for _ in _SIZES)
        client.send(b"x" * 100)
        data, _, flags, _ = server.recvmsg(40)
        reassembled = _counted(hosts, before, "IpReasmOKs")
        return Boundaries(_SIZES, received, len(data), bool(flags & socket.MSG_TRUNC), reassembled)


def _refused(hosts: TwoHosts) -> str:
    """Nobody listens: an ICMP error comes back, and the next call on a connected socket is told."""
    with _client(hosts) as client:
        client.settimeout(hosts.timeout_s)
        client.send(b"anybody?")
        try:
            client.recv(10)
        except OSError as error:
            return error.strerror or ""
    return ""


def _overrun(hosts: TwoHosts, flood: int) -> Overrun:
    """More datagrams than the receive buffer takes, while nobody reads."""
    with _server(hosts) as server, _client(hosts) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        server.setsockopt(socket.SOL_SOCKET, _RXQ_OVFL, 1)
        before = _counters(hosts)
        for number in range(flood):
            client.send(struct.pack("!I", number) + bytes(496))
        while _counted(hosts, before, "IpInDelivers") < flood and _delivers(hosts, before):
            pass  # until the kernel has had them all
        kept: list[int] = []
        while select.select([server], [], [], _QUIET_S if not kept else 0)[0]:
            kept.append(_number(server.recv(2048)))
        client.send(struct.pack("!I", flood))
        _, ancillary, _, _ = server.recvmsg(2048, 64)
        dropped = next(
            (int.from_bytes(data[:4], sys.byteorder) for _, kind, data in ancillary if kind == _RXQ_OVFL), None
        )
        return Overrun(tuple(kept), dropped, _counted(hosts, before, "UdpRcvbufErrors"))


def _delivers(hosts: TwoHosts, before: dict[str, int]) -> bool:
    """False once a pause has brought nothing new to the server."""
    first = network_counters.difference(before, _counters(hosts))
    select.select([], [], [], _QUIET_S)
    return network_counters.difference(before, _counters(hosts)) != first


def _number(data: bytes) -> int:
    return int.from_bytes(data[:4], "big")


def _numbered(hosts: TwoHosts, count: int, bad: Conditions) -> tuple[int, ...]:
    """Numbered datagrams over a wire that loses, doubles and holds back: the numbers that arrived, in order."""
    with _server(hosts) as server, _client(hosts) as client:
        hosts.pair.wire.change("client", bad)
        for number in range(count):
            client.send(struct.pack("!I", number))
        arrived: list[int] = []
        while select.select([server], [], [], _QUIET_S)[0]:
            arrived.append(_number(server.recv(100)))
        return tuple(arrived)
