"""Stopping in order: SIGTERM → accept no more → echo what has come → close; and at a deadline, close all the same.

A blocked call cannot look at a flag, so the signal handler makes the call return instead:
- accept(2) on a listening socket that is shut down fails with EINVAL, in every process and thread that waits in it;
- read(2) on a connection whose receiving side is shut down returns what has already come, and then "end of stream",
  so that each mode's ordinary way out is also its way to stop (shutdown(2), tcp(7));
- threads leave SIGTERM to the main one (`start_thread`): Python's handlers run there, so its call must return;
- a loop that waits for many descriptors also watches `alarm_fd`, an eventfd(2): the self-pipe trick of UNP §6.9.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import signal
import socket
from _thread import start_new_thread
from collections.abc import Callable, Iterable

from netlab.clock import Clock, monotonic_ns


class Stop:
    """Whether the server has been told to stop, and until when it may drain."""

    def __init__(self, drain_s: float, clock: Clock = monotonic_ns) -> None:
        self.requested = False
        self.alarm_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._drain_s = drain_s
        self._clock = clock
        self._deadline_ns = 0
        self._then: list[Callable[[], None]] = []
        self._cut: Callable[[], None] | None = None

    def arm(self, *then: Callable[[], None], cut: Callable[[], None] | None = None) -> None:
        """From now on SIGTERM stops this process; each of `then` is called, in the handler, when it does.

        `cut` is called when the drain time is over, by SIGALRM: for a process that may by then be blocked in write(2).
        """
        self._then = list(then)
        self._cut = cut
        signal.signal(signal.SIGTERM, self._on_sigterm)
        if cut:
            signal.signal(signal.SIGALRM, lambda *_: cut())
        _let_sigterm_in()

    def become_child(self, *then: Callable[[], None]) -> None:
        """In a forked child: the stop is now this process's own, and no longer wakes the master's loop."""
        self.requested = False
        self.alarm_fd = -1
        self._then = list(then)
        self._cut = None
        _let_sigterm_in()

    def _on_sigterm(self, *_: object) -> None:
        if self.requested:
            return
        self.requested = True
        self._deadline_ns = self._clock() + int(self._drain_s * 1e9)
        if self.alarm_fd >= 0:
            os.eventfd_write(self.alarm_fd, 1)
        if self._cut:
            signal.setitimer(signal.ITIMER_REAL, max(self._drain_s, 0.001))
        for action in self._then:
            action()

    def asked(self) -> bool:
        """`requested`, for where a reader (or a type checker) would think that nothing can have changed it."""
        return self.requested

    def remaining_s(self) -> float:
        """How much drain time is left; 0 when it is over."""
        return max(0.0, (self._deadline_ns - self._clock()) / 1e9)


def _let_sigterm_in() -> None:
    """SIGTERM has been held back until now: in a forked child (workers.py), or while a thread is started."""
    # Not signal.pthread_sigmask(): it turns its answer into enum members, and so unshares twenty pages of a child.
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGTERM,))


def start_thread(function: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """_thread.start_new_thread() for a thread that SIGTERM never comes to; raises _thread.error as that does.

    The kernel may give a signal to any thread that does not block it (signal(7)), and does: the main thread itself
    blocks all of them for a moment in pthread_create(3). A new thread inherits what is blocked.
    """
    _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGTERM,))
    try:
        start_new_thread(function, arguments)
    finally:
        _let_sigterm_in()


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
