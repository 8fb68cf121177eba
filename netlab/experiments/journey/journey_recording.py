"""What was on every link of the journey, for the record of the run: a frame for each link that a packet crossed."""

from __future__ import annotations

from collections.abc import Sequence

from netlab.experiments.journey import world
from netlab.experiments.journey.packets import Packet
from netlab.network.conditions import Conditions
from netlab.report.recording import RecordedFrame, RecordedHost, RecordedLink, Recording, recording


def recording_of(packets: Sequence[Packet], epoch_ns: int, start_ns: int) -> Recording:
    """Time 0 is when the first visit began. The frames of a packet have its number, on every link."""

    def seconds(at_ns: int) -> float:
        return (at_ns - start_ns) / 1e9

    frames = [
        RecordedFrame(
            number=packet.number,
            link=each.link,
            sender=each.sender,
            receiver=each.receiver,
            sent=seconds(each.sent_ns),
            arrived=None if each.arrived_ns is None else seconds(each.arrived_ns),
            fate=each.fate,
            size=len(each.found.frame),
            data=each.found.frame,
        )
        for packet in packets
        for each in packet.crossings
    ]
    return recording(
        zero="the visit begins",
        epoch_s=(epoch_ns + start_ns) / 1e9,
        end=max((each.sent if each.arrived is None else each.arrived for each in frames), default=0.0),
        hosts=[
            RecordedHost(host.name, tuple(text for each in host.interfaces for text in (each.ip, each.mac) if text))
            for host in world.HOSTS
        ],
        links=[RecordedLink(each.name, (each.ends[0][0], each.ends[1][0])) for each in world.links(Conditions())],
        frames=frames,
    )
