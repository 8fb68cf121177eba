"""What a wire does to frames, as data: every chance is drawn from a seeded generator, one for each direction, in the
order in which frames come. So the same seed does the same to the n-th frame.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from netlab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Conditions:
    """One direction of a wire. Times in seconds, chances between 0 and 1.

    `rate`: bytes a second, None for as fast as can be; `queue`: frames that may wait for it before more are dropped.
    `drop`: numbers (from 0) of frames that are dropped, whatever chance says. `reorder`: the chance that a frame is
    held back for `reorder_s` longer, so that others overtake it. Otherwise order is kept, with jitter too.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_s: float = 0.02
    corrupt: float = 0.0
    rate: float | None = None
    queue: int = 100
    drop: tuple[int, ...] = ()
    blocked: bool = False

    def __post_init__(self) -> None:
        chances = {"loss": self.loss, "duplicate": self.duplicate, "reorder": self.reorder, "corrupt": self.corrupt}
        for name, chance in chances.items():
            if not 0 <= chance <= 1:
                raise UsageError(f"{name} is a chance between 0 and 1, not {chance}")
        if self.delay_s < 0 or self.jitter_s < 0 or (self.rate is not None and self.rate <= 0) or self.queue < 1:
            raise UsageError("delays cannot be negative; rate and queue are at least 1")


class Verdict(NamedTuple):
    """What happens to one frame: when it leaves, of each copy; `word` says what befell it.

    `waiting`: how many frames it found in the queue; None where there is none, or it never came so far. A tuple,
    because one is made for every frame, and a dataclass takes four times as long.
    """

    word: str
    departures_ns: tuple[int, ...]
    frame: bytes
    waiting: int | None = None


class Direction:
    """The state of one direction: its generator, its queue, the last departure."""

    def __init__(self, conditions: Conditions, seed: str) -> None:
        self.conditions = conditions
        self.rng = Random(seed)
        self.count = 0
        self.then: tuple[int, Conditions] | None = None  # from this frame on, other conditions
        self._free_ns = 0  # when the transmitter will have sent what waits
        self._waiting: deque[int] = deque()  # when each frame in the queue begins to be sent, ascending
        self._last_ns = 0

    def take(self, frame: bytes, now_ns: int) -> Verdict:
        """The fate of the frame that came at `now_ns`. Every chance is drawn for every frame, whatever came of it."""
        if self.then is not None and self.count >= self.then[0]:
            self.conditions, self.then = self.then[1], None
        at, number = self.conditions, self.count
        self.count += 1
        random = self.rng.random
        lost, twice, late, bad, jitter, place = random(), random(), random(), random(), random(), random()
        if at.blocked or number in at.drop or lost < at.loss:
            return Verdict("dropped", (), frame)
        start_ns, ahead = now_ns, None
        if at.rate is not None:
            waiting = self._waiting
            while waiting and waiting[0] <= now_ns:
                waiting.popleft()
            ahead = len(waiting)
            if ahead >= at.queue:
                return Verdict("queue full", (), frame, ahead)
            begin_ns = max(now_ns, self._free_ns)
            waiting.append(begin_ns)
            start_ns = self._free_ns = begin_ns + round(len(frame) / at.rate * 1e9)
        word = "delivered"
        if bad < at.corrupt:
            word, frame = "corrupted", _damaged(frame, place)
        leave_ns = start_ns + round((at.delay_s + at.jitter_s * jitter) * 1e9)
        if late < at.reorder:
            return Verdict("held back", (leave_ns + round(at.reorder_s * 1e9),), frame, ahead)
        leave_ns = self._last_ns = max(leave_ns, self._last_ns)
        if twice < at.duplicate:
            return Verdict("duplicated", (leave_ns, leave_ns), frame, ahead)
        return Verdict(word, (leave_ns,), frame, ahead)


def _damaged(frame: bytes, place: float) -> bytes:
    """One bit turned, behind the Ethernet header: a card would have dropped a frame with damage before it."""
    bit = 14 * 8 + int(place * (len(frame) - 14) * 8)
    if bit >= len(frame) * 8:
        return frame
    changed = bytearray(frame)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)
