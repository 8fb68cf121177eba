"""What each way to make requests costs, as tables: medians over the rounds."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Named, Ratio, Seconds, Unit, row

Mean = Annotated[float | None, Unit("1")]


@row("Speed")
class SpeedRow:
    """`relative`: how many times as quick as a new connection for each request, in the same round."""

    way: str
    requests_per_s: Annotated[float | None, Unit("1/s"), Named("requests/s")]
    spread: Ratio | None
    relative: Annotated[Ratio | None, Named("× new")]
    p50: Seconds | None
    p99: Seconds | None


@row("What a round costs, median")
class CostRow:
    """`overhead` is what heads and handshakes take."""

    way: str
    connections: Mean
    overhead: Annotated[float, Unit("B"), Named("overhead/request")]
    segments: Annotated[Mean, Named("segments/request")]


@row("Sockets a round leaves in TIME_WAIT, median")
class TimeWaitRow:
    """What the kernel keeps for a minute after the one who closed first."""

    way: str
    at_the_client: Mean
    at_the_server: Mean


ROWS = (SpeedRow, CostRow, TimeWaitRow)
