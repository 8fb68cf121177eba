"""The frames of a capture for the record of the run. Of hosts it knows what the frames say: addresses."""

from __future__ import annotations

from collections.abc import Sequence

from netlab.experiments.wire.packet_rows import PacketRow
from netlab.packets.capture_file import CapturedFrame
from netlab.report.recording import RecordedFrame, RecordedHost, Recording, recording


def recording_of(frames: Sequence[CapturedFrame], rows: Sequence[PacketRow]) -> Recording | None:
    """`rows` are those of the frames, in the same order. None where the frames have no times. Time 0 is the first's."""
    if not frames or frames[0].time_ns is None:
        return None
    recorded = [
        RecordedFrame(
            number=row.packet,
            link=frame.interface,
            sender=row.from_,
            receiver=row.to,
            sent=row.time or 0.0,
            arrived=row.time,  # a capture has one place: there it left and came at once
            fate="captured",
            size=row.length,
            data=frame.frame,
        )
        for frame, row in zip(frames, rows, strict=True)
    ]
    addresses = dict.fromkeys(address for row in rows for address in (row.from_, row.to) if address)
    return recording(
        zero="the first frame",
        epoch_s=frames[0].time_ns / 1e9,
        end=max(each.sent for each in recorded),
        hosts=[RecordedHost(address, (address,)) for address in addresses],
        links=[],
        frames=recorded,
    )
