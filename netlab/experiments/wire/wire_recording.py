"""What was on the wire between two hosts, for the record of the run: hosts, the link, frames with their bytes."""

from __future__ import annotations

from collections.abc import Iterator

from netlab.network.frame_record import FrameRecord
from netlab.network.observation import Observation
from netlab.report.phrase import say
from netlab.report.recording import RecordedFrame, RecordedHost, RecordedLink, Recording, recording

_LINK = "wire"


def recording_of(seen: Observation, start_ns: int) -> Recording:
    """Time 0 is `start_ns`. Frames are numbered as in all tables, by when they were sent."""
    frames = sorted(seen.frames, key=lambda frame: frame.sent_ns)
    times = [event.at_ns for event in seen.events]
    times += [at_ns for frame in frames for at_ns in (frame.sent_ns, frame.arrived_ns) if at_ns is not None]
    names = list(seen.hosts.values())
    return recording(
        zero=_zero(seen, start_ns),
        epoch_s=(seen.epoch_ns + start_ns) / 1e9,
        end=(max(times, default=start_ns) - start_ns) / 1e9,
        hosts=_hosts(seen, frames),
        links=[RecordedLink(_LINK, (names[0], names[1]))] if frames else [],
        frames=[
            RecordedFrame(
                number=number,
                link=_LINK,
                sender=frame.sender,
                receiver=names[1] if frame.sender == names[0] else names[0],
                sent=(frame.sent_ns - start_ns) / 1e9,
                arrived=None if frame.arrived_ns is None else (frame.arrived_ns - start_ns) / 1e9,
                fate=frame.fate,
                size=frame.size,
                data=frame.frame,
            )
            for number, frame in enumerate(frames, start=1)
        ],
    )


def _zero(seen: Observation, start_ns: int) -> str:
    first = next((event for event in seen.events if event.at_ns == start_ns), None)
    if first is None:
        return "the first frame"
    return first.what if first.kind == "mark" else say("{call} on the {host}", call=first.what, host=first.host)


def _hosts(seen: Observation, frames: list[FrameRecord]) -> Iterator[RecordedHost]:
    for ip, name in seen.hosts.items():
        mac = next((frame.frame[6:12].hex(":") for frame in frames if frame.sender == name), None)
        yield RecordedHost(name, (ip,) if mac is None else (ip, mac))
