"""The window of one direction of a connection, read from the wire: what the server allows its client to send.

An ACK's window counts from its acknowledgment number on (RFC 9293 §3.8.6), in units that the SYN has told (RFC 7323
§2.2; the SYN's own window is in bytes). Numbers are relative: the first byte of data is 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from netlab.experiments.tcp.flow_rows import WindowRow
from netlab.experiments.wire.trace import Segment
from netlab.packets.tcp import WINDOW_SCALE

_INSTANTS = 90  # of the chart


@dataclass(frozen=True, slots=True)
class AdvertisedWindow:
    """An ACK's: `size` bytes from number `ack` on. Sent at `sent_s`, known to the sender of the data at `known_s`."""

    number: int  # of the packet
    sent_s: float
    known_s: float
    ack: int
    size: int
    scale: int

    @property
    def edge(self) -> int:
        """The number of the first byte that may not be sent."""
        return self.ack + self.size


@dataclass(frozen=True, slots=True)
class Stall:
    """From the ACK that closed the window (`zero`) to the one that opened it (`update`), with the probes between.

    `answers` are the first ACKs after each. `remainder`: the last window before it was 0, if less than a
    segment. `asked`: the update answers a probe. `telling`: packets to be shown.
    """

    zero: AdvertisedWindow
    update: AdvertisedWindow | None
    probes: tuple[Segment, ...]
    answers: tuple[AdvertisedWindow | None, ...]
    remainder: AdvertisedWindow | None
    new_data: int
    asked: bool
    telling: frozenset[int]

    def pauses(self) -> list[float]:
        """Before each probe: since the sender knew, or since the last one."""
        times = [self.zero.known_s, *(each.sent_s for each in self.probes)]
        return [later - earlier for earlier, later in pairwise(times)]


def windows(segments: Sequence[Segment]) -> Iterator[AdvertisedWindow]:
    """Every window that the server told and the client learned of, in the order of sending."""
    scales = {
        each.sender: option.data[0]
        for each in segments
        if each.tcp.syn
        for option in each.tcp.options
        if option.kind == WINDOW_SCALE and len(option.data) == 1
    }
    scale = scales["server"] if len(scales) == 2 else 0  # only if both have it (RFC 7323 §2.2)
    for each in segments:
        if each.sender == "server" and each.acknowledgment is not None and each.arrived_s is not None:
            size = each.tcp.window << (0 if each.tcp.syn else scale)
            yield AdvertisedWindow(each.number, each.sent_s, each.arrived_s, each.acknowledgment, size, scale)


def stall_of(segments: Sequence[Segment], offered: Sequence[AdvertisedWindow]) -> Stall | None:
    """The time in which the window was 0; None if it never was."""
    at = next((number for number, window in enumerate(offered) if window.size == 0), None)
    if at is None:
        return None
    zero, mss = offered[at], max(each.size for each in segments)
    update = next((window for window in offered[at:] if window.size), None)
    end_s = update.known_s if update else float("inf")
    data = [each for each in segments if each.sender == "client"]
    meanwhile = [each for each in data if zero.known_s <= each.sent_s < end_s]
    probes = tuple(each for each in meanwhile if each.sequence < zero.edge and each.size <= 1)
    answers = tuple(_answer(each, offered) for each in probes)
    remainder = next((window for window in reversed(offered[:at]) if window.size), None)
    if remainder is not None and remainder.size >= mss:
        remainder = None
    shown: list[Segment | AdvertisedWindow | None] = [*probes, remainder, zero, update, *answers]
    shown += [each for each in data if each.size and each.sent_s >= end_s][:2]
    if remainder is not None:
        shown += [each for each in data if each.sequence + each.size == zero.ack][:1]  # it fills the window
    new_data = sum(each.sequence + each.size > zero.edge for each in meanwhile)
    asked = update is not None and any(answer is not None and answer.number == update.number for answer in answers)
    telling = frozenset(each.number for each in shown if each is not None)
    return Stall(zero, update, probes, answers, remainder, new_data, asked, telling)


def _answer(probe: Segment, offered: Sequence[AdvertisedWindow]) -> AdvertisedWindow | None:
    if probe.arrived_s is None:
        return None
    return next((window for window in offered if window.sent_s >= probe.arrived_s), None)


@dataclass(frozen=True, slots=True)
class WindowCourse:
    """All segments, the windows that the server told, and the time in which the window was 0, if it was."""

    segments: tuple[Segment, ...]
    offered: tuple[AdvertisedWindow, ...]
    stall: Stall | None

    @staticmethod
    def of(segments: tuple[Segment, ...]) -> WindowCourse:
        """What these segments tell of it."""
        offered = tuple(windows(segments))
        return WindowCourse(segments, offered, stall_of(segments, offered))

    def rows(self) -> Iterator[WindowRow]:
        """Window and bytes in flight over time, as the sender of the data knew them."""
        end_s = max((window.known_s for window in self.offered), default=0.0)
        for step in range(1, _INSTANTS + 1):
            at_s = end_s * step / _INSTANTS
            known = [window for window in self.offered if window.known_s <= at_s]
            if not known:
                continue
            sent = (each for each in self.data() if each.sent_s <= at_s)
            acknowledged = max(window.ack for window in known)
            furthest = max((each.sequence + each.size for each in sent), default=1)
            yield WindowRow(at_s, "window", max(window.edge for window in known) - acknowledged)
            yield WindowRow(at_s, "in flight", max(furthest - acknowledged, 0))

    def data(self) -> Iterator[Segment]:
        """Segments with data."""
        return (each for each in self.segments if each.sender == "client" and each.size)

    def beyond(self) -> int:
        """How many of them went beyond the window that their sender knew of."""
        wrong = 0
        for each in self.data():
            known = max((window.edge for window in self.offered if window.known_s <= each.sent_s), default=0)
            wrong += each.sequence + each.size > known
        return wrong

    def telling(self) -> Iterator[Segment]:
        """The segments of the timeline: the handshake, the closing of the window, the probes, and its opening."""
        notes = {each.number: f"window {each.size:,}" for each in self.offered}
        yield from self.segments[:3]
        for each in self.segments[3:]:
            if self.stall is not None and each.number in self.stall.telling:
                yield replace(each, note=notes.get(each.number, ""))
