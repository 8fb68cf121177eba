"""What a tree of processes costs, held against what psutil and the kernel say of the same processes."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from netlab.linux import process


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.002)


@contextmanager
def family(script: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that runs `script` (with `os`), says so, and waits until its input ends."""
    code = f"import os, sys\nfirst = os.getpid()\n{script}\n"
    code += "if os.getpid() == first: print('!', flush=True)\nsys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout and started.stdin
        assert started.stdout.readline() == b"!\n"
        try:
            yield started
        finally:
            started.stdin.close()


CHILD_AND_GRANDCHILD = """
for _ in range(2):
    ready, go = os.pipe()
    if pid := os.fork():
        os.read(ready, 1)
        break
    os.write(go, b"!")
"""


def test_the_tree_has_children_and_their_children() -> None:
    with family(CHILD_AND_GRANDCHILD) as started:
        until(lambda: len(process.tree(started.pid)) == 3, "there are three")
        root = psutil.Process(started.pid)
        assert process.tree(started.pid) == [root.pid, *(child.pid for child in root.children(recursive=True))]
        found = process.memory(started.pid)
        assert found.processes == found.threads == 3


def test_a_kernel_that_does_not_list_children_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONFIG_PROC_CHILDREN may be off."""

    def not_there(path: str, mode: str = "r") -> object:
        raise FileNotFoundError(path)

    with family(CHILD_AND_GRANDCHILD) as started:
        until(lambda: len(process.tree(started.pid)) == 3, "there are three")
        expected = process.tree(started.pid)
        monkeypatch.setattr(process, "open", not_there, raising=False)
        assert sorted(process.tree(started.pid)) == sorted(expected)


def test_a_process_that_has_ended_has_no_tree_and_costs_nothing() -> None:
    with family("pass") as started:
        pid = started.pid
    assert process.tree(pid) == []
    assert process.cpu_s(pid) == 0
    assert process.memory(pid).processes == process.memory(pid).rss_bytes == 0


def test_a_zombie_is_not_a_living_process() -> None:
    with family("if os.fork() == 0: os._exit(0)") as started:
        root = psutil.Process(started.pid)
        until(lambda: [child.status() for child in root.children()] == [psutil.STATUS_ZOMBIE], "the child is a zombie")
        assert process.memory(started.pid).processes == 1
        assert process.cpu_s(started.pid) > 0


def test_cpu_time_is_that_of_the_scheduler_for_all_threads() -> None:
    before = process.cpu_s(os.getpid()), time.process_time()
    while time.process_time() - before[1] < 0.05:
        pass
    after = process.cpu_s(os.getpid()), time.process_time()
    # Ours was read first and then last, the other the other way round.
    assert after[0] - before[0] == pytest.approx(after[1] - before[1], abs=0.02)


def test_cpu_time_of_a_child_counts() -> None:
    with family("if os.fork() == 0:\n    while True: pass") as started:
        before = process.cpu_s(started.pid)
        until(lambda: process.cpu_s(started.pid) > before + 0.05, "the child's time is seen")
        for child in psutil.Process(started.pid).children():
            child.kill()


def test_memory_grows_with_what_is_written() -> None:
    before = process.memory(os.getpid())
    with mmap.mmap(-1, 8_000_000, flags=mmap.MAP_PRIVATE) as pages:
        pages.write(bytes(8_000_000))
        after = process.memory(os.getpid())
    assert after.rss_bytes - before.rss_bytes > 7_000_000
    if after.pss_bytes is None or before.pss_bytes is None:
        pytest.skip("this kernel does not tell anonymous memory apart (before 5.5)")
    assert after.pss_bytes - before.pss_bytes > 7_000_000
    assert after.pss_bytes <= after.rss_bytes


def test_pages_that_a_fork_shares_count_once() -> None:
    fill = "block = bytearray(os.urandom(20_000_000))\n"
    with family(fill) as alone, family(fill + CHILD_AND_GRANDCHILD) as three:
        until(lambda: len(process.tree(three.pid)) == 3, "there are three")
        one, all_ = process.memory(alone.pid), process.memory(three.pid)
    assert all_.rss_bytes > one.rss_bytes + 35_000_000
    if one.pss_bytes is None or all_.pss_bytes is None:
        pytest.skip("this kernel does not tell anonymous memory apart (before 5.5)")
    assert all_.pss_bytes < one.pss_bytes + 10_000_000


def test_descriptors_and_threads_are_counted() -> None:
    before = process.memory(os.getpid())
    fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(10)]
    after = process.memory(os.getpid())
    for fd in fds:
        os.close(fd)
    assert before.descriptors is not None and after.descriptors == before.descriptors + 10
    with family(
        "import threading\nfor _ in range(3): threading.Thread(target=sys.stdin.read, daemon=True).start()"
    ) as busy:
        assert process.memory(busy.pid).threads == 4


def test_what_this_machine_hides_is_none_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(pid: int) -> int:
        raise PermissionError

    monkeypatch.setattr(process, "_rollup_pss", hidden)
    found = process.memory(os.getpid())
    assert found.pss_bytes is None
    assert found.rss_bytes > 0 and found.processes >= 1


def test_the_cpus_are_those_this_process_may_use() -> None:
    before = os.sched_getaffinity(0)
    assert process.cpus() == sorted(before)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert process.cpus() == [min(before)]
    finally:
        os.sched_setaffinity(0, before)
