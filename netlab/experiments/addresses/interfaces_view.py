"""This machine's addresses, a block each: a line for everything that is known, so that none has to be broken."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement, Value
from netlab.report.units import human

_HEAD = ("address", "interface", "state")  # in the first line of a block


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """What takes the place of the table: a section for each address."""
    for table in found.tables:
        names = [_label(column.name) for column in table.columns]
        for row in table.rows:
            yield _block(dict(zip(names, row, strict=True)), width)


def _label(column: str) -> str:
    """The heading of the column; the one of a destination has its address in it, which the report's head has too."""
    return "way there" if column.startswith("to ") else column


def _block(cells: dict[str, Value], width: int) -> Iterator[Text]:
    where = printable(f"on {cells['interface']}, {cells['state']}")
    yield Text.assemble((printable(str(cells["address"])), "bold"), "  ", (where, "dim"))
    room = max(map(cell_len, cells))
    for name, value in cells.items():
        if name in _HEAD or value is None:
            continue
        text = printable(human(value, ""))
        if 2 + room + 2 + cell_len(text) <= width:
            yield Text.assemble("  ", (name, "cyan"), " " * (room - cell_len(name) + 2), text)
        else:
            yield Text.assemble("  ", (name, "cyan"))
            yield Text(f"    {text}")
