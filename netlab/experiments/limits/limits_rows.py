"""The tables of `netlab tcp-limits`."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Bytes, Count, Ratio, Seconds, Unit, row


@row("one client's ports")
class PortsRow:
    """Connections from an address until connect(2) failed, and how many of them used a port that was in use already."""

    from_: str
    connections: Count
    ports_used_again: Count | None
    to: str
    then: str | None


@row("kernel memory of a connection")
class CacheRow:
    """What a slab cache takes for one connection: `bytes_` in `objects` of one `size`."""

    cache: str
    bytes_: Annotated[float, Unit("B")]
    objects: Ratio | None
    size: Bytes | None
    what_it_is: str


@row("echo latency")
class LatencyRow:
    """A percentile of the talking connection's latency, by itself or among all others."""

    percentile: str
    connection: str
    latency: Seconds


@row("growth")
class GrowthRow:
    """How many connections there were at a time."""

    time: Seconds
    connections: Count


@row("limits of this machine")
class LimitRow:
    """A limit of the kernel, and how many connections it leaves; None: it does not bound their number."""

    limit: str
    here: Count | None
    connections: Count | None
    what_it_bounds: str


ROWS = (PortsRow, CacheRow, LatencyRow, GrowthRow, LimitRow)
