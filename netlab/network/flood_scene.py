"""A flood of frames from client to server: what a wire can do, and what becomes of frames when it can no more.

What is compared is what the two interfaces have counted: frames that left the client's, frames that came out of the
server's. Nobody reads the datagrams: the socket they are for is full after a few, which is no loss of the wire's.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from netlab.errors import NetlabError
from netlab.network.conditions import Conditions
from netlab.network.private import Host, Pair
from netlab.network.scene import ReportProgress
from netlab.network.two_hosts import PORT

HEADERS = 14 + 20 + 8  # Ethernet, IPv4, UDP
_QUIET_S = 0.25  # nothing has come for so long: nothing more will
_COUNTERS = {"received": 1, "sent": 9}  # columns of /proc/net/dev


@dataclass(frozen=True, slots=True)
class FloodPlan:
    """`count` frames of `size` bytes at `rate` per second, as evenly as possible (None: as fast as possible).

    `cpus`: those that the hosts and the wire are bound to. `paused`: the wire's process is stopped until all are sent.
    `snap`: what the record keeps of each frame.
    """

    count: int
    size: int = 200
    rate: float | None = None
    conditions: Conditions = field(default_factory=Conditions)
    cpus: tuple[int, int] | None = None
    paused: bool = False
    snap: int | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class FloodResult:
    """Frames that left the client's interface and came out of the server's; what the wire's record has of them: how
    many met each fate, the bytes that it keeps in all, and their sizes."""

    sent: int
    received: int
    took_s: float
    wire_cpu_s: float
    wire_lost: int
    fates: dict[str, int]
    kept: int
    sizes: tuple[int, ...]


def play(plan: FloodPlan, report_progress: ReportProgress) -> FloodResult:
    """Send the frames, and count them at both ends."""
    if plan.cpus:
        os.sched_setaffinity(0, {plan.cpus[0]})
    with Pair({"client": plan.conditions}, 1, snap=plan.snap) as pair:
        if plan.cpus:
            os.sched_setaffinity(pair.wire.pid, {plan.cpus[1]})
        sink = pair.server.socket(socket.SOCK_DGRAM)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sink.bind((pair.server.ip, PORT))
        client = pair.client.socket(socket.SOCK_DGRAM)
        client.connect((pair.server.ip, PORT))
        before_s = _cpu_s(pair.wire.pid)
        if plan.paused:
            os.kill(pair.wire.pid, signal.SIGSTOP)
        took_s = _send(client, bytes(plan.size - HEADERS), plan.count, plan.rate)
        if plan.paused:
            os.kill(pair.wire.pid, signal.SIGCONT)
        _all_arrived(pair.server, plan.timeout_s)
        busy_s = _cpu_s(pair.wire.pid) - before_s
        sent, received = _counted(pair.client, "sent"), _counted(pair.server, "received")
        passed = pair.stop()
    return FloodResult(
        sent=sent,
        received=received,
        took_s=took_s,
        wire_cpu_s=busy_s,
        wire_lost=pair.lost,
        fates=Counter(each.fate for each in passed),
        kept=sum(len(each.frame) for each in passed),
        sizes=tuple(sorted({each.size for each in passed})),
    )


def _send(client: socket.socket, data: bytes, count: int, rate: float | None) -> float:
    send, clock = client.send, time.monotonic
    gap_s = 1 / rate if rate else 0.0
    begun_s = clock()
    for number in range(count):
        due_s = begun_s + number * gap_s
        while clock() < due_s:
            pass
        send(data)
    return clock() - begun_s


def _all_arrived(server: Host, timeout_s: float) -> None:
    """Wait until a while brings nothing new. Raises NetlabError."""
    deadline_s, before = time.monotonic() + timeout_s, -1
    while (got := _counted(server, "received")) != before:
        if time.monotonic() > deadline_s:
            raise NetlabError(f"frames still arrive after {timeout_s:g} s")
        before = got
        time.sleep(_QUIET_S)


def _counted(host: Host, what: str) -> int:
    """Frames, by the counters of the host's interface."""
    with host.namespace.entered():
        lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    line = next(line for line in lines if line.strip().startswith("eth0:"))
    return int(line.partition(":")[2].split()[_COUNTERS[what]])


def _cpu_s(pid: int) -> float:
    """CPU time of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
