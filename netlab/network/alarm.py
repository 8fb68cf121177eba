"""An alarm clock for epoll (timerfd_create(2)): epoll itself waits whole milliseconds only, and rounds up.

A bottleneck of 10 Mbit/s sends a full frame every 1.2 ms: a wire that is a millisecond late each time has no rate to
speak of, and one that looks at the clock without pause takes the CPU from the hosts. By ctypes, because
os.timerfd_create is new in Python 3.13.
"""

from __future__ import annotations

import ctypes
import os

_MONOTONIC = 1  # CLOCK_MONOTONIC
_ABSOLUTE = 1  # TFD_TIMER_ABSTIME
_CLOEXEC, _NONBLOCK = 0o2000000, 0o4000  # TFD_CLOEXEC, TFD_NONBLOCK


class _Itimerspec(ctypes.Structure):
    """struct itimerspec: a repetition, of which we want none, and the time it goes off."""

    _fields_ = (("every_s", ctypes.c_long), ("every_ns", ctypes.c_long), ("s", ctypes.c_long), ("ns", ctypes.c_long))


class Alarm:
    """A descriptor, `fd`, that is readable from a set time on."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = self._libc.timerfd_create(_MONOTONIC, _CLOEXEC | _NONBLOCK)
        if self.fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self._spec = _Itimerspec()
        self._set_ns: int | None = None

    def set(self, at_ns: int | None) -> None:
        """Go off at this time of CLOCK_MONOTONIC; None: not at all. What it was set to before is forgotten."""
        if at_ns == self._set_ns:
            return
        self._set_ns = at_ns
        self._spec.s, self._spec.ns = divmod(max(at_ns, 1), 10**9) if at_ns is not None else (0, 0)  # 0 disarms it
        self._libc.timerfd_settime(self.fd, _ABSOLUTE, ctypes.byref(self._spec), None)
