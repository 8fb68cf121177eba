"""The parent's side of a server: start it, watch its counters, stop it, and take its account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlab.child.handle import Child, reported
from netlab.child.shared_counters import SharedCounters
from netlab.clock import monotonic_ns
from netlab.errors import NetlabError
from netlab.linux import process
from netlab.servers.counters import Count, count_force_closed
from netlab.servers.limits import Limits
from netlab.servers.modes import Mode

PATIENCE_S = 10.0
"""How much longer than its drain time a server may take to end, on a machine that has much else to do."""


@dataclass(frozen=True, slots=True)
class ServerOutcome:
    """What a server says of itself at the end. None where it was killed before it could say anything."""

    exit_code: int | None
    counts: dict[Count, int]
    user_s: float | None = None
    system_s: float | None = None
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    page_faults: int | None = None
    peak_rss_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ServerLook:
    """A running server at one instant: its counters and the CPU time of its processes, ended ones included."""

    counts: dict[Count, int]
    cpu_s: float
    at_ns: int


class RunningServer:
    """A server process. Use as a context manager; `stop()` for its outcome."""

    def __init__(
        self,
        transport: str,
        mode: Mode,
        *,
        host: str,
        port: int,
        limits: Limits,
        cpus: Sequence[int] = (),
        start_timeout_s: float = 10.0,
    ) -> None:
        settings = {name: getattr(limits, name) for name in Limits.__slots__}
        if mode.workers:  # workers that each serve one client at least: no more of them than there may be clients
            settings["workers"] = min(limits.workers, limits.max_connections)
        # A row for every process or thread there can be, and the two that the table of counters keeps for itself.
        rows = 2 + (limits.max_connections if mode.per_connection else settings["workers"])
        self.shared_counters = SharedCounters.create("server", rows, len(Count))
        self.mode = mode
        config = {
            "transport": transport,
            "module": mode.path,
            "host": host,
            "port": port,
            "reuse_port": mode.reuse_port,
            "limits": settings,
            "shared_counters": [self.shared_counters.fd, rows, len(Count)],
        }
        self._drain_s = limits.drain_s
        try:
            self._child = Child("netlab.servers.child:main", config, pass_fds=[self.shared_counters.fd], cpus=cpus)
        except BaseException:
            self.shared_counters.close()
            raise
        try:
            ready = self._child.expect(start_timeout_s)
        except TimeoutError as error:
            self.close()
            raise NetlabError(f"the {mode.name} server did not start: {error}") from None
        except BaseException:
            self.close()
            raise
        self.pid = self._child.pid
        self.host: str = ready["address"][0]
        self.port: int = ready["address"][1]

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def counts(self) -> dict[Count, int]:
        """The counters now."""
        return dict(zip(Count, self.shared_counters.totals(), strict=True))

    def look(self) -> ServerLook:
        """The counters, and what the processes have cost until now."""
        at_ns, counts = monotonic_ns(), self.counts()
        return ServerLook(counts, process.cpu_s(self.pid) + counts[Count.REAPED_CPU_NS] / 1e9, at_ns)

    def memory(self) -> process.TreeMemory:
        """Memory and descriptors of all the server's processes."""
        return process.memory(self.pid)

    def alive(self) -> bool:
        """True while the server's first process runs."""
        return self._child.alive()

    def last_words(self) -> str | None:
        """What a server that died wrote last."""
        return self._child.last_words()

    def stop(self) -> ServerOutcome:
        """SIGTERM, drain, account. A server that does not end in time is killed: its exit code is then negative.

        Raises what the server said when it gave up by itself (MachineLacks: no threads to be had).
        """
        said = None
        deadline_ns = monotonic_ns() + int((self._drain_s + PATIENCE_S) * 1e9)
        while monotonic_ns() < deadline_ns:
            self._child.terminate()  # again and again: it may have been about to block (stopping.py)
            try:
                said = self._child.receive(0.1)
                break
            except TimeoutError:
                continue
        code = self._child.wait(1.0)
        if code is None:
            self._child.close()
            code = self._child.wait(1.0)
            counts = self.counts()  # what was open in a process that we killed was closed with it
            row = self.shared_counters.row(SharedCounters.OWN)
            count_force_closed(row, counts[Count.ACCEPTED] - counts[Count.CLOSED])
        if said and "error" in said:
            raise reported(said)
        usage = said["usage"] if said else {}
        return ServerOutcome(
            exit_code=code,
            counts=self.counts(),
            peak_rss_bytes=said["peak_rss_bytes"] if said else None,
            **{name: type_(usage[name]) for name, type_ in _USAGE.items() if name in usage},
        )

    def close(self) -> None:
        """End whatever is left of it."""
        self._child.close()
        self.shared_counters.close()


_USAGE = {
    "user_s": float,
    "system_s": float,
    "voluntary_switches": int,
    "involuntary_switches": int,
    "page_faults": int,
}
