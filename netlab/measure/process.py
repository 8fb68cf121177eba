"""What a tree of processes costs: CPU time, memory, context switches, threads, descriptors.

A look at a running tree takes CPU time from each process's CPU clock (clock_getcpuclockid(3)), which counts the
scheduler's own nanoseconds over all threads, ended ones included. Processes that ended are no longer there to be looked at:
whoever waited for them adds their time (wait4(2); servers/counters.py). What only the process itself can know exactly,
the split into user and system time and its context switches, it reports at its end (getrusage(2)).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class TreeSample:
    """One look at all live processes of a tree."""

    processes: int
    threads: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """Memory and descriptors of a tree. PSS divides each shared page by the number of processes that share it."""

    rss_bytes: int
    pss_bytes: int | None
    descriptors: int | None


def tree(pid: int) -> list[psutil.Process]:
    """The process `pid` and all its living descendants; empty if it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def look(pid: int) -> TreeSample:
    """Sample the tree of `pid`. A process that ends while we look is left out."""
    processes = threads = 0
    cpu_s = 0.0
    for process in tree(pid):
        try:
            cpu_s += _cpu_clock_s(process.pid)
            threads += process.num_threads()
            processes += 1
        except (OSError, psutil.NoSuchProcess):
            continue
    return TreeSample(processes, threads, cpu_s)


def memory(pid: int) -> TreeMemory:
    """Memory of the tree of `pid`. Reading PSS walks every page table, so keep it out of measured windows."""
    rss = 0
    pss: int | None = 0
    descriptors: int | None = 0
    for process in tree(pid):
        try:
            rss += process.memory_info().rss
            if pss is not None:
                pss += _rollup_pss(process.pid)
            if descriptors is not None:
                descriptors += process.num_fds()
        except (psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError, ProcessLookupError):
            continue
        except (psutil.AccessDenied, PermissionError):
            pss = descriptors = None
    return TreeMemory(rss, pss, descriptors)


def _cpu_clock_s(pid: int) -> float:
    # The clock's number is made from the pid: clock_getcpuclockid(3); CPUCLOCK_SCHED is 2 in the kernel's source.
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def _rollup_pss(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def cpus() -> list[int]:
    """The CPUs that this process may run on."""
    return sorted(os.sched_getaffinity(0))
