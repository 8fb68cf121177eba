"""What was seen of two hosts and of the wire between them: the part that the results of their scenes have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from netlab.network.frame_record import FrameRecord
from netlab.network.timeline import Event


@dataclass(frozen=True, slots=True)
class Observation:
    """Times are CLOCK_MONOTONIC; `epoch_ns` is what makes a time of day of one. `hosts`: names by IP address.

    `wire_lost`: frames that the wire should not have lost, and has.
    """

    events: tuple[Event, ...]
    frames: tuple[FrameRecord, ...]
    wire_lost: int
    epoch_ns: int
    hosts: dict[str, str]


class Observed(Protocol):
    """The result of a scene of two hosts."""

    @property
    def observation(self) -> Observation:
        """What was seen."""
