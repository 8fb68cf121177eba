"""The parent's side of the load: start the workers, open the window for all at once, bring their results together."""

from __future__ import annotations

import os
import socket
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netlab.child.handle import Child, Message
from netlab.child.shared_counters import SharedCounters
from netlab.clock import monotonic_ns
from netlab.errors import NetlabError, PeerError, UsageError
from netlab.load.dialling import CONNECT_TIMEOUT_S
from netlab.load.plan import Plan
from netlab.load.window import Tally

WORKER = {"tcp": "netlab.load.worker:main", "udp": "netlab.load.udp_worker:main"}
LEAD_NS = 20_000_000
"""Between naming the moment to begin and that moment: time for every worker to see it."""


@dataclass(slots=True)
class LoadResult:
    """What all workers measured together. Nanoseconds, counts."""

    messages: int = 0
    warmup_messages: int = 0
    window_messages: int = 0
    window_ns: int = 0
    busy_share: float = 0.0  # CPU time over wall time of the busiest worker, in the window
    connections: int = 0
    connected: int = 0  # held connections that were there at the start
    idle: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    late_sends: int = 0
    unrecorded: int = 0
    per_connection: list[int] = field(default_factory=list)
    datagrams: dict[str, int] = field(default_factory=dict)  # UDP only: sent, echoed, lost, late, …
    latency_ns: array[int] = field(default_factory=lambda: array("Q"))
    kernel_ns: array[int] = field(default_factory=lambda: array("Q"))
    connect_ns: array[int] = field(default_factory=lambda: array("Q"))


class LoadGenerator:
    """Load workers under way. Use as a context manager; `connect`, then `run`."""

    def __init__(self, host: str, port: int, plan: Plan, cpus: Sequence[int] = (), transport: str = "tcp") -> None:
        self.plan = plan
        self.transport = transport
        self.family, self.address = resolve(host, port)
        self.shared_counters = SharedCounters.create("load", 2 + plan.workers, len(Tally))
        self._children: list[Child] = []
        self._sample_fds: list[int] = []
        self._interrupted = False
        try:
            for number in range(plan.workers):
                samples_fd = os.memfd_create("netlab-samples", os.MFD_CLOEXEC)
                self._sample_fds.append(samples_fd)
                mine = [cpus[number % len(cpus)]] if cpus else ()
                config = self._config(number, samples_fd)
                shared = [self.shared_counters.fd, samples_fd]
                self._children.append(Child(WORKER[transport], config, pass_fds=shared, cpus=mine))
        except BaseException:
            self.close()
            raise

    def _config(self, number: int, samples_fd: int) -> Message:
        plan = self.plan
        return {
            "family": int(self.family),
            "address": self.address,
            "worker": number,
            "workers": plan.workers,
            "connections": plan.share(plan.connections, number),
            "idle": plan.share(plan.idle, number),
            "size": plan.size,
            "depth": plan.depth,
            "duration_s": plan.duration_s,
            "messages": plan.messages,
            "warmup_s": plan.warmup_s if plan.messages is None else 0.0,
            "drain_s": plan.drain_s,
            "rate": plan.rate,
            "per_connection": plan.per_connection,
            "timestamps": plan.timestamps,
            "seed": plan.seed * 1000 + number,
            "row": 2 + number,
            "shared_counters": [self.shared_counters.fd, self.shared_counters.rows, self.shared_counters.columns],
            "samples_fd": samples_fd,
        }

    def __enter__(self) -> LoadGenerator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tally(self) -> dict[Tally, int]:
        """The workers' counters now."""
        return dict(zip(Tally, self.shared_counters.totals(), strict=True))

    def connect(self, watch: Callable[[int], None] = lambda _: None) -> LoadResult:
        """Wait until every worker has opened what it is to hold; `watch` is told how many there are by now.

        Raises PeerError if not one connection could be opened.
        """
        result = LoadResult()
        patience_s = 10 + CONNECT_TIMEOUT_S + (self.plan.connections + self.plan.idle) / 500
        for child in self._children:
            message = self._hear(child, patience_s, lambda: watch(self.tally()[Tally.CONNECTIONS]))
            result.connected += message["connected"]
            result.idle += message["idle"]
            add_errors(result.errors, message["errors"])
        if self.plan.per_connection is None and not result.connected:
            kinds = ", ".join(f"{kind} × {count}" for kind, count in result.errors.items())
            where = f"{self.address[0]} port {self.address[1]}"
            hint = f"netlab {self.transport}-server --serve starts one"
            if self.transport == "udp":  # connect(2) has said nothing; it is the first datagram that came back or not
                raise PeerError(f"nobody at {where} echoes a datagram ({kinds})", f"is a server there? {hint}")
            raise PeerError(f"no connection to {where} could be opened ({kinds})", f"is a server listening? {hint}")
        return result

    def go(self) -> int:
        """Open the window: the moment, in nanoseconds of CLOCK_MONOTONIC, at which measuring will begin."""
        begin = monotonic_ns() + LEAD_NS
        self.shared_counters.row(SharedCounters.OWN)[Tally.GO_AT_NS] = begin
        return begin + int(self.plan.warmup_s * 1e9 if self.plan.messages is None else 0)

    def interrupt(self) -> None:
        """No new messages: finish what is under way and report."""
        self._interrupted = True
        for child in self._children:
            child.terminate()

    def collect(self, watch: Callable[[], None] = lambda: None) -> LoadResult:
        """Wait for the workers' results; `watch` is called some times a second meanwhile."""
        result = LoadResult()
        duration_s = self.plan.duration_s if self.plan.duration_s is not None else 1e6
        patience_s = duration_s + self.plan.warmup_s + self.plan.drain_s + 30
        for child, samples_fd in zip(self._children, self._sample_fds, strict=True):
            message = self._hear(child, patience_s, watch)
            self._add(result, message, samples_fd)
        return result

    def _hear(self, child: Child, patience_s: float, watch: Callable[[], None]) -> Message:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                return child.expect(0.1)
            except TimeoutError:
                watch()
                if time.monotonic() > deadline:
                    raise NetlabError("a load worker did not answer in time") from None

    def _add(self, result: LoadResult, message: Message, samples_fd: int) -> None:
        for name in ("messages", "warmup_messages", "window_messages", "connections", "late_sends", "unrecorded"):
            setattr(result, name, getattr(result, name) + message[name])
        result.window_ns = max(result.window_ns, message["window_ns"])
        if message["window_ns"]:
            result.busy_share = max(result.busy_share, message["busy_ns"] / message["window_ns"])
        result.per_connection += message["per_connection"]
        add_errors(result.errors, message["errors"])
        add_errors(result.datagrams, message.get("datagrams", {}))
        with open(samples_fd, "rb", closefd=False) as file:
            file.seek(0)
            for values, count in zip(
                (result.latency_ns, result.kernel_ns, result.connect_ns), message["samples"], strict=True
            ):
                values.fromfile(file, count)

    def close(self) -> None:
        """End the workers."""
        for child in self._children:
            child.close()
        for fd in self._sample_fds:
            os.close(fd)
        self._children, self._sample_fds = [], []
        self.shared_counters.close()


def add_errors(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts by name to `total`."""
    for kind, count in more.items():
        total[kind] = total.get(kind, 0) + count


def resolve(host: str, port: int) -> tuple[int, tuple[str, int]]:
    """Address family and numeric address of `host`; UsageError when it has none."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(
            f"'{host}' has no address: {error}", "give an address, such as 127.0.0.1:7007 or [::1]:7007"
        ) from None
    return family, (str(address[0]), int(address[1]))
