"""Frames as one reads them: a line for each; and of those looked at closely, every header as the boxes of its RFC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import set_cell_size
from rich.text import Text

from netlab.packets import diagram
from netlab.packets.checks import LEFT_TO_THE_CARD
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import Row, rows
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
    packets = rows(found, "packets")
    closely = dict.fromkeys(row["packet"] for row in rows(found, "layers"))
    as_list = any(fact.name == "as fields" and fact.value for fact in found.facts)
    if len(packets) != 1:
        yield overview(packets, width, hint=not closely)
    parts = _parts(found)
    for number in closely:
        if len(packets) != 1:
            yield iter([Text(f"Packet {number}", style="bold")])
        yield from _in_full(packets, parts, int(number or 0), width, as_list)


def in_full(found: Measurement, number: int, width: int) -> Iterator[Iterator[Text]]:
    """Packet `number` by itself."""
    yield from _in_full(rows(found, "packets"), _parts(found), number, width, False)


def _parts(found: Measurement) -> Sequence[list[Row]]:
    """Layers, fields and content, of all packets."""
    return [rows(found, name) for name in ("layers", "fields", "content")]


def _in_full(
    packets: Sequence[Row], parts: Sequence[list[Row]], number: int, width: int, as_list: bool
) -> Iterator[Iterator[Text]]:
    """How its headers lie in each other, then each of them, then what they carry."""
    packet, (layers, fields, content) = packets[number - 1], parts
    yield _line(layers, content, number, packet, width)
    for layer in layers:
        if layer["packet"] == number:
            own = [row for row in fields if row["packet"] == number and row["layer"] == layer["layer"]]
            yield _layer(layer, own, width, as_list)
    for row in content:
        if row["packet"] == number:
            yield _content(row, width)
    yield _stop(packet, width)


def overview(packets: Sequence[Row], width: int, *, hint: bool = False) -> Iterator[Text]:
    """A line for each packet: when, from whom to whom, what."""
    if not packets:
        yield Text("  no packets", style="dim")
    ends = max((len(f"{row['from']} → {row['to']}") for row in packets[:MOST_LISTED]), default=0)
    ends = min(ends, width // 2 - 4)
    numbers = len(str(len(packets)))
    for row in packets[:MOST_LISTED]:
        protocol = str(row["protocol"])
        line = Text(f"{row['packet']:>{numbers}} ", style="dim")
        if row["time"] is not None:
            line.append(f"{float(row['time'] or 0):9.6f} ", "dim")
        line.append(set_cell_size(printable(f"{row['from']} → {row['to']}"), ends) + " ")
        line.append(f"{printable(protocol)} ", COLOURS.get(protocol, "bold"))
        odd = str(row["notes"] or "").replace(LEFT_TO_THE_CARD, "").strip("; ")
        mark = " !" if odd or row["stopped at"] is not None else ""
        room = width - line.cell_len - len(mark)
        text = printable(str(row["summary"]))
        if room >= 8:
            line.append(text if len(text) <= room else text[: room - 1] + "…")
        line.truncate(width - len(mark))
        line.append(mark, "bold red")
        yield line
    if len(packets) > MOST_LISTED:
        yield Text(f"… and {len(packets) - MOST_LISTED:,} more (--json has them)", style="dim")
    if hint and packets:
        yield Text("One of them in full: --packet N", style="dim")


def _line(layers: Sequence[Row], content: Sequence[Row], number: object, packet: Row, width: int) -> Iterator[Text]:
    """How the headers are packed into each other, and how many bytes each takes."""
    parts = [
        f"{layer['name']} {int(layer['end'] or 0) - int(layer['first byte'] or 0)}"
        for layer in layers
        if layer["packet"] == number
    ]
    for row in content:
        size = int(row["end"] or 0) - int(row["first byte"] or 0)
        if row["packet"] == number and size:
            parts.append(f"{row['name']} {size}")
        if row["packet"] == number and row["trailer"]:
            parts.append(f"padding {row['trailer']}")
    yield from wrapped(f"{packet['length']} bytes: [{'] ['.join(parts)}]", width, style="dim")


def _layer(layer: Row, fields: Sequence[Row], width: int, as_list: bool) -> Iterator[Text]:
    """A header: its name, its boxes, what is odd about it."""
    style = COLOURS.get(str(layer["name"]), "bold")
    title = Text(str(layer["name"]), style=f"bold {style}")
    title.append(f"  {layer['source']}", "dim")
    if layer["quoted"]:
        title.append("  (quoted)", "dim")
    yield title
    yield from wrapped(str(layer["summary"]), width, first="  ")
    if as_list:
        yield from _listed(fields, width)
    else:
        boxes = [
            diagram.Box(
                printable(str(row["field"])),
                int(row["last bit"] or 0) - int(row["first bit"] or 0) + 1,
                printable(str(row["text"])),
            )
            for row in fields
        ]
        for line in diagram.draw(boxes, min(width, 100)) if boxes else ():
            yield Text(line, style=style)
    for note in filter(None, str(layer["notes"] or "").split("; ")):
        yield from wrapped(note, width, first="  ! ", mark_style="bold red", style="red")


def _listed(fields: Sequence[Row], width: int) -> Iterator[Text]:
    """A line for each field: its bits, its name, its value, and under it what it means."""
    for row in fields:
        bits = f"{row['first bit']}–{row['last bit']}" if row["first bit"] != row["last bit"] else str(row["first bit"])
        head = f"  {bits:>9}  "
        line = Text(head, style="dim")
        line.append(f"{printable(str(row['field']))}: ", "cyan")
        line.append(printable(str(row["text"])), "bold")
        yield from wrapped(line.plain.strip(), width, first="  ") if line.cell_len > width else [line]
        yield from wrapped(str(row["meaning"]), width, first=" " * len(head), style="dim")


def _content(row: Row, width: int) -> Iterator[Text]:
    """What the headers carry: as its own format says, and as bytes."""
    size = int(row["end"] or 0) - int(row["first byte"] or 0)
    if not size:
        return
    yield Text.assemble((printable(str(row["name"])), "bold"), (f"  {size} bytes", "dim"))
    lines = str(row["lines"] or "").splitlines()
    if row["summary"] and not lines:
        yield from wrapped(str(row["summary"]), width, first="  ")
    for line in lines:
        yield from wrapped(line, width, first="  ")
    data = bytes.fromhex(str(row["bytes"]))
    a_line = 16 if width >= 76 else 8 if width >= 44 else 4
    for at in range(0, min(len(data), _MOST_DUMPED), a_line):
        piece = data[at : at + a_line]
        text = "".join(chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in piece)
        offset = f"  {int(row['first byte'] or 0) + at:04x}  "
        yield Text.assemble((offset, "dim"), f"{piece.hex(' '):<{a_line * 3}} ", (text, "dim"))
    if size > _MOST_DUMPED:
        yield Text(f"  … {size - _MOST_DUMPED:,} bytes more", style="dim")


def _stop(packet: Row, width: int) -> Iterator[Text]:
    if packet["stopped at"] is not None:
        words = f"stopped at byte {packet['stopped at']}: {packet['why']}"
        yield from wrapped(words, width, first="  ✗ ", mark_style="bold red", style="red")
