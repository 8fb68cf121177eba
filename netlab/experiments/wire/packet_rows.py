"""Frames as tables: a row each in "packets"; of those looked at closely also in "layers", "fields" and "content"."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Bytes, Count, Named, Seconds, Unit, row


@row("packets")
class PacketRow:
    """One frame. `captured` is how much of its `length` is here; dissecting it stopped at byte `stopped_at`."""

    packet: Count
    time: Seconds | None
    length: Bytes
    captured: Bytes
    from_: str
    to: str
    protocol: str
    summary: str
    notes: str
    stopped_at: Count | None
    why: str | None
    interface: str


@row("layers")
class LayerRow:
    """A header: bytes `first_byte` to before `end` of the frame. `quoted`: it is within an ICMP error."""

    packet: Count
    layer: Count
    name: str
    source: str
    first_byte: Count
    end: Count
    summary: str
    quoted: bool
    notes: str


@row("fields")
class FieldRow:
    """A field of a layer, with its bits, counted from the beginning of the header."""

    packet: Count
    layer: Count
    field: str
    first_bit: Count
    last_bit: Count
    value: Annotated[int | str | bool | None, Unit("")]
    text: str
    meaning: str


@row("content")
class ContentRow:
    """What the headers carry: `lines` as its own format has it, and the first bytes of it. `trailer`: padding."""

    packet: Count
    name: str
    summary: str
    first_byte: Count
    end: Count
    trailer: Bytes
    lines: str
    data: Annotated[bytes, Named("bytes")]


ROWS = (PacketRow, LayerRow, FieldRow, ContentRow)
