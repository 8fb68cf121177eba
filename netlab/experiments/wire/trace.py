"""What the experiments on a private network of two hosts share: the run, the timeline as a table, the capture.

The four views of one event are rows of one table, "timeline": "system call", "kernel", "wire" and "course".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from netlab.errors import MachineLacks, NetlabError, UsageError
from netlab.network.frame_record import FrameRecord
from netlab.network.observation import Observation, Observed
from netlab.network.scene import Scene, run_scene
from netlab.network.timeline import Event, Kind
from netlab.packets import pcap
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.dissect import Dissection, dissect
from netlab.packets.tcp import Tcp
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Lack

P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R", bound=Observed)


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment that was on the wire; sequence numbers relative to each side's first, as Wireshark shows them."""

    number: int  # of the packet, from 1
    sender: str
    sent_s: float
    arrived_s: float | None
    fate: str
    tcp: Tcp
    size: int  # bytes of data
    sequence: int
    acknowledgment: int | None
    again: bool  # this or a part of it was sent before
    note: str = ""  # what else is to be said of it

    def words(self) -> str:
        """Flags and numbers: "SYN+ACK seq 0 ack 1"."""
        text = f"{self.tcp.flags()} seq {self.sequence}"
        if self.acknowledgment is not None:
            text += f" ack {self.acknowledgment}"
        text += f", {self.size} B" if self.size else ""
        return f"{text}, {self.note}" if self.note else text


class WireFrame(NamedTuple):
    """A frame as the wire recorded it, taken apart."""

    sender: str
    sent_ns: int
    arrived_ns: int | None
    fate: str
    found: Dissection


@dataclass(frozen=True, slots=True)
class Trace:
    """All that a scenario has seen. Times in seconds from its mark, or where it has none from its first event.

    `lacking`: it was played on loopback, since nobody may build networks here; nothing is known of the wire.
    """

    observation: Observation
    start_ns: int
    frames: tuple[WireFrame, ...]
    segments: tuple[Segment, ...] = field(default=())
    lacking: Lack | None = None

    def events(self, host: str | None = None, kind: Kind | None = None) -> Iterator[Event]:
        """Events of one host and kind ("call", "return", "state", "gone") from the mark on, in order."""
        for event in self.everything(host):
            if event.at_ns >= self.start_ns and event.kind != "mark" and (kind is None or event.kind == kind):
                yield event

    def everything(self, host: str | None = None) -> Iterator[Event]:
        """Events of one host, those before the mark, too."""
        for event in sorted(self.observation.events, key=lambda event: event.at_ns):
            if host is None or event.host == host:
                yield event

    def marked(self) -> tuple[Segment, ...]:
        """Segments that were sent after the mark: all, if there is none."""
        return tuple(each for each in self.segments if each.sent_s >= 0)

    def at_s(self, event: Event) -> float:
        """When an event was, in seconds from the start."""
        return self.seconds(event.at_ns)

    def seconds(self, at_ns: int) -> float:
        """A time of CLOCK_MONOTONIC in seconds from the start."""
        return (at_ns - self.start_ns) / 1e9

    def states(self, host: str) -> list[str]:
        """The states that connections of `host` were seen in, in order."""
        words = [event.what for event in self.events(host) if event.kind in ("state", "gone")]
        return [word for number, word in enumerate(words) if number == 0 or words[number - 1] != word]

    def when(self, host: str, kind: Kind, what: str) -> float | None:
        """When it first happened; `what` may be the beginning of the words."""
        for event in self.events(host, kind):
            if event.what.startswith(what):
                return self.at_s(event)
        return None


def observe(
    scene: Scene[P, R], plan: P, progress: Progress, timeout_s: float = 90.0, *, on_loopback: P | None = None
) -> tuple[R, Trace]:
    """Run a scene of two hosts: what it returned, and the trace of it. Raises NetlabError, and MachineLacks where
    nobody may build networks.

    `on_loopback`: the plan to run instead there, for the views that need no privilege.
    """
    result, lacking = _run(scene, plan, progress, timeout_s, on_loopback)
    return result, _trace(result.observation, lacking)


def recorded(
    scene: Scene[P, R], plan: P, progress: Progress, pcap: Path | None, *, on_loopback: P | None = None
) -> tuple[R, Trace]:
    """The same, with the frames in the capture file `pcap` if one is wanted; loopback would have none. UsageError."""
    check_path(pcap)
    result, trace = observe(scene, plan, progress, on_loopback=on_loopback if pcap is None else None)
    save(trace, pcap)
    return result, trace


def _run(
    scene: Scene[P, Q], plan: P, progress: Progress, timeout_s: float, on_loopback: P | None
) -> tuple[Q, Lack | None]:
    try:
        return run_scene(scene, plan, progress, timeout_s=timeout_s), None
    except NetlabError as error:
        if error.exit_code != MachineLacks.exit_code or on_loopback is None:
            raise
        text = "{message}; so there was no wire to look at, only loopback"
        lacking = Lack(say(text, message=error.message), error.hint or "")
        return run_scene(scene, on_loopback, progress, timeout_s=timeout_s), lacking


def _trace(seen: Observation, lacking: Lack | None) -> Trace:
    times = [event.at_ns for event in seen.events] + [frame.sent_ns for frame in seen.frames]
    marks = [event.at_ns for event in seen.events if event.kind == "mark"]
    start_ns = min(marks or times, default=0)
    frames = tuple(
        WireFrame(frame.sender, frame.sent_ns, frame.arrived_ns, frame.fate, dissect(frame.frame))
        for frame in sorted(seen.frames, key=lambda frame: frame.sent_ns)
    )
    return Trace(seen, start_ns, frames, tuple(_segments(frames, start_ns)), lacking)


def _segments(frames: Sequence[WireFrame], start_ns: int) -> Iterator[Segment]:
    first: dict[tuple[str, int, int], int] = {}  # sender and ports -> its initial sequence number
    furthest: dict[tuple[str, int, int], int] = {}
    for number, (sender, sent_ns, arrived_ns, fate, found) in enumerate(frames, start=1):
        tcp = found.find(Tcp)
        if tcp is None:
            continue
        other = "server" if sender == "client" else "client"
        own = (sender, tcp.source_port, tcp.destination_port)
        theirs = (other, tcp.destination_port, tcp.source_port)
        if tcp.syn:
            first.setdefault(own, tcp.sequence)
        relative = (tcp.sequence - first.get(own, tcp.sequence)) % 2**32
        acknowledged = (tcp.acknowledgment - first.get(theirs, tcp.acknowledgment)) % 2**32 if tcp.ack else None
        takes = len(found.data) + tcp.syn + tcp.fin
        again = takes > 0 and relative < furthest.get(own, 0)
        furthest[own] = max(furthest.get(own, 0), relative + takes)
        arrived_s = None if arrived_ns is None else (arrived_ns - start_ns) / 1e9
        yield Segment(
            number,
            sender,
            (sent_ns - start_ns) / 1e9,
            arrived_s,
            fate,
            tcp,
            len(found.data),
            relative,
            acknowledged,
            again,
        )


def records(seen: Trace) -> list[CapturedFrame]:
    """Every frame as its sender sent it."""
    epoch_ns = seen.observation.epoch_ns
    return [
        CapturedFrame(epoch_ns + each.sent_ns, each.found.frame, len(each.found.frame), interface=f"from {each.sender}")
        for each in seen.frames
    ]


def at_client(frames: Iterable[FrameRecord], epoch_ns: int) -> list[CapturedFrame]:
    """What a capture on the client's eth0 has: its own frames when they leave, the others when they arrive.

    One place, as in life: a file of both ends at once would puzzle every analyser.
    """
    times = [(each.sent_ns if each.sender == "client" else each.arrived_ns, each) for each in frames]
    seen = sorted(((at_ns, each) for at_ns, each in times if at_ns is not None), key=lambda pair: pair[0])
    place = "eth0 of the client"
    return [CapturedFrame(epoch_ns + at_ns, each.frame, each.size, interface=place) for at_ns, each in seen]


def save(seen: Trace, path: Path | None) -> None:
    """Write the capture file of the client, if one is wanted. UsageError."""
    write_pcap(path, at_client(seen.observation.frames, seen.observation.epoch_ns))


def write_pcap(path: Path | None, frames: Iterable[CapturedFrame]) -> None:
    """Write the capture file, if one is wanted. UsageError."""
    if path is None:
        return
    try:
        path.write_bytes(pcap.write(frames))
    except OSError as error:
        raise UsageError(f"--pcap {path}: {error.strerror}") from None


def check_path(path: Path | None) -> None:
    """Refuse what `save` could not write before anything is run."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise UsageError(f"--pcap {path}: no file can be made there")
