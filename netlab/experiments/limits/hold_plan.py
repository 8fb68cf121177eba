"""Which limits stand between a machine and so many connections, and how these are spread over processes.

Lecture 13: "of course it does not get that far": first the descriptors, then the memory. Each limit is read, and said
in connections; the one that is least is the one to raise. Memory is not among them: how much is left is watched while
the connections grow (hold.py).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from netlab.errors import MachineLacks
from netlab.experiments.limits.limits_rows import LimitRow
from netlab.linux import machine
from netlab.linux.process import cpus as allowed_cpus
from netlab.report.phrase import say
from netlab.servers.modes import Mode, find
from netlab.servers.placement import place

PER_PROCESS = 20_000  # descriptors, where the limit is higher: one process need not do all of the work
MOST_PROCESSES = 128  # of the server, and as many of the clients
_PARENT = 4  # descriptors that the command itself needs for each process it starts
_SPARE = 64  # descriptors that a process has beside its connections, with room
_UNEVEN = 0.9  # of what a worker could hold: which of them gets a connection is a hash, and that is never quite even


_RAISE = {  # how to, by the name of the limit
    "open files, hard": "sudo prlimit --pid $$ --nofile=1048576, for this shell; /etc/security/limits.conf, for good.",
    "fs.file-max": "sudo sysctl -w fs.file-max=4000000.",
    "processes": "ulimit -u, or pids.max of the cgroup.",
    "epoll watches": "sudo sysctl -w fs.epoll.max_user_watches=4000000.",
}


@dataclass(frozen=True, slots=True)
class HoldPlan:
    """`connections` of the `wanted` ones can be held, by a server in `mode` on `server_cpus` with so many workers, and
    by one process of clients on each of `holder_cpus`. `reduced`: why they are fewer, and what to do."""

    wanted: int
    connections: int
    mode: Mode
    workers: int
    server_cpus: tuple[int, ...]
    holder_cpus: tuple[int, ...]
    reduced: tuple[str, ...]


def plan_of(wanted: int) -> HoldPlan:
    """How to hold so many, or as many as the limits leave. MachineLacks where that is none."""
    bounding = [(each, each.connections) for each in limits() if each.connections is not None and each.limit in _RAISE]
    connections = min([wanted, *(most for _, most in bounding)])
    text = "{limit} is {here:,}: that leaves {most:,} of {wanted:,} connections. Raise it: {how}"
    reduced = tuple(
        say(text, limit=each.limit, here=each.here, most=most, wanted=wanted, how=_RAISE[each.limit])
        for each, most in bounding
        if most < wanted
    )
    if connections < 1:
        raise MachineLacks("no connection can be held here", reduced[0])
    per_process = _per_process()
    if connections <= per_process:
        mode = find("tcp", "epoll")
        placement = place(mode, None)
        return HoldPlan(wanted, connections, mode, 1, placement.server, placement.load, reduced)
    workers = -(-connections // int(per_process * _UNEVEN))
    holders = -(-connections // per_process)
    cpus = tuple(allowed_cpus())[:holders]
    # As many on each CPU: the kernel prefers a worker on the CPU that the client is on (servers/tcp/epoll_multi.py).
    workers, holders = (-(-each // len(cpus)) * len(cpus) for each in (workers, holders))
    on = tuple(cpus[number % len(cpus)] for number in range(holders))
    return HoldPlan(wanted, connections, find("tcp", "epoll-multi"), workers, cpus, on, reduced)


def limits() -> tuple[LimitRow, ...]:
    """The limits on connections of this machine, those first that one meets first."""
    soft, hard = machine.descriptors()
    processes, ports = machine.processes(), machine.ephemeral_ports()
    number = machine.sysctl_number
    file_max, watches = number("fs.file-max"), number("fs.epoll.max_user_watches")
    most = min(MOST_PROCESSES, max((soft or 1 << 20) - _SPARE, 0) // _PARENT)
    per_worker = max(int(_per_process() * _UNEVEN), 0)
    by_processes = _by_processes(processes, most, per_worker)
    shared = f"a process; so up to {most} processes share the connections here"
    return (
        LimitRow("ephemeral ports", ports, ports, "from one client address to one server address and port"),
        LimitRow("open files, soft", soft, None, "a process, until it raises the limit itself, up to the hard one"),
        LimitRow("open files, hard", hard, per_worker * most, shared),
        LimitRow("fs.nr_open", number("fs.nr_open"), None, "what the hard limit of a process may be raised to"),
        LimitRow(
            "fs.file-max", file_max, _by_file_max(file_max), "all open files; both ends are files here (root is free)"
        ),
        LimitRow("processes", processes, by_processes, "processes and threads of this user"),
        LimitRow("epoll watches", watches, watches, "fs.epoll.max_user_watches: a descriptor in an epoll list is one"),
        LimitRow("somaxconn", number("net.core.somaxconn"), None, "those that wait for accept()"),
        LimitRow("tcp_mem, pages", _tcp_mem(), None, "what all sockets have queued; an idle connection has nothing"),
    )


def _per_process() -> int:
    """Connections that one process can have here."""
    _, hard = machine.descriptors()
    return min(hard if hard is not None else PER_PROCESS, PER_PROCESS) - _SPARE


def _by_processes(processes: int | None, most: int, per_worker: int) -> int | None:
    """None where they are more than this would use anyway."""
    there = (processes - 16) // 2 if processes is not None else most
    return max(there, 0) * per_worker if there < most else None


def _by_file_max(file_max: int | None) -> int | None:
    in_use = machine.sysctl("fs.file-nr")
    if file_max is None or in_use is None or os.geteuid() == 0:  # it does not bound who has CAP_SYS_ADMIN
        return None
    return max((file_max - int(in_use.split()[0])) // 2 - 1000, 0)


def _tcp_mem() -> int | None:
    words = (machine.sysctl("net.ipv4.tcp_mem") or "").split()
    return int(words[2]) if len(words) == 3 else None
