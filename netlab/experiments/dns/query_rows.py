"""A reply as tables: its question, and the records of its sections."""

from __future__ import annotations

from typing import Annotated, Literal

from netlab.report.rows import Unit, row


@row("questions")
class QuestionRow:
    """The question, as the reply repeats it."""

    name: str
    type: str
    rcode: str


@row("records")
class ReplyRow:
    section: Literal["answer", "authority", "additional"]
    name: str
    ttl: Annotated[int, Unit("s")]
    type: str
    data: str


ROWS = (QuestionRow, ReplyRow)
