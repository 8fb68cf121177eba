"""The parent's side of many held connections: start the holders (holder.py), let them dial, stop them in time.

A descriptor for each connection: so as many processes as the limit on those needs. Each dials from source addresses of
its own, since a client address has only so many ports for one server.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netlab.child.handle import Child, Message
from netlab.child.shared_counters import SharedCounters
from netlab.errors import NetlabError
from netlab.load.dialling import sources_for
from netlab.load.generator import add_errors, resolve
from netlab.load.holder import HolderCount
from netlab.load.plan import share

_START_S = 60.0
_STALLED_S = 60.0
"""How long no new connection may come before the holders are given up."""


@dataclass(slots=True)
class Grown:
    """What the holders have come to."""

    held: int = 0
    last_ns: int = 0  # when the last holder had all of its own, on the clock of monotonic_ns
    errors: dict[str, int] = field(default_factory=dict)


class Holders:
    """Processes that hold connections. Use as a context manager: start, `grow`, `ask`, and at the end all are reset."""

    def __init__(
        self,
        host: str,
        port: int,
        connections: int,
        cpus: Sequence[int],
        *,
        sample: int,
        seed: int,
        queue: tuple[SharedCounters, int, int] | None = None,
    ) -> None:
        """`connections` to hold in all, by as many processes as there are `cpus`, each on its own; `sample`: how many
        of the connections `ask` will use. `queue`: the server's counters, which of them counts what it has accepted,
        and how many may be waiting for that."""
        processes = len(cpus)
        family, address = resolve(host, port)
        self._ledger = SharedCounters.create("held", 2 + processes, len(HolderCount))
        self._children: list[Child] = []
        self._told: dict[int, Message] = {}  # what a holder has said of what it holds, by its number
        self._go, self._ask = os.pipe(), os.pipe()
        per_process = -(-connections // processes)
        sources = sources_for(per_process, churning=False)
        self.source_addresses = sources * processes
        try:
            for number in range(processes):
                config = {
                    "family": int(family),
                    "address": address,
                    "sources": sources,
                    "first_source": number * sources,
                    "connections": share(connections, processes, number),
                    "sample": share(sample, processes, number),
                    "seed": seed * 1000 + number,
                    "row": 2 + number,
                    "go": self._go[0],
                    "ask": self._ask[0],
                    "shared_counters": _plain(self._ledger),
                    "queue": queue and {"shared_counters": _plain(queue[0]), "column": queue[1], "most": queue[2]},
                }
                shared = [self._ledger.fd, self._go[0], self._ask[0], *([queue[0].fd] if queue else [])]
                self._children.append(Child("netlab.load.holder:main", config, shared, [cpus[number]]))
            for child in self._children:
                child.expect(_START_S)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Holders:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The holders' processes."""
        return [child.pid for child in self._children]

    def open(self) -> int:
        """Connections held by now."""
        return sum(self._ledger.column(HolderCount.OPEN))

    def go(self) -> None:
        """Let them dial."""
        self._go = _opened(self._go)

    def enough(self) -> None:
        """No more connections from now on."""
        self._ledger.row(SharedCounters.OWN)[HolderCount.ENOUGH] = 1

    def settle(self, watch: Callable[[int], None]) -> Grown:
        """Wait until each has what it is to hold, or what it could get; `watch` is told often how many there are.

        May be called again after an interruption. Raises NetlabError when nothing moves any more.
        """
        moved_s, before = time.monotonic(), -1
        for number, child in enumerate(self._children):
            while number not in self._told:
                try:
                    self._told[number] = child.expect(0.05)
                except TimeoutError:
                    now = self.open()
                    watch(now)
                    if now != before:
                        moved_s, before = time.monotonic(), now
                    elif time.monotonic() - moved_s > _STALLED_S:
                        raise NetlabError(f"no new connection within {_STALLED_S:g} s, at {now:,}") from None
        grown = Grown()
        for told in self._told.values():
            grown.held += told["held"]
            grown.last_ns = max(grown.last_ns, told["at_ns"])
            add_errors(grown.errors, told["errors"])
        return grown

    def ask(self) -> tuple[int, int]:
        """Ask a random sample of the held connections for an echo: how many were asked, how many answered right."""
        self._ask = _opened(self._ask)
        told = [child.expect(_STALLED_S) for child in self._children]
        return sum(each["asked"] for each in told), sum(each["echoed"] for each in told)

    def close(self) -> None:
        """End them: the kernel resets what they hold."""
        for child in self._children:
            child.terminate()  # all at once: each has thousands of descriptors to close
        for child in self._children:
            child.close()
        self._children = []
        for pipe in (self._go, self._ask):
            for end in pipe:
                if end >= 0:
                    os.close(end)
        self._go = self._ask = (-1, -1)
        self._ledger.close()


def _plain(shared_counters: SharedCounters) -> list[int]:
    return [shared_counters.fd, shared_counters.rows, shared_counters.columns]


def _opened(gate: tuple[int, int]) -> tuple[int, int]:
    """Close the writing end: whoever reads is told that no more will come."""
    os.close(gate[1])
    return gate[0], -1
