"""N connections, really held: an echo server in epoll mode, clients that only hold, and one that talks among them.

The order of events: server and clients start → echoes of one connection, alone → memory at rest → all others are
dialled, while available memory is watched → memory with all → the same echoes among them → are all of them
still there, and do some of them, chosen at random, still echo? → all are reset.
"""

from __future__ import annotations

import os
import socket
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from netlab.clock import monotonic_ns
from netlab.errors import PeerError
from netlab.experiments.limits.hold_plan import HoldPlan
from netlab.linux import kernel_memory, machine, process
from netlab.linux.diag import Diag
from netlab.linux.kernel_memory import Memory
from netlab.load.holding import Grown, Holders
from netlab.load.payload import message_rings
from netlab.progress import Progress
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.supervisor import RunningServer, ServerOutcome

SAMPLE = 100
_ECHOES, _WARM_UP, _SIZE = 2000, 200, 64
_SETTLES_S = 30.0


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory at one moment: the kernel's, and what the processes of server and clients have written (PSS)."""

    kernel: Memory
    server: int | None
    clients: int | None


@dataclass(slots=True)
class HoldResult:
    """What was seen. None: Ctrl-C came before."""

    plan: HoldPlan
    source_addresses: int = 1
    grown: Grown = field(default_factory=Grown)
    setup_s: float | None = None
    history: list[tuple[float, int]] = field(default_factory=list)  # seconds, connections
    available_at_stop: int | None = None  # bytes of memory, where growing was stopped because of it
    interrupted: bool = False
    at_rest: MemoryUse | None = None
    with_all: MemoryUse | None = None
    alone_ns: array[int] = field(default_factory=lambda: array("Q"))
    among_ns: array[int] = field(default_factory=lambda: array("Q"))
    intact: int = 0  # echoes of the talking connection that came back as they were sent
    server_open: int | None = None
    established: tuple[int, int] | None = None  # at the server's ends, at the clients'; the talking one left out
    asked: int | None = None
    echoed: int | None = None
    refused_at_limit: int = 0
    outcome: ServerOutcome | None = None

    @property
    def echoes(self) -> int:
        """Echoes of the talking connection, with those of the warm-up."""
        return sum(len(each) + _WARM_UP for each in (self.alone_ns, self.among_ns) if each)


def hold(plan: HoldPlan, keep_free: int, seed: int, progress: Progress) -> HoldResult:
    """Hold what the plan says, until less than `keep_free` bytes of memory would be available. Raises NetlabError.

    Ctrl-C ends the growing; then the rest goes on with what there is. A second one ends it all.
    """
    held = HoldResult(plan)
    limits = Limits(max_connections=plan.connections + 16, workers=plan.workers)
    progress(0.0, "starting server and clients")
    with RunningServer("tcp", plan.mode, host="127.0.0.1", port=0, limits=limits, cpus=plan.server_cpus) as server:
        queue = (server.shared_counters, int(Count.ACCEPTED), _dialled_ahead(limits))
        with Holders(
            server.host, server.port, plan.connections, plan.holder_cpus, sample=SAMPLE, seed=seed, queue=queue
        ) as holders:
            held.source_addresses = holders.source_addresses
            _wait_until(lambda: len(process.tree(server.pid)) > plan.workers or not plan.mode.workers)
            talking = _EchoClient(server.host, server.port, plan.server_cpus[0], seed)
            talking.echoes(held, held.alone_ns)
            held.at_rest = _memory_use(server, holders)
            _grow(held, holders, keep_free, progress)
            progress(0.8, f"{held.grown.held:,} are held: looking")
            wanted = held.grown.held + 1
            try:
                _wait_until(lambda: server.counts()[Count.ACCEPTED] + server.counts()[Count.SHED] >= wanted)
                held.with_all = _memory_use(server, holders)
                talking.echoes(held, held.among_ns)
                progress(0.85, f"counting {held.grown.held:,} connections")
                _verify(held, server, holders)
            except KeyboardInterrupt:
                held.interrupted = True
            progress(0.9, "letting go")
            talking.close()
        with suppress(KeyboardInterrupt):  # all has been measured
            _wait_until(lambda: server.counts()[Count.CLOSED] >= server.counts()[Count.ACCEPTED])
        held.refused_at_limit = server.counts()[Count.SHED]
        held.outcome = server.stop()
    return held


def _dialled_ahead(limits: Limits) -> int:
    """Half of an accept queue, for all of them together: then none overflows (listen(2))."""
    return max(min(limits.backlog, machine.sysctl_number("net.core.somaxconn") or limits.backlog) // 2, 1)


def _grow(held: HoldResult, holders: Holders, keep_free: int, progress: Progress) -> None:
    wanted = held.plan.connections
    begun_ns = monotonic_ns()

    def watch(now: int) -> None:
        held.history.append(((monotonic_ns() - begun_ns) / 1e9, now))
        progress(0.1 + 0.7 * now / wanted, f"{now:,} of {wanted:,} connections")
        available = kernel_memory.available_bytes()
        if available is not None and available < keep_free and held.available_at_stop is None:
            held.available_at_stop = available
            holders.enough()

    watch(0)
    holders.go()
    try:
        held.grown = holders.settle(watch)
    except KeyboardInterrupt:
        held.interrupted = True
        holders.enough()
        held.grown = holders.settle(watch)
    held.setup_s = (held.grown.last_ns - begun_ns) / 1e9
    held.history.append((held.setup_s, held.grown.held))


def _memory_use(server: RunningServer, holders: Holders) -> MemoryUse:
    kernel = kernel_memory.look()  # first: looking at processes takes kernel memory, too
    clients = [process.pss_bytes(pid) for pid in holders.pids]
    known = [each for each in clients if each is not None]
    return MemoryUse(kernel, process.pss_bytes(server.pid), sum(known) if len(known) == len(clients) else None)


def _verify(held: HoldResult, server: RunningServer, holders: Holders) -> None:
    counts = server.counts()
    held.server_open = counts[Count.ACCEPTED] - counts[Count.CLOSED] - 1
    diag = Diag()
    try:
        ends = (diag.count("ESTABLISHED", local_port=server.port), diag.count("ESTABLISHED", remote_port=server.port))
    finally:
        diag.close()
    held.established = ends[0] - 1, ends[1] - 1
    held.asked, held.echoed = holders.ask()


class _EchoClient:
    """The one connection that is not idle: a message, its echo, and the next.

    On the CPU of its server, both times: waking another CPU up can take longer than all the rest.
    """

    def __init__(self, host: str, port: int, cpu: int, seed: int) -> None:
        self._cpu = cpu
        with _on(cpu):  # epoll-multi then gives it to a worker there
            self._sock = socket.create_connection((host, port), timeout=30.0)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        (self._ring,) = message_rings(1, _SIZE, seed)

    def echoes(self, held: HoldResult, latency_ns: array[int]) -> None:
        """Add the latencies to `latency_ns`, those of the warm-up left out. PeerError."""
        sock, ring = self._sock, self._ring
        with _on(self._cpu):
            for number in range(_WARM_UP + _ECHOES):
                message = ring[number % len(ring)]
                begun_ns = monotonic_ns()
                sock.sendall(message)
                got = sock.recv(_SIZE)
                while got and len(got) < _SIZE and (more := sock.recv(_SIZE - len(got))):
                    got += more
                took_ns = monotonic_ns() - begun_ns
                if not got:
                    hint = "see 'netlab tcp-server --mode epoll'"
                    raise PeerError("the server has closed the connection that talks", hint)
                held.intact += got == message
                if number >= _WARM_UP:
                    latency_ns.append(took_ns)

    def close(self) -> None:
        self._sock.close()


@contextmanager
def _on(cpu: int) -> Iterator[None]:
    """This process runs on one CPU meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a server that has fallen behind, but not for ever: what there is then is reported."""
    deadline_s = time.monotonic() + _SETTLES_S
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.005)
