"""The wire: a process that takes each frame at one end (AF_PACKET, packet(7)) and gives it out at the other.

In between it may do to it what conditions.py says; and with a gate, a frame also waits until all that led to it has
been looked at, so that no state that ends with a frame's arrival can pass unseen on a busy machine. It keeps a record
of every frame: when it came, when it left, what befell it. It is a process of its own, so that it does not wait for
what the hosts do.
"""

from __future__ import annotations

import ctypes
import heapq
import json
import mmap
import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any

from netlab.network.conditions import Conditions, Direction

_ALL = 0x0003  # ETH_P_ALL
_SOL_PACKET, _IGNORE_OUTGOING = 263, 23
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_BATCH = 64  # frames taken at once before departures are looked at again
_BUFFER = 8 << 20


@dataclass(frozen=True, slots=True)
class Passed:
    """A frame on the wire: from the host called `sender` at `sent_ns`, at the other end at `arrived_ns` (None: never).

    Times are CLOCK_MONOTONIC. `fate`: "delivered", "dropped", "queue full", "corrupted", "duplicated", "held back".
    """

    sender: str
    sent_ns: int
    arrived_ns: int | None
    fate: str
    frame: bytes
    number: int


def opened(interface: str) -> socket.socket:
    """A packet socket at `interface` of the calling thread's namespace: it receives everything, promiscuously."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)  # not what we ourselves put in
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.bind((interface, _ALL))
    sock.setblocking(False)
    return sock


class Gate:
    """How often somebody has looked, in memory that two processes share: a frame waits for two whole looks."""

    LOOKS = 2

    def __init__(self) -> None:
        self._cell = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")

    @property
    def looks(self) -> int:
        """Whole looks so far."""
        return self._cell[0]

    def looked(self) -> None:
        """One more."""
        self._cell[0] += 1


class Wire:
    """A running wire between two ends, in a process of its own that dies with this one."""

    def __init__(
        self, ends: dict[str, socket.socket], conditions: dict[str, Conditions], seed: int, gate: Gate | None = None
    ) -> None:
        """`ends`: the socket at each host's end; `conditions`: of what that host sends."""
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                ours.close()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
                if os.getppid() == parent:
                    _Mover(ends, conditions, seed, theirs, gate).run()
                    code = 0
            finally:
                os._exit(code)
        theirs.close()
        for sock in ends.values():
            sock.close()
        self._line = ours
        self._line.settimeout(30.0)
        self._ended = False

    def change(self, sender: str, conditions: Conditions, *, first: int = 0) -> None:
        """New conditions for what `sender` sends: from the next frame on, or from its frame number `first` on."""
        self._say({"sender": sender, "conditions": conditions.plain(), "first": first})
        self._line.recv(1)

    def stop(self) -> list[Passed]:
        """End the wire; every frame that was on it, in the order of sending."""
        self._say({"stop": True})
        data = b""
        while chunk := self._line.recv(1 << 20):
            data += chunk
        self.close()
        return [Passed(**{**each, "frame": bytes.fromhex(each["frame"])}) for each in json.loads(data)]

    def close(self) -> None:
        """End the wire without asking for its record. Called again, it does nothing."""
        if self._ended:
            return
        self._ended = True
        self._line.close()  # which ends the process
        os.waitpid(self.pid, 0)

    def _say(self, message: dict[str, Any]) -> None:
        self._line.sendall(json.dumps(message).encode() + b"\n")


class _Mover:
    """The loop of the wire's process."""

    def __init__(
        self,
        ends: dict[str, socket.socket],
        conditions: dict[str, Conditions],
        seed: int,
        line: socket.socket,
        gate: Gate | None,
    ) -> None:
        (first, one), (second, other) = ends.items()
        self._routes = {one.fileno(): (first, one, other), other.fileno(): (second, other, one)}
        self._directions = {name: Direction(conditions[name], f"{seed} {name}") for name in ends}
        self._line = line
        self._gate = gate
        self._leaving: list[tuple[int, int, int, socket.socket, bytes, list[Any]]] = []
        self._record: list[list[Any]] = []
        self._order = 0

    def run(self) -> None:
        """Until told to stop, or whoever could tell is gone."""
        poll = select.epoll()
        for descriptor in (*self._routes, self._line.fileno()):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            wait_s = -1.0
            if self._leaving:
                wait_s = max(self._leaving[0][0] - time.monotonic_ns(), 0) / 1e9
            # epoll waits whole milliseconds, and rounds up: the last one is spent looking.
            closed = self._gate is not None and wait_s == 0
            ready = poll.poll(0.001 if closed else wait_s if wait_s < 0 else max(wait_s - 0.001, 0))
            for descriptor, _ in ready:
                if descriptor in self._routes:
                    self._take(descriptor)
                elif not self._told():
                    return
            self._give()

    def _take(self, descriptor: int) -> None:
        name, sock, other = self._routes[descriptor]
        direction = self._directions[name]
        for _ in range(_BATCH):
            try:
                frame = sock.recv(65536)
            except (BlockingIOError, OSError):
                return  # no more; or the interface is down, which poll would say again
            now_ns = time.monotonic_ns()
            fate = direction.take(frame, now_ns)
            for leave_ns in fate.departures_ns or (None,):
                row = [name, now_ns, None, fate.word, fate.frame, direction.count - 1]
                self._record.append(row)
                if leave_ns is not None:
                    self._order += 1
                    looks = self._gate.looks + Gate.LOOKS if self._gate else 0
                    heapq.heappush(self._leaving, (leave_ns, self._order, looks, other, fate.frame, row))

    def _give(self) -> None:
        while self._leaving and self._leaving[0][0] <= time.monotonic_ns():
            if self._gate is not None and self._gate.looks < self._leaving[0][2]:
                return
            _, _, _, sock, frame, row = heapq.heappop(self._leaving)
            row[2] = time.monotonic_ns()
            try:
                sock.send(frame)
            except OSError:
                row[2], row[3] = None, "not taken"

    def _told(self) -> bool:
        """Do what a message says; False when this was the end."""
        line = self._line.recv(1 << 16)
        for text in line.splitlines():
            message = json.loads(text)
            if "stop" in message:
                names = ("sender", "sent_ns", "arrived_ns", "fate", "frame", "number")
                rows = [dict(zip(names, [*row[:4], row[4].hex(), row[5]], strict=True)) for row in self._record]
                self._line.settimeout(30.0)
                self._line.sendall(json.dumps(rows).encode())
                return False
            self._directions[message["sender"]].then = (message["first"], Conditions.read(message["conditions"]))
            self._line.send(b"k")
        return bool(line)
