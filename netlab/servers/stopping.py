"""Stopping in order: SIGTERM → accept no more → echo what has come → close; and at a deadline, close all the same.

A blocked call cannot look at a flag, so the signal handler makes the call return instead:
- accept(2) on a listening socket that is shut down fails with EINVAL, in every process and thread that waits in it;
- read(2) on a connection whose receiving side is shut down returns what has already come, and then "end of stream",
  so that each mode's ordinary way out is also its way to stop (shutdown(2), tcp(7));
- threads leave signals to the main one (`start_thread`): Python's handlers run there, so its call must return;
- a loop that waits for many descriptors also watches `alarm_fd`, an eventfd(2): the self-pipe trick of UNP §6.9.

One gap is left. Python notes a signal and runs the handler before its next instruction; a signal that comes between the
last look and a system call that blocks is noticed when that call returns. So whoever sends SIGTERM sends it again until
it is obeyed, and for the one who cannot, a parent that has died, SIGALRM knocks now and then (`heartbeat_s`).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import signal
import socket
from _thread import start_new_thread
from collections.abc import Callable, Iterable

from netlab.clock import Clock, monotonic_ns

OURS = (_signal.SIGTERM, _signal.SIGALRM)


class Stop:
    """Whether the server has been told to stop, and until when it may drain.

    `heartbeat_s`: how long a signal may go unnoticed if it is not repeated; 0: for ever.
    """

    def __init__(self, drain_s: float, heartbeat_s: float = 0.0, clock: Clock = monotonic_ns) -> None:
        self.requested = False
        self.alarm_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._drain_s = drain_s
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._deadline_ns = 0
        self._then: list[Callable[[], None]] = []
        self._force_close: Callable[[], None] | None = None

    def arm(self, *then: Callable[[], None], force_close: Callable[[], None] | None = None) -> None:
        """From now on SIGTERM stops this process; each of `then` is called, in the handler, when it does.

        `force_close` is called when the drain time is over, by SIGALRM: for a process that may by then be blocked in
        write(2).
        """
        self._then = list(then)
        self._force_close = force_close
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.signal(signal.SIGALRM, self._on_sigalrm)
        if self._heartbeat_s:
            signal.setitimer(signal.ITIMER_REAL, self._heartbeat_s, self._heartbeat_s)
        _let_sigterm_in()

    def become_child(self, *then: Callable[[], None]) -> None:
        """In a forked child: the stop is now this process's own, and no longer wakes the master's loop."""
        self.requested = False
        self.alarm_fd = -1
        self._then = list(then)
        self._force_close = None
        _let_sigterm_in()

    def _on_sigterm(self, *_: object) -> None:
        if self.requested:
            return
        self.requested = True
        self._deadline_ns = self._clock() + int(self._drain_s * 1e9)
        if self.alarm_fd >= 0:
            os.eventfd_write(self.alarm_fd, 1)
        if self._force_close:
            signal.setitimer(signal.ITIMER_REAL, max(self._drain_s, 0.001), self._heartbeat_s)
        for action in self._then:
            action()

    def _on_sigalrm(self, *_: object) -> None:
        if self._force_close and self.requested and not self.remaining_s():
            self._force_close()
            self._force_close = None

    def asked(self) -> bool:
        """`requested`, for where a reader (or a type checker) would think that nothing can have changed it."""
        return self.requested

    def remaining_s(self) -> float:
        """How much drain time is left; 0 when it is over."""
        return max(0.0, (self._deadline_ns - self._clock()) / 1e9)


def _let_sigterm_in() -> None:
    """In a forked child, SIGTERM has been held back until now (workers.py)."""
    # Not signal.pthread_sigmask(): it turns its answer into enum members, and so unshares twenty pages of a child.
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGTERM,))


def start_thread(function: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """_thread.start_new_thread() for a thread that our signals never come to; raises _thread.error as that does.

    The kernel may give a signal to any thread that does not block it (signal(7)), and does: the main thread itself
    blocks all of them for a moment in pthread_create(3). A new thread inherits what is blocked.
    """
    _signal.pthread_sigmask(_signal.SIG_BLOCK, OURS)
    try:
        start_new_thread(function, arguments)
    finally:
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, OURS)


def shut(fds: Iterable[int], how: int) -> None:
    """shutdown(2) each connection; one that its peer has reset is past that already."""
    for fd in fds:
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
        try:
            borrowed.shutdown(how)
        except OSError:
            pass
        finally:
            borrowed.detach()


def shut_listener(listener: socket.socket) -> Callable[[], None]:
    """What makes every accept(2) on `listener` return, to be called when the stop comes."""

    def action() -> None:
        try:
            listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # a worker that shares it was quicker, or it is closed

    return action
