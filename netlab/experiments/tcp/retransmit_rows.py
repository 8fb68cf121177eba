"""The tables of `netlab tcp-retransmit`."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, Seconds, Unit, row


@row("transfers")
class TransferRow:
    """A transfer: segments with data, how many of them were lost and sent again; how many by a `fast` retransmit and
    how many timeouts there were, as the sender's kernel counts; how many ACKs reported gaps."""

    loss: Annotated[float, Unit("share")]
    segments: Count
    lost: Count
    sent_again: Count
    fast: Count
    timeouts: Count
    sacks: Annotated[Count, Named("SACKs")]
    took: Seconds


@row("one lost segment, step by step")
class LossStepRow:
    """What a host knows `after` the loss, by which segment."""

    after: Seconds
    host: str
    segment: str
    what_it_tells: str


@row("a wire that is cut")
class TryRow:
    """A try to send the data over a wire that is cut; the retransmission timeout after it."""

    try_: Count
    sent: Seconds
    pause_before: Seconds | None
    why: str | None
    timeout_then: Seconds | None


@row("a silent peer")
class SynRow:
    """A SYN to a peer that does not answer."""

    way: str
    syn: Annotated[Count, Named("SYN")]
    sent: Seconds


ROWS = (TransferRow, LossStepRow, TryRow, SynRow)
