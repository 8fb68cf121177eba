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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netlab.errors import NetlabError
from netlab.network.conditions import Conditions
from netlab.network.private import Host, Pair
from netlab.network.two_hosts import PORT

HEADERS = 14 + 20 + 8  # Ethernet, IPv4, UDP
_QUIET_S = 0.25  # nothing has come for so long: nothing more will
_COUNTERS = {"received": 1, "sent": 9}  # columns of /proc/net/dev


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """`config["count"]` frames of `size` bytes at `rate` a second, as even as can be (None: as fast as can be).

    With "cpus" (hosts', wire's) they are bound to those. "paused": the wire's process is stopped until all are sent.
    "snap": what the record keeps of each frame.
    """
    conditions = Conditions.read(config.get("conditions", {}))
    cpus = config.get("cpus")
    if cpus:
        os.sched_setaffinity(0, {cpus[0]})
    with Pair({"client": conditions}, 1, snap=config.get("snap")) as pair:
        if cpus:
            os.sched_setaffinity(pair.wire.pid, {cpus[1]})
        sink = pair.server.socket(socket.SOCK_DGRAM)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sink.bind((pair.server.ip, PORT))
        client = pair.client.socket(socket.SOCK_DGRAM)
        client.connect((pair.server.ip, PORT))
        before_s = _cpu_s(pair.wire.pid)
        if config.get("paused"):
            os.kill(pair.wire.pid, signal.SIGSTOP)
        took_s = _send(client, bytes(config["size"] - HEADERS), config["count"], config["rate"])
        if config.get("paused"):
            os.kill(pair.wire.pid, signal.SIGCONT)
        _all_arrived(pair.server, config["timeout_s"])
        busy_s = _cpu_s(pair.wire.pid) - before_s
        sent, received = _counted(pair.client, "sent"), _counted(pair.server, "received")
        passed = pair.stop()
    return {"sent": sent, "received": received, "took_s": took_s, "wire_cpu_s": busy_s, "wire_lost": pair.lost,
            "fates": Counter(each.fate for each in passed), "kept": sum(len(each.frame) for each in passed),
            "sizes": sorted({each.size for each in passed})}  # fmt: skip


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
