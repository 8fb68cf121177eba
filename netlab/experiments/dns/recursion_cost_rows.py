"""What one lookup costs by recursion and by iteration, cold and warm, as a table."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Bytes, Count, Named, Seconds, row


@row("One lookup")
class WayRow:
    """One way, by its medians over the rounds."""

    way: str
    host_sends: Count
    local_server_sends: Count
    hosts_bytes: Annotated[Bytes, Named("host's bytes")]
    p50: Seconds
    rtt_p50: Annotated[Seconds | None, Named("RTT p50")]


ROWS = (WayRow,)
