"""How many queries a second a server answers: a closed loop of a few queries under way on one UDP socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from netlab.dns.transport.connection import Where
from netlab.dns.transport.listening import family_of

PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Volley:
    """What came of it. `lost`: queries that were not answered within a second."""

    answered: int
    lost: int
    seconds: float
    rcodes: frozenset[int]


def volley(where: Where, queries: Sequence[bytes], count: int, under_way: int = 16) -> Volley:
    """Send `count` queries, `under_way` of them at a time, taking `queries` in turn; IDs count up.

    A reply counts if its ID is that of a query under way.
    """
    sent = answered = lost = 0
    open_ids: set[int] = set()
    rcodes: set[int] = set()
    with socket.socket(family_of(where[0]), socket.SOCK_DGRAM) as sock:
        sock.connect(where)
        sock.settimeout(PATIENCE_S)
        started_s = time.monotonic()
        while answered + lost < count:
            try:
                while len(open_ids) < under_way and sent < count:
                    identifier = sent & 0xFFFF
                    open_ids.add(identifier)
                    sent += 1
                    sock.send(identifier.to_bytes(2, "big") + queries[(sent - 1) % len(queries)][2:])
                reply = sock.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                lost += len(open_ids)
                open_ids.clear()
                continue
            identifier = reply[0] << 8 | reply[1]
            if identifier in open_ids:
                open_ids.remove(identifier)
                answered += 1
                rcodes.add(reply[3] & 15)
        return Volley(answered, lost, time.monotonic() - started_s, frozenset(rcodes))
