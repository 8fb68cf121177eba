"""A resolution as tables: the question, its steps, every record of every reply, and what the host saw of it."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Bytes, Count, Seconds, Unit, row

Ttl = Annotated[int, Unit("s")]


@row("questions")
class ResolutionRow:
    """One resolution. `dropped` counts record sets that were not believed, `ignored` replies that did not match."""

    question: Count
    name: str
    type: str
    rcode: str
    time: Seconds
    queries: Count
    bytes_out: Bytes
    bytes_in: Bytes
    cache_hits: Count
    ignored: Count
    dropped: Count
    from_cache: bool
    reason: str
    started: Seconds = 0.0


@row("answers")
class AnswerRow:
    """A record of the final answer, or of the SOA that said no."""

    question: Count
    section: str
    name: str
    ttl: Ttl
    type: str
    data: str


@row("steps")
class StepRow:
    """A query and its reply, or what the resolver knew or refused without asking: then `address` is None.

    `for_` is the name whose address is looked up within the lookup, "" for the question itself; `received` is None
    where no reply came.
    """

    question: Count
    step: Count
    depth: Count
    for_: str
    zone: str
    server: str | None
    address: str | None
    port: Count | None
    transport: str | None
    edns: bool | None
    name: str
    type: str
    started: Seconds | None
    rtt: Seconds | None
    sent: Bytes | None
    received: Bytes | None
    flags: str
    rcode: str | None
    kind: str
    cached: bool
    why: str
    found: str
    then: str
    ignored: Count
    ignored_replies: str
    extra: bool


@row("records")
class RecordRow:
    """A record of a step's reply. `dropped`: why it was not believed."""

    question: Count
    step: Count
    section: str
    name: str
    ttl: Ttl
    type: str
    data: str
    dropped: str


@row("host")
class HostRow:
    """The exchange between the host and its local name server."""

    question: Count
    from_: str
    to: str
    transport: str
    sent: Bytes
    received: Bytes
    flags: str
    rcode: str
    rtt: Seconds


ROWS = (ResolutionRow, AnswerRow, StepRow, RecordRow, HostRow)
