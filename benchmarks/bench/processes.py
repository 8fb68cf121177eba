"""Child processes: start one on chosen CPUs, read its lines by a deadline, account for its tree, stop it.

CPU time is read from a process's own CPU clock (clock_getcpuclockid(3)): nanoseconds, of all threads, also of
those that have ended. Children that ended and were waited for are in their parent's cutime and cstime
(proc(5)), in ticks of 10 ms. Left out: children of a thread other than a process's first, and children that
SIGCHLD set to SIG_IGN discards, which the kernel accounts to nobody.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOP_PATIENCE_S = 8.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class RowError(Exception):
    """Something a row of the result should say instead of numbers."""


class Child:
    """A process with its standard output and error as lines, in a session of its own."""

    def __init__(
        self, command: Sequence[str], cpus: Iterable[int] | None, env: Mapping[str, str] | None = None
    ) -> None:
        wanted = set(cpus) if cpus is not None else None
        parent = os.getpid()

        def before_exec() -> None:
            # If the harness is killed, nothing it started may stay behind.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)
            if wanted is not None:
                os.sched_setaffinity(0, wanted)

        try:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=before_exec,
                env=env,
            )
        except OSError as error:
            raise RowError(f"cannot start {Path(command[0]).name}: {error.strerror}") from None
        assert self._popen.stdout is not None and self._popen.stderr is not None
        self.pid = self._popen.pid
        self._unread = {self._popen.stdout.fileno(): b"", self._popen.stderr.fileno(): b""}
        self._stdout, self._stderr = self._unread
        self._open = set(self._unread)

    def _pump(self, deadline: float) -> bool:
        """Take in what either pipe has. False: both are at their end. RowError: the deadline has passed."""
        if not self._open:
            return False
        poller = select.poll()
        for fd in self._open:
            poller.register(fd, select.POLLIN)
        left_s = deadline - time.monotonic()
        ready = poller.poll(max(0.0, left_s) * 1000) if left_s > 0 else []
        if not ready:
            raise RowError("no answer in time" + self._last_words())
        for fd, _ in ready:
            data = os.read(fd, 1 << 16)
            self._unread[fd] += data
            if not data:
                self._open.discard(fd)
        return True

    def _line(self, fd: int, deadline: float) -> str:
        while b"\n" not in self._unread[fd]:
            if not self._pump(deadline):
                raise self.ended_early()
        line, _, self._unread[fd] = self._unread[fd].partition(b"\n")
        return line.decode(errors="replace")

    def line(self, deadline: float) -> str:
        """The next line of standard output."""
        return self._line(self._stdout, deadline)

    def error_line(self, deadline: float) -> str:
        """The next line of standard error."""
        return self._line(self._stderr, deadline)

    def all_output(self, deadline: float) -> str:
        """Everything up to the end of standard output; the process must then end well."""
        while self._pump(deadline):
            pass
        code = self.wait(deadline)
        if code != 0:
            raise self.ended_early()
        return self._unread[self._stdout].decode(errors="replace")

    def wait(self, deadline: float) -> int:
        """Exit code; RowError when the deadline passes first."""
        try:
            return self._popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise RowError("did not end in time") from None

    def drain(self) -> None:
        """Discard what is in the pipes now, so that a talkative process never blocks on them."""
        try:
            while self._pump(time.monotonic() + 0.001):
                self._unread[self._stdout] = b""
                self._unread[self._stderr] = self._unread[self._stderr][-4096:]
        except RowError:
            return

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return self._popen.poll() is None

    def ended_early(self) -> RowError:
        """What to raise when it ended and should not have: how, and the last it said on standard error."""
        self._read_rest()
        return RowError(f"{self._how_it_ended()}{self._last_words()}")

    def _how_it_ended(self) -> str:
        try:
            code = self._popen.wait(1.0)
        except subprocess.TimeoutExpired:
            return "still running"
        return f"exit code {code}" if code >= 0 else f"killed by signal {-code}"

    def _last_words(self) -> str:
        text = self._unread[self._stderr].decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]  # no "  hint"
        return f": {lines[-1].strip()[:160]}" if lines else ""

    def _read_rest(self) -> None:
        try:
            while self._pump(time.monotonic() + 0.1):
                pass
        except RowError:
            return  # a grandchild still holds a pipe open

    def stop(self) -> None:
        """SIGTERM to this process; after a while SIGKILL to exactly what it had started."""
        started = {pid: start_time(pid) for pid in descendants(self.pid)}
        if self.running:
            self._popen.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_PATIENCE_S
            while self.running and time.monotonic() < deadline:
                self.drain()
                time.sleep(0.005)
        if self.running:
            self._popen.kill()
        self._popen.wait()
        for pid, born in started.items():
            if born is not None and start_time(pid) == born:  # not another process that got the number since
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third on: the second, a name, may itself hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid: int) -> str | None:
    """When the process started, in ticks since boot: with the pid it names one process for ever."""
    fields = _stat_fields(pid)
    return fields[19] if fields is not None and fields[0] != "Z" else None


def descendants(pid: int) -> list[int]:
    """Children, their children and so on, without `pid` itself."""
    found, unseen = [], [pid]
    while unseen:
        parent = unseen.pop()
        try:
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        except OSError:
            continue
        children = [int(pid) for pid in text.split()]
        found += children
        unseen += children
    return found


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of these processes and of the children they have waited for, since they started."""
    total = 0.0
    for pid in pids:
        fields = _stat_fields(pid)
        if fields is None:
            continue
        user, system, children_user, children_system = (int(field) / TICKS_PER_S for field in fields[11:15])
        try:
            own = time.clock_gettime((~pid << 3) | 2)  # the kernel's name for "CPU clock of the process pid"
        except OSError:
            own = user + system
        total += own + children_user + children_system
    return total


def pss_bytes(pids: Iterable[int]) -> int:
    """Proportional set size: each page counted once, divided among the processes that share it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total
