"""Frames as tables: a line each in "packets"; of those looked at closely also "layers", "fields" and "content".

Shared by `netlab dissect`, `netlab capture` and the experiments that record what was on their wire; packets_view.py
draws the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from netlab.experiments.wire.packet_rows import ContentRow, FieldRow, LayerRow, PacketRow
from netlab.packets.arp import Arp
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.dissect import Dissection, dissect
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.report.quantity import Table
from netlab.report.rows import table_of

MOST_BYTES = 4096  # of a packet's data in hex


@dataclass(slots=True)
class PacketTables:
    """The rows so far. `start_ns`: what packet times are counted from; by default the first packet's."""

    start_ns: int | None = None
    packets: list[PacketRow] = field(default_factory=list)
    layers: list[LayerRow] = field(default_factory=list)
    fields: list[FieldRow] = field(default_factory=list)
    content: list[ContentRow] = field(default_factory=list)

    def add_all(self, records: Iterable[CapturedFrame], closely: Collection[int] | None = None) -> None:
        """Every frame; those numbered in `closely` (from 1; None: all) field by field."""
        for number, record in enumerate(records, start=len(self.packets) + 1):
            self.add(record, closely is None or number in closely)

    def add(self, record: CapturedFrame, closely: bool) -> Dissection:
        """One frame; returns what was found in it."""
        found = dissect(record.frame, record.link, record.original)
        number = len(self.packets) + 1
        if self.start_ns is None:
            self.start_ns = record.time_ns
        time_s = None if record.time_ns is None or self.start_ns is None else (record.time_ns - self.start_ns) / 1e9
        sender, receiver = ends(found)
        notes = "; ".join(note for layer in found.layers for note in layer.notes)
        stop = found.stopped
        self.packets.append(
            PacketRow(
                packet=number,
                time=time_s,
                length=record.original,
                captured=len(record.frame),
                from_=sender,
                to=receiver,
                protocol=protocol(found),
                summary=summary(found),
                notes=notes,
                stopped_at=stop.at if stop else None,
                why=stop.why if stop else None,
                interface=record.interface,
            )
        )
        if closely:
            self._closely(number, found)
        return found

    def _closely(self, number: int, found: Dissection) -> None:
        for index, layer in enumerate(found.layers):
            self.layers.append(
                LayerRow(
                    packet=number,
                    layer=index,
                    name=layer.name,
                    source=layer.source,
                    first_byte=layer.start,
                    end=layer.end,
                    summary=layer.header.summary() if layer.header else "incomplete",
                    quoted=layer.quoted,
                    notes="; ".join(layer.notes),
                )
            )
            self.fields += [
                FieldRow(number, index, shown.label, shown.first, shown.last, shown.value, shown.text, shown.meaning)
                for shown in layer.fields
            ]
        if found.data or found.trailer:
            content = found.content
            self.content.append(
                ContentRow(
                    packet=number,
                    name=content.name if content else "data",
                    summary=content.summary if content else "",
                    first_byte=found.start,
                    end=found.end,
                    trailer=found.trailer,
                    lines="\n".join(content.lines) if content else "",
                    data=found.data[:MOST_BYTES],
                )
            )

    def tables(self) -> list[Table]:
        """All four."""
        return [
            table_of(PacketRow, self.packets, shown=False),
            table_of(LayerRow, self.layers, shown=False),
            table_of(FieldRow, self.fields, shown=False),
            table_of(ContentRow, self.content, shown=False),
        ]


def ends(found: Dissection) -> tuple[str, str]:
    """Sender and receiver: IP addresses where there are any, MAC addresses otherwise."""
    for layer in found.layers:
        header = layer.header
        if isinstance(header, (Ipv4, Ipv6)):
            return header.source, header.destination
        if isinstance(header, Arp):
            return header.sender_ip, header.target_ip
    first = found.layers[0].header if found.layers else None
    return getattr(first, "source", ""), getattr(first, "destination", "")


def protocol(found: Dissection) -> str:
    """The innermost thing that has a name; a quoted packet is not the message."""
    names = [layer.name for layer in found.layers if not layer.quoted]
    return found.content.name if found.content else names[-1] if names else ""


def summary(found: Dissection) -> str:
    """The innermost header in words, and what it carries."""
    own = [layer for layer in found.layers if not layer.quoted]
    words = own[-1].header.summary() if own and own[-1].header else "incomplete"
    if found.content:
        return found.content.summary if found.content.summary else words
    size = 0 if any(layer.quoted for layer in found.layers) else len(found.data)
    return f"{words}, {size} B" if size else words
