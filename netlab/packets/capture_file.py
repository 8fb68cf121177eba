"""What a capture file holds, whatever its format: frames with their times, and where reading had to stop.

pcap.py and pcapng.py read and write the formats.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netlab.packets.dissect import ETHERNET, StoppedAt

LARGEST_FRAME = 1 << 26  # bytes; a longer length is not believed


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A captured frame. `time_ns` since 1970 (UTC), None where the file has none; `original` its length on the wire."""

    time_ns: int | None
    frame: bytes
    original: int
    link: int = ETHERNET
    interface: str = ""
    comment: str = ""


@dataclass(slots=True)
class Capture:
    """A capture file's frames, and where reading it had to stop, in bytes from its beginning."""

    format: str
    records: list[CapturedFrame] = field(default_factory=list)
    stopped: StoppedAt | None = None


class NotCaptureError(ValueError):
    """The data is not a capture file."""
