"""One trial: a server in a process of its own, load on it, and what each of them and the kernel say of the other.

tcp-server is one trial and a report; tcp-compare is many. The order of events:
start the server → its memory at rest → connect, idle connections too → its memory with all of them →
warm up → [look at the server, measure, look again] → last echoes → stop the server → its account.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from netlab.clock import monotonic_ns
from netlab.linux import others, process
from netlab.linux.process import TreeMemory
from netlab.load.generator import LoadGenerator, LoadResult
from netlab.load.outcome import CORRUPT, LOST_WITH_IT, UNANSWERED
from netlab.load.plan import Plan
from netlab.load.window import Tally
from netlab.progress import Progress
from netlab.report.stats import jain_index, ratio
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import Mode
from netlab.servers.placement import Placement
from netlab.servers.supervisor import RunningServer, ServerLook, ServerOutcome

MEMORY_SETTLES_S = 10.0
CPUS = frozenset(process.cpus())


@dataclass(frozen=True, slots=True)
class Setup:
    """What to run: a mode, where, within which limits, under which load."""

    transport: str
    mode: Mode
    plan: Plan
    limits: Limits
    placement: Placement
    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen. `before` and `after` are looks at the server at the ends of the measured window."""

    setup: Setup
    load: LoadResult
    before: ServerLook
    after: ServerLook
    at_rest: TreeMemory
    held: TreeMemory
    outcome: ServerOutcome
    interrupted: bool
    machine_busy_s: float | None = None  # what all processes of the machine used between the two looks

    @property
    def others_busy(self) -> float | None:
        """CPUs that other processes kept busy between the two looks; None if the kernel does not say.

        From below: of several load workers the busiest one stands for all.
        """
        if self.machine_busy_s is None:
            return None
        seconds = (self.after.at_ns - self.before.at_ns) / 1e9
        ours_s = self.server_cpu_s + self.load.busy_share * self.setup.plan.workers * seconds
        return ratio(max(0.0, self.machine_busy_s - ours_s), seconds)

    @property
    def window_s(self) -> float:
        return self.load.window_ns / 1e9

    @property
    def rate(self) -> float | None:
        """Messages a second, echoed and checked."""
        return ratio(self.load.window_messages, self.window_s)

    @property
    def server_cpu_s(self) -> float:
        """CPU time of all the server's processes between the two looks."""
        return self.after.cpu_s - self.before.cpu_s

    @property
    def server_messages(self) -> float:
        """Messages that the server echoed between the two looks, from its own counters."""
        if self.setup.transport == "udp":
            return self.after.counts[Count.CHUNKS] - self.before.counts[Count.CHUNKS]
        return (self.after.counts[Count.BYTES_OUT] - self.before.counts[Count.BYTES_OUT]) / self.setup.plan.size

    @property
    def cpu_per_message_s(self) -> float | None:
        """The server's CPU time for one message; None where it took less than the clock can tell.

        The kernel brings a running process's CPU clock up to date at a tick, or when it stops running. One that never
        does (busy-poll) may seem to have used nothing in a window of a few milliseconds, which cannot be.
        """
        return ratio(self.server_cpu_s, self.server_messages) if self.server_cpu_s > 0 else None

    @property
    def server_busy(self) -> float | None:
        """CPU time over wall time: 1.0 is one CPU fully used."""
        return ratio(self.server_cpu_s, (self.after.at_ns - self.before.at_ns) / 1e9)

    @property
    def wakeups_per_message(self) -> float | None:
        """Returns from the call that waits, a message."""
        return ratio(self.after.counts[Count.WAKEUPS] - self.before.counts[Count.WAKEUPS], self.server_messages)

    @property
    def memory_per_connection(self) -> float | None:
        """PSS that the server gained with each connection, in bytes. User space only: sockets are the kernel's."""
        connections = self.load.connected + self.load.idle
        if self.held.pss_bytes is None or self.at_rest.pss_bytes is None or self.setup.plan.per_connection:
            return None
        return ratio(self.held.pss_bytes - self.at_rest.pss_bytes, connections)

    @property
    def fairness(self) -> float | None:
        """Jain's index over the connections."""
        return jain_index(self.load.per_connection)

    @property
    def unanswered(self) -> int:
        """Messages whose echo had not come when the drain time was over."""
        return self.load.errors.get(UNANSWERED, 0)

    @property
    def corrupt(self) -> int:
        """Connections on which something else came back than was sent."""
        return self.load.errors.get(CORRUPT, 0)

    @property
    def other_errors(self) -> int:
        """Connections that failed in any other way, beyond those that the server says it has shed or found idle."""
        counts = self.outcome.counts
        return connections_failed(self.load.errors) - counts[Count.SHED] - counts[Count.IDLED_OUT]

    def bottleneck(self) -> str | None:
        """Which side had no CPU time left, if one can tell: "server", "load" or None (waiting for each other)."""
        if not self.setup.placement.single_cpu() or self.server_busy is None or self.setup.plan.rate is not None:
            return None
        if self.load.busy_share >= 0.9 and self.load.busy_share > self.server_busy:
            return "load"
        return "server" if self.server_busy >= 0.9 else None


def run(setup: Setup, progress: Progress) -> Trial:
    """Run one trial. Ctrl-C ends the load early, and the trial is what there is by then.

    Raises KeyboardInterrupt if there is nothing by then.
    """
    plan = setup.plan
    interrupted = False
    with RunningServer(
        setup.transport, setup.mode, host=setup.host, port=setup.port, limits=setup.limits, cpus=setup.placement.server
    ) as server:
        at_rest = server.memory()
        with LoadGenerator(
            server.host, server.port, plan, cpus=setup.placement.load, transport=setup.transport
        ) as load:
            total = plan.connections + plan.idle
            connected = load.connect(lambda count: progress(0.1 * count / total, f"connecting: {count:,} of {total:,}"))
            if setup.transport == "tcp":  # UDP clients have had their first echo by now: all are known
                wait_until_taken(server, connected.connected + connected.idle)
            held = server.memory()
            measure_at = load.go()
            before, busy_before, busy_after = server.look(), None, None
            watch = watcher(load, plan, progress, measure_at)
            try:
                _sleep_until(measure_at)
                before, busy_before = server.look(), others.busy_s(CPUS)
                if plan.duration_s is not None and plan.messages is None:
                    look_at = _time_of_second_look(measure_at, plan.duration_s, monotonic_ns() - before.at_ns)
                    while monotonic_ns() < look_at - 1e8:
                        watch()
                        time.sleep(0.05)
                    _sleep_until(look_at)
                    after, busy_after = server.look(), others.busy_s(CPUS)
                    result = load.collect(watch)
                else:
                    result = load.collect(watch)
                    wait_until_reaped(server, plan.idle)
                    after, busy_after = server.look(), others.busy_s(CPUS)
            except KeyboardInterrupt:
                interrupted = True
                load.interrupt()
                after, busy_after = server.look(), others.busy_s(CPUS)
                result = load.collect()
        result.connected, result.idle = connected.connected, connected.idle
        outcome = server.stop()
    if interrupted and not result.window_messages:
        raise KeyboardInterrupt
    busy_s = None if busy_before is None or busy_after is None else busy_after - busy_before
    return Trial(setup, result, before, after, at_rest, held, outcome, interrupted, busy_s)


def connections_failed(errors: dict[str, int]) -> int:
    """How many connections were refused, reset or closed early, by the errors that the load has counted."""
    return sum(count for kind, count in errors.items() if kind not in (UNANSWERED, CORRUPT, LOST_WITH_IT))


def wait_until_taken(server: RunningServer, connections: int) -> None:
    """Give the server time to accept (and fork) what has connected, so that memory is that of all of them."""
    if server.mode.workers or server.mode.name == "iterative":
        return  # these take only so many at a time
    deadline = monotonic_ns() + int(MEMORY_SETTLES_S * 1e9)
    while monotonic_ns() < deadline:
        counts = server.counts()
        # Accepted is not yet forked: the last one's process or thread may still be on its way.
        missing = server.mode.per_connection and process.threads(server.pid) <= counts[Count.ACCEPTED]
        if counts[Count.ACCEPTED] + counts[Count.SHED] >= connections and not missing:
            return
        time.sleep(0.002)


def wait_until_reaped(server: RunningServer, idle: int) -> None:
    """Give a server with a process for each connection time to reap those that have ended: their CPU time counts."""
    deadline = monotonic_ns() + int(MEMORY_SETTLES_S * 1e9)
    while server.mode.name == "fork" and monotonic_ns() < deadline:
        counts = server.counts()
        if counts[Count.REAPED] >= counts[Count.ACCEPTED] - idle:
            return
        time.sleep(0.002)


def _time_of_second_look(measure_at: int, duration_s: float, look_took_ns: int) -> int:
    """Just before the window ends: looking at a thousand processes takes a while, and when the window has ended the
    connections are closed, and processes that have ended cannot be looked at."""
    latest = int(duration_s * 1e9) - 2 * look_took_ns - 2_000_000
    return measure_at + max(latest, int(duration_s * 0.5e9))


def watcher(load: LoadGenerator, plan: Plan, progress: Progress, measure_at: int) -> Callable[[], None]:
    def watch() -> None:
        messages = load.tally()[Tally.MESSAGES]
        if plan.duration_s is not None and plan.messages is None:
            done = (monotonic_ns() - measure_at) / 1e9 / plan.duration_s
        else:
            done = messages / ((plan.messages or 1) * plan.connections)
        progress(min(1.0, 0.1 + 0.9 * max(done, 0.0)), f"{messages:,} messages")

    return watch


def _sleep_until(at_ns: int) -> None:
    time.sleep(max(0.0, (at_ns - monotonic_ns()) / 1e9))
