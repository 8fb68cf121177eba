"""This machine's addresses, a block each: a line for everything that is known, so that none has to be broken."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.addresses.cidr_interfaces_rows import AddressRow
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """What takes the place of the table: a section for each address."""
    for each in rows_of(AddressRow, found):
        yield _block(each, width)


def _block(row: AddressRow, width: int) -> Iterator[Text]:
    yield Text.assemble((printable(row.address), "bold"), "  ", (printable(f"on {row.interface}, {row.state}"), "dim"))
    cells = {
        "way there": row.way,  # the column's name has the destination in it, which the report's head has, too
        "network": row.network,
        "broadcast": row.broadcast,
        "default gateway": row.default_gateway,
        "kind": row.kind,
        "MAC": row.mac,
    }
    room = max(map(cell_len, cells))
    for name, value in cells.items():
        if value is None:
            continue
        text = printable(value)
        if 2 + room + 2 + cell_len(text) <= width:
            yield Text.assemble("  ", (name, "cyan"), " " * (room - cell_len(name) + 2), text)
        else:
            yield Text.assemble("  ", (name, "cyan"))
            yield Text(f"    {text}")
