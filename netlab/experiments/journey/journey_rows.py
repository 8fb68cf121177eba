"""The tables of `netlab journey`."""

from __future__ import annotations

from typing import Annotated

from netlab.experiments.wire import packet_rows
from netlab.report.rows import Count, Named, Seconds, row


@row("steps")
class JourneyStepRow:
    """A step of the journey: what happens, what is decided there, and how many packets it takes."""

    step: Count
    visit: Count
    title: str
    words: str
    packets: Count
    began: Seconds | None = None


@row("ways")
class PathRow:
    """A packet from end to end. `lost`: on which link; `in_full` is 1 where every stretch is to be shown; `changed`:
    what every host on the way changed."""

    packet: Count
    step: Count
    from_: str
    to: str
    protocol: str
    says: str
    layers: str
    lost: str
    in_full: Count
    changed: str


@row("stretches")
class StretchRow:
    """A packet on one link. `changed`: what is not as on the stretch before."""

    packet: Count
    link: str
    sender: str
    receiver: str
    sent: Seconds
    arrived: Seconds | None
    source_mac: Annotated[str, Named("source MAC")]
    destination_mac: Annotated[str, Named("destination MAC")]
    ttl: Annotated[Count | None, Named("TTL")]
    checksum: str | None
    source_ip: Annotated[str | None, Named("source IP")]
    destination_ip: Annotated[str | None, Named("destination IP")]
    changed: str
    fate: str


@row("neighbours")
class NeighbourRow:
    """An entry of a host's neighbour table; `is_at` None: nobody answered."""

    host: str
    interface: str
    ip: Annotated[str, Named("IP")]
    is_at: str | None
    state: str


NO_GATEWAY = "itself: local"


@row("routes")
class RouteRow:
    """What a host's kernel decides for a destination: `by` which gateway, NO_GATEWAY, or why it cannot; and the
    interface."""

    host: str
    destination: str
    by: str
    out_of: str


ROWS = (*packet_rows.ROWS, JourneyStepRow, PathRow, StretchRow, NeighbourRow, RouteRow)
