"""The tables of `netlab tcp-congestion`."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, Ratio, Seconds, Unit, row

_BitRate = Annotated[float, Unit("bit/s")]
_Mean = Annotated[float, Unit("1")]  # of a number of things


@row("alone")
class AloneRow:
    """An algorithm by itself: its goodput, also as a part of the bottleneck's rate; how many frames a frame finds in
    the queue, in the mean; round trips."""

    alone: str
    goodput: _BitRate | None
    used: Ratio | None
    queue: _Mean | None
    mean_rtt: Annotated[Seconds | None, Named("mean RTT")]
    p99: Seconds | None
    drops: Count
    sent_again: Count


@row("sharing")
class SharingRow:
    """Two flows: the part of each in the goodput of both, and how fair that is (Jain's index)."""

    sharing: str
    first: Ratio | None
    second: Ratio | None
    fairness: Ratio | None
    queue: _Mean | None
    mean_rtt: Annotated[Seconds | None, Named("mean RTT")]
    p99: Seconds | None
    drops: Count


@row("curves", was=("* alone: cwnd, ssthresh and queue",))
class CurveRow:
    """`of`: "cwnd", "ssthresh" (unknown until slow start ends) or "queue" (in frames)."""

    time: Seconds
    segments: _Mean
    of: str


@row("round trips")
class RoundTripRow:
    """The smoothed round trip, as the sender's kernel measured it."""

    time: Seconds
    rtt: Annotated[Seconds, Named("RTT")]
    algorithm: str


ROWS = (AloneRow, SharingRow, CurveRow, RoundTripRow)
