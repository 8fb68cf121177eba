"""Worker processes of a server: fork(2) with a row of counters each, reaped as they end, seen out at the stop.

The master forks, and hands its child a row of counters to count in. SIGCHLD says that children have ended; one
signal may stand for several, so the handler waits for all there are (UNP §5.10), adds up what they cost (wait4(2)),
and folds their rows. SIGCHLD is held back around fork(2) itself: a child that ends at once must not be reaped before
it is on the list. SIGTERM too, and in the child until its Stop is armed: else it would meet the master's handler, and
be lost.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count, count_force_closed
from netlab.servers.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

CHILD_CRASHED = 70  # EX_SOFTWARE of sysexits.h
HELD_BACK = (signal.SIGCHLD, signal.SIGTERM)
GRACE_S = 0.5
"""How much longer than the drain time a pool's members get, to force their connections closed and to count them."""


class Workers:
    """The living children of this process."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rows: dict[int, int] = {}  # pid → number of its row of counters
        self.pooled = False  # a pool: its members accept and force-close connections themselves (keep_up)
        self._killing = False  # from when on a child's violent end is our own doing
        signal.signal(signal.SIGCHLD, self._reap)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, pid: int) -> bool:
        return pid in self._rows

    def start(self, work: Callable[[Row], None]) -> int | None:
        """Fork a child that does `work(its row)` and exits; its pid, or None if there is no row or no process for
        it."""
        number = self._server.shared_counters.take()
        if number is None:
            return None
        row = self._server.shared_counters.row(number)
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        try:
            pid = os.fork()
            if pid == 0:
                _be_child(work, row)
            self._rows[pid] = number
            return pid
        except OSError:  # EAGAIN: the limit on processes is reached (RLIMIT_NPROC, pids cgroup)
            self._server.shared_counters.give_back(number)
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)

    def _reap(self, *_: object) -> None:
        while self._rows:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._rows.pop(pid)
            row = self._server.shared_counters.row(number)
            row[Count.REAPED] += 1
            row[Count.REAPED_CPU_NS] += int((usage.ru_utime + usage.ru_stime) * 1e9)
            if os.waitstatus_to_exitcode(status) != 0:
                # Its open connections ended with it. In `fork` the master has accepted the only one, in a pool the
                # worker itself.
                still_open = (row[Count.ACCEPTED] if self.pooled else 1) - row[Count.CLOSED]
                if self._killing:
                    count_force_closed(row, still_open)
                else:
                    row[Count.CLOSED] += still_open
                    row[Count.CRASHED] += 1
            self._server.shared_counters.fold(number)

    def see_out(self) -> None:
        """Tell every child to drain, wait for them, and end those that do not manage it in time."""
        deadline = time.monotonic() + self._server.stop.remaining_s() + (GRACE_S if self.pooled else 0)
        while self._rows and time.monotonic() < deadline:
            self._send(signal.SIGTERM)  # again and again: a child may have been about to block (stopping.py)
            self._wait(min(deadline, time.monotonic() + 0.05))
        self._killing = True
        self._send(signal.SIGKILL)
        self._wait(time.monotonic() + 2.0)

    def _send(self, number: signal.Signals) -> None:
        """Send a signal to every child."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        for pid in self._rows:
            os.kill(pid, number)  # still ours: a pid is not given away before it is reaped
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])

    def _wait(self, deadline: float) -> None:
        while self._rows and time.monotonic() < deadline:
            time.sleep(0.002)  # a SIGCHLD in the middle is handled, and the sleep goes on


def _be_child(work: Callable[[Row], None], row: Row) -> NoReturn:
    """The child's whole life. It never returns into the master's code: os._exit skips what the master has set up."""
    # SIGCHLD stays blocked here: there are no grandchildren. Python's signal.signal() would unshare some sixty pages.
    code = CHILD_CRASHED
    try:
        work(row)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def keep_up(workers: Workers, work: Callable[[Row, int], None], server: Server) -> None:
    """Keep `--workers` children running until the stop; each is told its number, which a replacement inherits."""
    workers.pooled = True
    numbers: dict[int, int] = {}
    while not server.stop.requested:
        free = set(range(server.limits.workers)) - {number for pid, number in numbers.items() if pid in workers}
        for number in sorted(free):
            if server.stop.asked():
                return
            pid = workers.start(lambda row, number=number: work(row, number))  # type: ignore[misc]
            if pid is not None:
                numbers[pid] = number
        numbers = {pid: number for pid, number in numbers.items() if pid in workers}
        select.select([server.stop.alarm_fd], [], [], 0.25)
