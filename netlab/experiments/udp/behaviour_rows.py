"""The tables of `netlab udp-behaviour`."""

from __future__ import annotations

from netlab.report.rows import Bytes, Count, row


@row("boundaries")
class BoundaryRow:
    """A datagram as it was sent, and what recv(2) made of it."""

    datagram: Count
    sent: Bytes
    received: Bytes


@row("copies")
class CopyRow:
    """How many copies of the datagrams to one address a socket got."""

    sent_to: str
    socket: str
    copies: Count


@row("arrivals")
class ArrivalRow:
    """The number in the datagram that arrived as the n-th."""

    arrival: Count
    number: Count


ROWS = (BoundaryRow, CopyRow, ArrivalRow)
