"""Frames as one reads them: a line for each; and of those looked at closely, every header as the boxes of its RFC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.text import Text

from netlab.experiments.wire.packet_rows import ContentRow, FieldRow, LayerRow, PacketRow
from netlab.packets import diagram
from netlab.packets.checks import LEFT_TO_THE_CARD
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.wrap import wrapped

COLOURS = {
    "Ethernet": "blue",
    "VLAN": "blue",
    "ARP": "magenta",
    "IPv4": "cyan",
    "IPv6": "cyan",
    "TCP": "green",
    "UDP": "yellow",
    "ICMP": "magenta",
    "ICMPv6": "magenta",
}
MOST_LISTED = 200
_MOST_DUMPED = 256  # bytes of data


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The list, then each packet in full."""
    packets = rows_of(PacketRow, found)
    closely = dict.fromkeys(layer.packet for layer in rows_of(LayerRow, found))
    as_list = found.shows("fields")
    if len(packets) != 1:
        yield overview(packets, width, hint=not closely)
    parts = _parts(found)
    for number in closely:
        if len(packets) != 1:
            yield iter([Text(f"Packet {number}", style="bold")])
        yield from _in_full(packets, parts, number, width, as_list)


def in_full(found: Measurement, number: int, width: int) -> Iterator[Iterator[Text]]:
    """Packet `number` by itself."""
    yield from _in_full(rows_of(PacketRow, found), _parts(found), number, width, False)


@dataclass(frozen=True, slots=True)
class _PacketParts:
    """Layers, fields and content, of all packets."""

    layers: list[LayerRow]
    fields: list[FieldRow]
    content: list[ContentRow]

    def of(self, number: int) -> _PacketParts:
        """Those of one packet."""
        return _PacketParts(
            [row for row in self.layers if row.packet == number],
            [row for row in self.fields if row.packet == number],
            [row for row in self.content if row.packet == number],
        )


def _parts(found: Measurement) -> _PacketParts:
    return _PacketParts(rows_of(LayerRow, found), rows_of(FieldRow, found), rows_of(ContentRow, found))


def _in_full(
    packets: Sequence[PacketRow], parts: _PacketParts, number: int, width: int, as_list: bool
) -> Iterator[Iterator[Text]]:
    """How its headers lie in each other, then each of them, then what they carry."""
    packet, own = packets[number - 1], parts.of(number)
    yield _line(own, packet, width)
    for layer in own.layers:
        yield _layer(layer, [row for row in own.fields if row.layer == layer.layer], width, as_list)
    for row in own.content:
        yield _content(row, width)
    yield _stop(packet, width)


def overview(packets: Sequence[PacketRow], width: int, *, hint: bool = False) -> Iterator[Text]:
    """A line for each packet: when, from whom to whom, what."""
    if not packets:
        yield Text("  no packets", style="dim")
    ends = max((len(f"{row.from_} → {row.to}") for row in packets[:MOST_LISTED]), default=0)
    ends = min(ends, width // 2 - 4)
    numbers = len(str(len(packets)))
    for row in packets[:MOST_LISTED]:
        line = Text(f"{row.packet:>{numbers}} ", style="dim")
        if row.time is not None:
            line.append(f"{row.time:9.6f} ", "dim")
        line.append(set_cell_size(printable(f"{row.from_} → {row.to}"), ends) + " ")
        line.append(f"{printable(row.protocol)} ", COLOURS.get(row.protocol, "bold"))
        odd = row.notes.replace(LEFT_TO_THE_CARD, "").strip("; ")
        mark = " !" if odd or row.stopped_at is not None else ""
        room = width - line.cell_len - len(mark)
        text = printable(row.summary)
        if room >= 8:
            line.append(text if len(text) <= room else text[: room - 1] + "…")
        line.truncate(width - len(mark))
        line.append(mark, "bold red")
        yield line
    if len(packets) > MOST_LISTED:
        yield Text(f"… and {len(packets) - MOST_LISTED:,} more (--json has them)", style="dim")
    if hint and packets:
        yield Text("One of them in full: --packet N", style="dim")


def _line(own: _PacketParts, packet: PacketRow, width: int) -> Iterator[Text]:
    """How the headers are packed into each other, and how many bytes each takes."""
    parts = [f"{layer.name} {layer.end - layer.first_byte}" for layer in own.layers]
    for row in own.content:
        if row.end > row.first_byte:
            parts.append(f"{row.name} {row.end - row.first_byte}")
        if row.trailer:
            parts.append(f"padding {row.trailer}")
    yield from wrapped(f"{packet.length} bytes: [{'] ['.join(parts)}]", width, style="dim")


def _layer(layer: LayerRow, fields: Sequence[FieldRow], width: int, as_list: bool) -> Iterator[Text]:
    """A header: its name, its boxes, what is odd about it."""
    style = COLOURS.get(layer.name, "bold")
    title = Text(layer.name, style=f"bold {style}")
    title.append(f"  {layer.source}", "dim")
    if layer.quoted:
        title.append("  (quoted)", "dim")
    yield title
    yield from wrapped(layer.summary, width, first="  ")
    if as_list:
        yield from _listed(fields, width)
    else:
        boxes = [
            diagram.Box(
                printable(row.field),
                row.last_bit - row.first_bit + 1,
                printable(row.text),
            )
            for row in fields
        ]
        for line in diagram.draw(boxes, min(width, 100)) if boxes else ():
            yield Text(line, style=style)
    for note in filter(None, layer.notes.split("; ")):
        yield from wrapped(note, width, first="  ! ", mark_style="bold red", style="red")


def _listed(fields: Sequence[FieldRow], width: int) -> Iterator[Text]:
    """A line for each field: its bits, its name, its value, and under it what it means."""
    for row in fields:
        bits = f"{row.first_bit}–{row.last_bit}" if row.first_bit != row.last_bit else str(row.first_bit)
        head = f"  {bits:>9}  "
        line = Text(head, style="dim")
        line.append(f"{printable(row.field)}: ", "cyan")
        line.append(printable(row.text), "bold")
        yield from wrapped(line.plain.strip(), width, first="  ") if line.cell_len > width else [line]
        yield from wrapped(row.meaning, width, first=" " * len(head), style="dim")


def _content(row: ContentRow, width: int) -> Iterator[Text]:
    """What the headers carry: as its own format says, and as bytes."""
    size = row.end - row.first_byte
    if not size:
        return
    yield Text.assemble((printable(row.name), "bold"), (f"  {size} bytes", "dim"))
    lines = row.lines.splitlines()
    if row.summary and not lines:
        yield from wrapped(row.summary, width, first="  ")
    for line in lines:
        yield from wrapped(line, width, first="  ")
    data = row.data
    a_line = 16 if width >= 76 else 8 if width >= 44 else 4
    for at in range(0, min(len(data), _MOST_DUMPED), a_line):
        piece = data[at : at + a_line]
        text = "".join(chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in piece)
        offset = f"  {row.first_byte + at:04x}  "
        yield Text.assemble((offset, "dim"), f"{piece.hex(' '):<{a_line * 3}} ", (text, "dim"))
    if size > _MOST_DUMPED:
        yield Text(f"  … {size - _MOST_DUMPED:,} bytes more", style="dim")


def _stop(packet: PacketRow, width: int) -> Iterator[Text]:
    if packet.stopped_at is not None:
        words = f"stopped at byte {packet.stopped_at}: {packet.why}"
        yield from wrapped(words, width, first="  ✗ ", mark_style="bold red", style="red")
