"""Headers and payload to bytes: `build([Ethernet(...), Ipv4(...), Tcp(...)], b"GET /")`.

From the inside out, each header is first completed (lengths, "what follows", checksums: every field that is None), then
put in front of what it carries. That order is the encapsulation of lecture 1, and why a checksum can cover the payload.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlab.packets.header import Header


def build(headers: Sequence[Header], payload: bytes = b"") -> bytes:
    """The packet. ValueError where a value does not fit, or something is to be filled in that nobody can know."""
    body, above = payload, None
    for number in range(len(headers) - 1, -1, -1):
        below = _carrier(headers[:number])
        header = headers[number].completed(body, below, above)
        body, above = header.encode() + body, header
    return body


def _carrier(headers: Sequence[Header]) -> Header | None:
    """The header whose addresses a checksum covers: the nearest IP header, past IPv6's extension headers."""
    for header in reversed(headers):
        if hasattr(header, "pseudo_header"):
            return header
    return headers[-1] if headers else None
