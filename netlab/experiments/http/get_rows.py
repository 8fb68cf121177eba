"""HTTP exchanges as tables: the heads in boxes, chunks, bodies, what was noted or refused, and when.

Byte ranges are [start, end) in the stream of their direction: byte 0 is the first of the connection.
"""

from __future__ import annotations

from netlab.report.rows import Bytes, Count, Seconds, row


@row("exchanges")
class ExchangeRow:
    """A request and its response; of `netlab http explain`, which has only the response, much is None."""

    exchange: Count
    method: str
    url: str | None
    status: Count | None
    reason: str | None
    framing: str | None
    why: str | None
    source: str | None
    local: str | None
    peer: str | None
    use: Count | None
    connection: str | None = None
    keeps: bool | None = None
    keeps_why: str | None = None
    sent: Bytes | None = None
    received: Bytes = 0
    body: Bytes = 0
    codings: str = ""
    decoded: Bytes | None = None
    problem: str = ""


@row("boxes")
class BoxRow:
    """A part of a head, by its byte range; `line` counts from 0, the first line of the head."""

    exchange: Count
    message: str
    line: Count
    part: str
    start: Bytes
    end: Bytes
    text: str


@row("chunks")
class ChunkRow:
    """A chunk of a body: [start, end) is the line with its size, which is 0 for the last."""

    exchange: Count
    chunk: Count
    start: Bytes
    end: Bytes
    size: Bytes
    extension: str
    data_start: Bytes
    data_end: Bytes
    text: str


@row("bodies")
class BodyRow:
    """A body as sent, or without its codings: then `start` is None."""

    exchange: Count
    message: str
    form: str
    bytes_: Bytes
    start: Bytes | None
    text: str


@row("phases")
class PhaseRow:
    """When a phase began, from the first of them, and how long it took; or in `state` why it did not happen."""

    exchange: Count
    phase: str
    began: Seconds | None
    took: Seconds | None
    state: str


@row("notes")
class NoteRow:
    """Something that is not as it should be, and was let pass."""

    exchange: Count
    start: Bytes
    end: Bytes
    where: str
    what: str
    source: str
    lenient: bool


@row("refusals")
class RefusalRow:
    """What is wrong at `byte`, with the bytes around it: those from `from_` on are `before`, `at` and `after`."""

    exchange: Count
    kind: str
    byte: Bytes
    where: str
    what: str
    source: str
    from_: Bytes
    before: str
    at: str
    after: str


@row("dump")
class DumpRow:
    exchange: Count
    direction: str
    offset: Bytes
    hex: str
    text: str


@row("certificates")
class CertificateRow:
    subject: str
    issuer: str
    not_before: str
    not_after: str
    names: str


ROWS = (ExchangeRow, BoxRow, ChunkRow, BodyRow, PhaseRow, NoteRow, RefusalRow, DumpRow, CertificateRow)
