"""The wire: a process that takes each frame at one end (AF_PACKET, packet(7)) and gives it out at the other.

In between it may do to it what conditions.py says; and with a gate, a frame also waits until all that led to it has
been looked at, so that no state that ends with a frame's arrival can pass unseen on a busy machine. It keeps a record
of every frame: when it came, when it left, what befell it. It is a process of its own, so that it does not wait for
what the hosts do. This file is the owner's side; forwarder.py is what runs in the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket

from netlab.codec import decode, encode
from netlab.network.conditions import Conditions
from netlab.network.forwarder import ConditionsChange, Forwarder, WireOrder
from netlab.network.frame_record import FrameRecord, unpacked
from netlab.network.gate import Gate

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


class Wire:
    """A running wire between two ends, in a process of its own that dies with this one.

    `lost`: after `stop`, how many frames of each sender the wire itself has lost, because it was not quick enough.
    """

    def __init__(
        self,
        ends: dict[str, socket.socket],
        conditions: dict[str, Conditions],
        seed: int,
        gate: Gate | None = None,
        *,
        mtu: int = 1500,
        snap: int | None = None,
    ) -> None:
        """`ends`: the socket at each host's end, of ring.opened with this `mtu`; `conditions`: of what that host sends.

        `snap`: the record keeps so many bytes of each frame, for transfers whose data nobody will look at.
        """
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
                    Forwarder(ends, conditions, seed, theirs, gate, mtu=mtu, snap=snap).run()
                    code = 0
            finally:
                os._exit(code)
        theirs.close()
        for sock in ends.values():
            sock.close()
        self._senders = tuple(ends)
        self._line = ours
        self._line.settimeout(30.0)
        self._ended = False
        self.lost: dict[str, int] = {}

    def change(self, sender: str, conditions: Conditions, *, first: int = 0) -> None:
        """New conditions for what `sender` sends: from the next frame on, or from its frame number `first` on."""
        self._order(ConditionsChange(sender, conditions, first))
        self._line.recv(1)

    def stop(self) -> list[FrameRecord]:
        """End the wire; every frame that was on it, in the order of sending."""
        self._order(None)
        chunks: list[bytes] = []
        while chunk := self._line.recv(1 << 20):
            chunks.append(chunk)
        self.close()
        head, _, rows = b"".join(chunks).partition(b"\n")
        passed = unpacked(rows, self._senders)
        self.lost = decode(dict[str, int], json.loads(head), "wire")
        for each in passed:
            self.lost[each.sender] += each.fate == "not taken"
        return passed

    def close(self) -> None:
        """End the wire without asking for its record. Called again, it does nothing."""
        if self._ended:
            return
        self._ended = True
        self._line.close()  # which ends the process
        os.waitpid(self.pid, 0)

    def _order(self, change: ConditionsChange | None) -> None:
        self._line.sendall(json.dumps(encode(WireOrder(change))).encode() + b"\n")
