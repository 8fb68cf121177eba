"""Events as they happen on both hosts, on one clock (CLOCK_MONOTONIC): system calls, and states of sockets.

The kernel's states are looked at again and again, so a time is when a state was first *seen*. Between two looks a
state could come and go; so the wire holds every frame until there have been two whole looks (its gate). A state that
ends with a frame's arrival is then always seen, however busy the machine is.
"""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from netlab.linux.diag import Diag, Sock
from netlab.network.gate import Gate
from netlab.network.private import Host

Result = TypeVar("Result")
Kind = Literal["call", "return", "state", "gone", "mark"]
CALL: Final = "call"
RETURN: Final = "return"
STATE: Final = "state"
GONE: Final = "gone"
MARK: Final = "mark"
_PAUSE_S = 0.0003
_SO_COOKIE = 57  # of <asm-generic/socket.h>
_COOKIE = struct.Struct("=Q")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on `host` at `at_ns` of CLOCK_MONOTONIC.

    A "call" was made or came back ("return", with the result as `detail`); a socket was first seen in a "state", or was
    "gone"; a "mark" is where the part begins that is to be shown. Of a state: `timer` runs for `expires_s` more, has
    been doubled `backoff` times, and at `before_ns` the state was not yet there. `call` is the number of a call, its
    own and its return's; `socket` tells sockets apart (SO_COOKIE).
    """

    at_ns: int
    host: str
    kind: Kind
    what: str
    detail: str = ""
    timer: str = ""
    expires_s: float | None = None
    backoff: int | None = None
    before_ns: int | None = None
    call: int | None = None
    socket: int | None = None


def cookie_of(sock: socket.socket | None) -> int | None:
    """The number by which the kernel tells the socket apart, as inet_diag has it, too (SO_COOKIE, socket(7))."""
    return None if sock is None else int(_COOKIE.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, 8))[0])


class Timeline:
    """Events in the order they were noted, by any thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._calls = itertools.count(1)
        self._condition = threading.Condition()

    def note(
        self,
        host: str,
        kind: Kind,
        what: str,
        detail: str = "",
        *,
        at_ns: int | None = None,
        timer: str = "",
        expires_s: float | None = None,
        backoff: int | None = None,
        before_ns: int | None = None,
        call: int | None = None,
        socket: int | None = None,
    ) -> None:
        """Something happened, now or at `at_ns`."""
        when_ns = time.monotonic_ns() if at_ns is None else at_ns
        event = Event(when_ns, host, kind, what, detail, timer, expires_s, backoff, before_ns, call, socket)
        with self._condition:
            self.events.append(event)
            self._condition.notify_all()

    def call(
        self,
        host: str,
        what: str,
        function: Callable[[], Result],
        returned: Callable[[Result], str] = str,
        sock: socket.socket | None = None,
        made: Callable[[Result], socket.socket] | None = None,
    ) -> Result:
        """A system call: when it was called, and when it returned with what. `sock` is the socket that it is made on;
        `made` finds in its result the one that it makes."""
        number, on = next(self._calls), cookie_of(sock)
        self.note(host, CALL, what, call=number, socket=on)
        try:
            result = function()
        except OSError as error:
            self.note(host, RETURN, what, error.strerror or str(error), call=number, socket=on)
            raise
        self.note(host, RETURN, what, returned(result), call=number, socket=cookie_of(made(result)) if made else on)
        return result

    def saw(self, host: str, state: str) -> bool:
        """Whether a socket of `host` has been in this state since the mark, if there is one; CLOSED: gone."""
        kind = GONE if state == "CLOSED" else STATE
        for event in reversed(self.events):
            if event.kind == MARK:
                return False
            if (event.host, event.kind, event.what) == (host, kind, state):
                return True
        return False

    def mark(self, what: str) -> None:
        """What is to be shown begins here."""
        self.note("client", MARK, what)

    def wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Until `condition` holds after some event; False when it did not in time."""
        with self._condition:
            return self._condition.wait_for(condition, timeout_s)


class Watcher:
    """A thread that asks the kernel for the sockets of all hosts, again and again, and notes every change of state."""

    def __init__(self, hosts: tuple[Host, ...], timeline: Timeline, gate: Gate | None = None) -> None:
        self._timeline = timeline
        self._gate = gate
        self._diags: list[tuple[Host, Diag]] = []
        self._hosts = hosts
        for host in hosts:
            with host.namespace.entered():
                self._diags.append((host, Diag()))
        self._states: dict[tuple[str, tuple[str, int], tuple[str, int]], Sock] = {}
        self._looked_ns: dict[str, int] = {}
        self._stop = threading.Event()
        self._held = threading.Event()
        self._looks = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        for _host, diag in self._diags:
            diag.close()

    def settled(self, timeout_s: float = 10.0) -> None:
        """Wait until everything that is so now has been seen: two whole looks."""
        target, deadline_s = self._looks + 2, time.monotonic() + timeout_s
        while self._looks < target and time.monotonic() < deadline_s:
            time.sleep(_PAUSE_S)

    @contextmanager
    def wire_held(self) -> Iterator[None]:
        """No frame leaves the wire meanwhile: what both hosts do happens at once, as far as they can know."""
        self._held.set()
        try:
            yield
        finally:
            self._held.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            for host, diag in self._diags:
                begun_ns = time.monotonic_ns()
                self._look(host.name, [sock for sock in diag.tcp() if ours(sock, host, self._hosts)])
                self._looked_ns[host.name] = begun_ns
            self._looks += 1
            if self._gate is not None and not self._held.is_set():
                self._gate.looked()
            self._stop.wait(_PAUSE_S)

    def _look(self, host: str, socks: list[Sock]) -> None:
        here = {(host, sock.local, sock.remote): sock for sock in socks}
        before_ns = self._looked_ns.get(host)
        for key, sock in here.items():
            known = self._states.get(key)
            if known is None or known.state != sock.state:
                self._timeline.note(
                    host,
                    STATE,
                    sock.state,
                    _ends(sock),
                    timer=sock.timer,
                    expires_s=sock.expires_s,
                    before_ns=before_ns,
                    socket=sock.cookie,
                )
            self._states[key] = sock
        for key in [known for known in self._states if known[0] == host and known not in here]:
            gone = self._states.pop(key)
            if gone.state != "LISTEN":
                self._timeline.note(host, GONE, "CLOSED", _ends(gone), before_ns=before_ns, socket=gone.cookie)


def ours(sock: Sock, host: Host, hosts: tuple[Host, ...]) -> bool:
    """Whether the socket is of this host and of the experiment that `hosts` are in.

    On loopback (network/loopback.py) there are others, and the client's 127.0.0.1 is everybody's.
    """
    if sock.local[0] != host.ip:
        return False
    if sock.remote[0] == "0.0.0.0":
        return host.ip != "127.0.0.1"
    return any(sock.remote[0] == other.ip for other in hosts if other is not host)


def _ends(sock: Sock) -> str:
    return f"{sock.local[0]}:{sock.local[1]} → {sock.remote[0]}:{sock.remote[1]}"
