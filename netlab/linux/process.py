"""What a tree of processes costs: CPU time, memory, context switches, threads, descriptors.

A look at a running tree takes CPU time from each process's CPU clock (clock_getcpuclockid(3)), which counts the
scheduler's own nanoseconds over all threads, ended ones included. Processes that ended are no longer there to be
looked at: whoever waited for them adds their time (wait4(2); servers/counters.py). What only the process itself can
know exactly, the split into user and system time and its context switches, it reports at its end (getrusage(2)).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """Memory, threads and descriptors of a tree. PSS divides each shared page by the number of processes that share it.

    None where the machine does not let us see it.
    """

    processes: int
    threads: int
    rss_bytes: int
    pss_bytes: int | None
    descriptors: int | None


def tree(pid: int) -> list[int]:
    """The process `pid` and all its living descendants; empty if it has ended."""
    found = [pid] if psutil.pid_exists(pid) else []
    for member in found:  # grows as we go
        try:
            with open(f"/proc/{member}/task/{member}/children", "rb") as file:
                found += map(int, file.read().split())
        except (FileNotFoundError, ProcessLookupError):
            if member == pid and psutil.pid_exists(pid):  # a kernel without CONFIG_PROC_CHILDREN: search all of /proc
                return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return found


def cpu_s(pid: int) -> float:
    """CPU time of all living processes of the tree of `pid` until now, in seconds."""
    total = 0.0
    for member in tree(pid):
        try:
            total += _cpu_clock_s(member)
        except OSError:
            continue  # it ended meanwhile
    return total


def threads(pid: int) -> int:
    """How many threads the process and its descendants have together: at least one a process."""
    found = 0
    for each in tree(pid):
        try:
            found += len(os.listdir(f"/proc/{each}/task"))  # noqa: PTH208 - many small looks
        except FileNotFoundError:
            continue  # it has ended meanwhile
    return found


def memory(pid: int) -> TreeMemory:
    """Memory of the tree of `pid`. Reading PSS walks every page table, so keep it out of measured windows."""
    rss = processes = threads = 0
    pss: int | None = 0
    descriptors: int | None = 0
    for member in tree(pid):
        try:
            process = psutil.Process(member)
            if process.status() == psutil.STATUS_ZOMBIE:
                continue  # it has ended, and only waits to be waited for
            rss += process.memory_info().rss
            threads += process.num_threads()
            processes += 1
            if pss is not None:
                pss += _rollup_pss(member)
            if descriptors is not None:
                descriptors += process.num_fds()
        except (psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError, ProcessLookupError):
            continue
        except (psutil.AccessDenied, PermissionError):
            pss = descriptors = None
    return TreeMemory(processes, threads, rss, pss, descriptors)


def pss_bytes(pid: int) -> int | None:
    """The PSS of `memory` alone. To list a process's descriptors makes the kernel keep an entry for each of them for a
    while, some 900 B: nothing to do while the kernel's own memory is measured."""
    total = 0
    for member in tree(pid):
        try:
            total += _rollup_pss(member)
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            return None
    return total


def _cpu_clock_s(pid: int) -> float:
    # The clock's number is made from the pid: clock_getcpuclockid(3); CPUCLOCK_SCHED is 2 in the kernel's source.
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def _rollup_pss(pid: int) -> int:
    """Anonymous memory: what the program has written. The pages of libraries are left out, because how many others
    share them at the moment has nothing to do with the server."""
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss_Anon:"):
                return int(line.split()[1]) * 1024
    raise PermissionError("no Pss_Anon in smaps_rollup: a kernel before 5.5")


def cpus() -> list[int]:
    """The CPUs that this process may run on."""
    return sorted(os.sched_getaffinity(0))
