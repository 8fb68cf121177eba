"""This machine's addresses, as a table."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Named, row


@row("Addresses")
class AddressRow:
    """An address of an interface. `way`: how a packet to the destination asked for goes from there."""

    address: str
    interface: str
    way: Annotated[str | None, Named("way there", was=("to *",))] = None
    network: str = ""
    broadcast: str | None = None
    default_gateway: str | None = None
    kind: str = ""
    mac: Annotated[str | None, Named("MAC")] = None
    state: str = ""


ROWS = (AddressRow,)
