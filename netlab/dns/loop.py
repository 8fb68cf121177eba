"""One epoll(7) loop for many sockets, with timers. It knows descriptors, not sockets: what comes is its owners'
business."""

from __future__ import annotations

import heapq
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

Handler = Callable[[int], None]
READ, WRITE, BROKEN = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR | select.EPOLLHUP
_MOST_EVENTS = 256
_MOST_STALE = 1024


@dataclass(order=True, slots=True)
class Timer:
    """Something to be done at `at_s`, unless cancelled."""

    at_s: float
    number: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Do not do it."""
        self.action = None


class Loop:
    """Call the handler of each descriptor that is ready, and of each timer that is due, until stopped."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.now_s = clock_s
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[Timer] = []
        self._number = count()
        self._stopped = False
        # stop() may be called by a signal handler, and epoll_wait(2) is then restarted (PEP 475): so it needs an event.
        self._alarm_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll.register(self._alarm_fd, READ)

    def watch(self, fd: int, handler: Handler, events: int = READ) -> None:
        """Call `handler(events)` when `fd` is ready."""
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Wait for other events of `fd`."""
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """No longer watch `fd`; call it before closing."""
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def after(self, delay_s: float, action: Callable[[], None]) -> Timer:
        """Do `action` once `delay_s` from now."""
        timer = Timer(self.now_s() + delay_s, next(self._number), action)
        heapq.heappush(self._timers, timer)
        if len(self._timers) > _MOST_STALE and self._timers[0].action is None:
            self._timers = [each for each in self._timers if each.action is not None]
            heapq.heapify(self._timers)
        return timer

    def stop(self) -> None:
        """Let `run` return after this turn, or at once if it has yet to begin; may be called in a signal handler."""
        self._stopped = True
        os.eventfd_write(self._alarm_fd, 1)

    def run(self) -> None:
        """Turn until `stop()`. A signal may have said so before we got here: that counts, too."""
        while not self._stopped:
            self.turn()
        self._stopped = False
        os.eventfd_read(self._alarm_fd)

    def turn(self, longest_s: float = 60.0) -> None:
        """Wait for something, at most `longest_s`, and deal with it."""
        timers = self._timers
        while timers and timers[0].action is None:
            heapq.heappop(timers)
        wait_s = min(longest_s, max(0.0, timers[0].at_s - self.now_s())) if timers else longest_s
        for fd, events in self._epoll.poll(wait_s, _MOST_EVENTS):
            handler = self._handlers.get(fd)
            if handler is not None:  # closed by the handler of another descriptor in this very turn
                handler(events)
        if self._timers and self._timers[0].at_s <= self.now_s():
            self._fire()

    def _fire(self) -> None:
        now_s = self.now_s()
        while self._timers and self._timers[0].at_s <= now_s:
            action = heapq.heappop(self._timers).action
            if action is not None:
                action()

    def close(self) -> None:
        """Give the descriptors back."""
        self._epoll.close()
        os.close(self._alarm_fd)
