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
from typing import Any

from netlab.linux.ring import Ring
from netlab.network import frame_record
from netlab.network.alarm import Alarm
from netlab.network.conditions import Conditions, Direction
from netlab.network.gate import Gate

_BATCH = 32  # frames taken at once before departures are looked at again
_GATE_S = 0.001  # how long to wait for the next look


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
        """`line`: to whom the wire belongs. `snap`: how many bytes of each frame the record keeps; None: all."""
        (first, one), (second, other) = ends.items()
        self._names = tuple(ends)
        self._rings = {name: Ring(sock, mtu) for name, sock in ends.items()}
        self._routes = {one.fileno(): (first, one, other), other.fileno(): (second, other, one)}
        self._directions = {name: Direction(conditions[name], f"{seed} {name}") for name in ends}
        self._line = line
        self._gate = gate
        self._snap = snap
        self._alarm = Alarm()
        self._leaving: list[tuple[int, int, int, socket.socket, bytes, list[Any]]] = []
        self._rows: list[list[Any]] = []
        self._order = 0

    def run(self) -> None:
        """Until told to stop, or whoever could tell is gone."""
        poll = select.epoll()
        for descriptor in (*self._routes, self._line.fileno(), self._alarm.fd):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            for descriptor, events in poll.poll(self._patience_s()):
                if descriptor in self._routes:
                    self._take(*self._routes[descriptor])
                    if events & select.EPOLLERR:  # the interface is down: told once, and then no more
                        self._routes[descriptor][1].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                elif descriptor == self._line.fileno() and not self._told():
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
            for leave_ns in departures_ns or (None,):
                row = [name, now_ns, None, word, kept, direction.count - 1, len(frame), waiting]
                self._rows.append(row)
                if leave_ns is None:
                    continue
                if leave_ns <= now_ns and self._gate is None and not (leaving and leaving[0][0] <= now_ns):
                    self._send(other, frame, row)
                else:
                    self._order += 1
                    looks = self._gate.looks + Gate.LOOKS if self._gate else 0
                    heapq.heappush(leaving, (leave_ns, self._order, looks, other, frame, row))

    def _give(self) -> None:
        leaving = self._leaving
        while leaving and leaving[0][0] <= time.monotonic_ns():
            if self._gate is not None and self._gate.looks < leaving[0][2]:
                return
            _, _, _, sock, frame, row = heapq.heappop(leaving)
            self._send(sock, frame, row)

    def _send(self, sock: socket.socket, frame: bytes, row: list[Any]) -> None:
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
                lost = {name: ring.lost() for name, ring in self._rings.items()}
                self._line.settimeout(30.0)
                self._line.sendall(json.dumps(lost).encode() + b"\n" + frame_record.packed(self._rows, self._names))
                return False
            self._directions[message["sender"]].then = (message["first"], Conditions.read(message["conditions"]))
            self._line.send(b"k")
        return bool(line)
