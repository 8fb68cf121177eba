"""The loop of the wire's process: take frames from two rings, ask conditions.py for their fate, give them out in time.

A frame that may leave at once, as most may on a wire without delay or rate, is given out where it is taken. All others
wait in a heap, the next to leave on top, and an alarm clock is set to its time.
"""

from __future__ import annotations

import heapq
import json
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from netlab.codec import decode
from netlab.linux.ring import Ring
from netlab.network import frame_record
from netlab.network.alarm import Alarm
from netlab.network.conditions import Conditions, Direction
from netlab.network.gate import Gate

_BATCH = 32  # frames taken at once before departures are looked at again
_GATE_S = 0.001  # how long to wait for the next look
Departure = tuple[int, int, int, socket.socket, bytes]  # when, its row's number, looks of the gate it waits for


@dataclass(frozen=True, slots=True)
class ConditionsChange:
    """New conditions for what `sender` sends, from its frame number `first` on."""

    sender: str
    conditions: Conditions
    first: int


@dataclass(frozen=True, slots=True)
class WireOrder:
    """A message from the wire's owner: a change, or None: stop, and return the record."""

    change: ConditionsChange | None


class Forwarder:
    """Two ends, a direction from each, and the frames that are between them."""

    def __init__(
        self,
        ends: Mapping[str, socket.socket],
        conditions: Mapping[str, Conditions],
        seed: int,
        line: socket.socket,
        gate: Gate | None,
        *,
        mtu: int,
        snap: int | None,
    ) -> None:
        """`line`: to the owner of the wire. `snap`: how many bytes of each frame the record keeps; None: all."""
        (first, one), (second, other) = ends.items()
        self._names = tuple(ends)
        self._rings = {name: Ring(sock, mtu) for name, sock in ends.items()}
        self._routes = {one.fileno(): (first, one, other), other.fileno(): (second, other, one)}
        self._directions = {name: Direction(conditions[name], f"{seed} {name}") for name in ends}
        self._line = line
        self._gate = gate
        self._snap = snap
        self._alarm = Alarm()
        self._leaving: list[Departure] = []
        self._rows: list[frame_record.Row] = []
        self._arrived_ns: list[int | None] = []  # of each row

    def run(self) -> None:
        """Run until a stop message arrives, or the owner is gone."""
        poll = select.epoll()
        for descriptor in (*self._routes, self._line.fileno(), self._alarm.fd):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            for descriptor, events in poll.poll(self._patience_s()):
                if descriptor in self._routes:
                    self._take(*self._routes[descriptor])
                    if events & select.EPOLLERR:  # the interface is down: told once, and then no more
                        self._routes[descriptor][1].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                elif descriptor == self._line.fileno() and not self._obey():
                    return
            self._give()

    def _patience_s(self) -> float:
        """How long epoll may wait; the alarm is set to the time of the next departure."""
        if not self._leaving:
            self._alarm.set(None)
            return -1.0
        next_ns = self._leaving[0][0]
        if next_ns > time.monotonic_ns():
            self._alarm.set(next_ns)
            return -1.0
        self._alarm.set(None)
        return _GATE_S if self._gate is not None else 0.0

    def _take(self, name: str, sock: socket.socket, other: socket.socket) -> None:
        direction, take = self._directions[name], self._rings[name].take
        leaving, snap, clock_ns = self._leaving, self._snap, time.monotonic_ns
        for _ in range(_BATCH):
            frame = take()
            if frame is None:
                return
            now_ns = clock_ns()
            word, departures_ns, frame, waiting = direction.take(frame, now_ns)
            kept = frame if snap is None else frame[:snap]
            row = (name, now_ns, word, kept, direction.count - 1, len(frame), waiting)
            for leave_ns in departures_ns or (None,):
                number = len(self._rows)
                self._rows.append(row)
                self._arrived_ns.append(None)
                if leave_ns is None:
                    continue
                if leave_ns <= now_ns and self._gate is None and not (leaving and leaving[0][0] <= now_ns):
                    self._send(other, frame, number)
                else:
                    looks = self._gate.looks + Gate.LOOKS if self._gate else 0
                    heapq.heappush(leaving, (leave_ns, number, looks, other, frame))

    def _give(self) -> None:
        leaving = self._leaving
        while leaving and leaving[0][0] <= time.monotonic_ns():
            if self._gate is not None and self._gate.looks < leaving[0][2]:
                return
            _, number, _, sock, frame = heapq.heappop(leaving)
            self._send(sock, frame, number)

    def _send(self, sock: socket.socket, frame: bytes, number: int) -> None:
        self._arrived_ns[number] = time.monotonic_ns()
        try:
            sock.send(frame)
        except OSError:
            row = self._rows[number]
            self._rows[number] = (*row[:2], "not taken", *row[3:])
            self._arrived_ns[number] = None

    def _obey(self) -> bool:
        """Do what the owner's messages say; False when one said to stop, or the owner is gone."""
        lines = self._line.recv(1 << 16)
        for text in lines.splitlines():
            order = decode(WireOrder, json.loads(text), "wire")
            if order.change is None:
                lost = {name: ring.lost() for name, ring in self._rings.items()}
                self._line.settimeout(30.0)
                record = frame_record.packed(self._rows, self._arrived_ns, self._names)
                self._line.sendall(json.dumps(lost).encode() + b"\n" + record)
                return False
            change = order.change
            self._directions[change.sender].then = (change.first, change.conditions)
            self._line.send(b"k")
        return bool(lines)
